"""Count the first answer: keep when it came, and whether its own clock had not run out.

What was released stays as it was told; what is released from now on counts by this.

Revision: 0031, after 0030.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

# Each case's first answer against the deadline that was set last before it.
_ANSWERED = """
UPDATE case_order SET
  first_answered_at = answer.at,
  is_answered_in_time = answer.at < coalesce(
    (SELECT set.due_at FROM case_clock AS set
     WHERE set.case_id = case_order.id AND set.at <= answer.at ORDER BY set.seq DESC LIMIT 1),
    case_order.due_at)
FROM (
  SELECT case_id, min(at) AS at FROM case_step WHERE action IN ('answered', 'fixed')
  GROUP BY case_id) AS answer
WHERE answer.case_id = case_order.id
"""


def upgrade() -> None:
    op.add_column(
        "case_order",
        sa.Column(
            "first_answered_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="首次答复时间，重开不改",
        ),
    )
    op.add_column(
        "case_order",
        sa.Column(
            "is_answered_in_time", sa.Boolean(), nullable=True, comment="首次答复是否在其期限内"
        ),
    )
    op.execute(_ANSWERED)
    op.create_check_constraint(
        op.f("ck_case_order_first_answer_is_in_time_or_late"),
        "case_order",
        "(first_answered_at IS NULL) = (is_answered_in_time IS NULL)",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_case_order_first_answer_is_in_time_or_late"), "case_order")
    op.drop_column("case_order", "is_answered_in_time")
    op.drop_column("case_order", "first_answered_at")
