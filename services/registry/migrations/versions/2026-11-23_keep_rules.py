"""Keep rules: what laws and policies set, with its history.

Revision: 0003, after 0002.
"""

from common.migrations import rules_2026_11_23

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

upgrade = rules_2026_11_23.upgrade
downgrade = rules_2026_11_23.downgrade
