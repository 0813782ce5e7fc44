"""Frozen: one request may stand beside the subscription that it is to take the place of."""

from alembic import op
from sqlalchemy import text

TABLE, COLUMNS = "data_subscription", ["app_issuer", "app", "kind"]
WAITING, LIVE = "uq_data_subscription_live", "uq_data_subscription_active"


def upgrade() -> None:
    """One active, one on its way. The former release knows the first name, and keeps it."""
    op.create_index(LIVE, TABLE, COLUMNS, unique=True, postgresql_where=text("status = 'active'"))
    op.drop_index(WAITING, TABLE)
    on_its_way = text("status IN ('requested', 'approved')")
    op.create_index(WAITING, TABLE, COLUMNS, unique=True, postgresql_where=on_its_way)


def downgrade() -> None:
    """One of either. Fails while an app has both: end one first."""
    op.drop_index(WAITING, TABLE)
    either = text("status IN ('requested', 'approved', 'active')")
    op.create_index(WAITING, TABLE, COLUMNS, unique=True, postgresql_where=either)
    op.drop_index(LIVE, TABLE)
