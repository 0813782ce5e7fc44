"""Let a subscription be renewed while it flows.

Revision: 0044, after 0043.
"""

from common.migrations import renewals_2026_11_29

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

upgrade = renewals_2026_11_29.upgrade
downgrade = renewals_2026_11_29.downgrade
