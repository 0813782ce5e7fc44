"""Keep data subscriptions: what apps ask for, and what is granted.

Revision: 0017, after 0016.
"""

from common.migrations import subscriptions_2026_11_28

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

upgrade = subscriptions_2026_11_28.upgrade
downgrade = subscriptions_2026_11_28.downgrade
