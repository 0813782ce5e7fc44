"""Let a subscription be renewed while it flows.

Revision: 0032, after 0031.
"""

from common.migrations import renewals_2026_11_29

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

upgrade = renewals_2026_11_29.upgrade
downgrade = renewals_2026_11_29.downgrade
