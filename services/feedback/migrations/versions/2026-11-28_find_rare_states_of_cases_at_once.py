"""Find rare states of cases at once.

Revision: 0013, after 0012.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(
        op.f("ix_case_order_overdue"),
        table_name="case_order",
        postgresql_where="((escalation_level > 0) AND (closed_at IS NULL))",
    )
    op.create_index(
        "ix_case_order_overdue",
        "case_order",
        ["area_code", "id"],
        unique=False,
        postgresql_where="escalation_level > 0 AND closed_at IS NULL",
    )
    op.create_index(
        "ix_case_order_status", "case_order", ["status", "area_code", "id"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_case_order_status", table_name="case_order")
    op.drop_index(
        "ix_case_order_overdue",
        table_name="case_order",
        postgresql_where="escalation_level > 0 AND closed_at IS NULL",
    )
    op.create_index(
        op.f("ix_case_order_overdue"),
        "case_order",
        ["line", "area_code", "id"],
        unique=False,
        postgresql_where="((escalation_level > 0) AND (closed_at IS NULL))",
    )
