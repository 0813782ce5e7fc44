"""Tell inserts from updates: where each record appeared in its feed.

Revision: 0003, after 0002.
"""

from common.migrations import exchange_2026_11_24

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

upgrade = exchange_2026_11_24.upgrade
downgrade = exchange_2026_11_24.downgrade
