"""Let hours that were recorded by mistake be withdrawn.

Revision: 0028, after 0027.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

TABLES = ("burden_work", "person_hour")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(
            table,
            sa.Column(
                "withdrawn_at",
                sa.DateTime(timezone=True),
                nullable=True,
                comment="撤回时间；误登，不再计入",
            ),
        )
        op.add_column(table, sa.Column("withdrawn_by", sa.Text(), nullable=True, comment="撤回人"))
        op.create_check_constraint(
            op.f(f"ck_{table}_withdrawn_by_somebody"),
            table,
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)",
        )


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "withdrawn_by")
        op.drop_column(table, "withdrawn_at")
