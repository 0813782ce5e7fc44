"""Lay the platform: outbox, feed, audit, idempotency, apps and rules.

Revision: 0001, the first.
"""

from common.migrations import platform_2026_11_23

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

upgrade = platform_2026_11_23.upgrade
downgrade = platform_2026_11_23.downgrade
