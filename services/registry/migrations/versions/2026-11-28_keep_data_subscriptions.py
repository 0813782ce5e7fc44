"""Keep data subscriptions: what apps ask for, and what is granted.

Revision: 0018, after 0017.
"""

from common.migrations import subscriptions_2026_11_28

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

upgrade = subscriptions_2026_11_28.upgrade
downgrade = subscriptions_2026_11_28.downgrade
