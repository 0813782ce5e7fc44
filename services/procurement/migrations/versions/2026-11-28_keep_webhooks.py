"""Keep webhooks: addresses that are told of changes, and what they have not taken.

Revision: 0018, after 0017.
"""

from common.migrations import webhooks_2026_11_28

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

upgrade = webhooks_2026_11_28.upgrade
downgrade = webhooks_2026_11_28.downgrade
