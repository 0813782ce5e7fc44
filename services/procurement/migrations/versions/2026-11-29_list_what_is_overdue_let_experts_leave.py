"""List what is overdue along an index; let experts leave the pool, with the reason.

Revision: 0041, after 0040.
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_challenge_due",
        "challenge",
        ["answer_due_on", "id"],
        postgresql_where=sa.text("step = 'open'"),
    )
    op.create_index(
        "ix_supplier_complaint_due",
        "supplier_complaint",
        ["decision_due_on", "id"],
        postgresql_where=sa.text("step = 'open'"),
    )
    op.add_column(
        "expert",
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True, comment="退出专家库的时间"),
    )
    op.add_column("expert", sa.Column("left_reason", sa.Text, nullable=True, comment="退出理由"))
    op.create_check_constraint(
        op.f("ck_expert_left_at"),
        "expert",
        "(left_at IS NULL) = (left_reason IS NULL) AND NOT (is_active AND left_at IS NOT NULL)",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_expert_left_at"), "expert")
    for name in ("left_reason", "left_at"):
        op.drop_column("expert", name)
    op.drop_index("ix_supplier_complaint_due", table_name="supplier_complaint")
    op.drop_index("ix_challenge_due", table_name="challenge")
