"""Let a subscription be renewed while it flows.

Revision: 0040, after 0039.
"""

from common.migrations import renewals_2026_11_29

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

upgrade = renewals_2026_11_29.upgrade
downgrade = renewals_2026_11_29.downgrade
