"""Let runs know by which channels an offering reaches people, and what it costs where it is free.

Revision: 0041, after 0040. The release before writes neither: what it takes over from the feed
meanwhile counts as told nothing about channels, on site, until the registry tells it again.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

PRICE, PRICE_BEFORE = "价格，分；免费为 0，空为未知", "价格，分"
RULE, RULE_BEFORE = "最常缺的条件；得到服务时尚待核实的条件", "最常缺的条件"


def upgrade() -> None:
    op.add_column(
        "supply",
        sa.Column(
            "channels",
            postgresql.ARRAY(sa.Text()),
            nullable=True,
            comment="服务方式；空为未知，视为到点",
        ),
    )
    op.execute(
        "UPDATE supply s SET channels ="
        " ARRAY(SELECT jsonb_array_elements_text(m.state -> 'channels')),"
        " price_fen = CASE WHEN m.state ->> 'price_kind' = 'free' THEN 0 ELSE s.price_fen END"
        " FROM mirrored m WHERE m.kind = 'offering' AND m.record_id = s.offering_id"
        " AND jsonb_typeof(m.state -> 'channels') = 'array'"
    )
    op.alter_column("supply", "price_fen", comment=PRICE, existing_comment=PRICE_BEFORE)
    op.alter_column("allocation_choice", "rule", comment=RULE, existing_comment=RULE_BEFORE)


def downgrade() -> None:
    op.alter_column("allocation_choice", "rule", comment=RULE_BEFORE, existing_comment=RULE)
    op.alter_column("supply", "price_fen", comment=PRICE_BEFORE, existing_comment=PRICE)
    op.drop_column("supply", "channels")
