"""Let a subscription be renewed while it flows.

Revision: 0025, after 0024.
"""

from common.migrations import renewals_2026_11_29

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

upgrade = renewals_2026_11_29.upgrade
downgrade = renewals_2026_11_29.downgrade
