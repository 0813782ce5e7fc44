"""Sum what feeds carry: the SM3 of each record, for reconciliation.

Revision: 0016, after 0015.
"""

from common.migrations import exchange_2026_11_28

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

upgrade = exchange_2026_11_28.upgrade
downgrade = exchange_2026_11_28.downgrade
