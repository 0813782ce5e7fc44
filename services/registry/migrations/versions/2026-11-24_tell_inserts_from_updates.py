"""Tell inserts from updates: where each record appeared in its feed.

Revision: 0004, after 0003.
"""

from common.migrations import exchange_2026_11_24

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

upgrade = exchange_2026_11_24.upgrade
downgrade = exchange_2026_11_24.downgrade
