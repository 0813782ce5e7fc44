"""Keep rules: what laws and policies set, with its history.

Revision: 0002, after 0001.
"""

from common.migrations import rules_2026_11_23

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

upgrade = rules_2026_11_23.upgrade
downgrade = rules_2026_11_23.downgrade
