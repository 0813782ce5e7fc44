"""Say when a body was named: from then on its time to send a case back runs.

Revision: 0033, after 0032.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_NAMED = """
UPDATE case_order SET routed_at = coalesce(
  (SELECT max(at) FROM case_step WHERE case_id = case_order.id AND action = 'route'), created_at)
"""


def upgrade() -> None:
    op.add_column(
        "case_order",
        sa.Column(
            "routed_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
            comment="现责任单位被指定的时间，退单时限由此起算",
        ),
    )
    op.execute(_NAMED)


def downgrade() -> None:
    op.drop_column("case_order", "routed_at")
