"""Sum what feeds carry: the SM3 of each record, for reconciliation.

Revision: 0017, after 0016.
"""

from common.migrations import exchange_2026_11_28

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

upgrade = exchange_2026_11_28.upgrade
downgrade = exchange_2026_11_28.downgrade
