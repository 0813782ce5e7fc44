"""Set deadlines anew when the calendar changes: since when a hold runs, and what is to be counted.

Revision: 0026, after 0025.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_recount",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False, comment="所据文件名称"),
        sa.Column("first_on", sa.Date(), nullable=False, comment="最早涉及的日期"),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False, comment="得知时间"),
        sa.Column("up_to", sa.Uuid(), nullable=True, comment="重算进行到的记录"),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True, comment="重算完毕时间"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_recount")),
        comment="工作日历变动后待重算的期限：一次变动一行",
    )
    op.add_column(
        "referral",
        sa.Column(
            "held_at", sa.DateTime(timezone=True), nullable=True, comment="候补转为占位的时间"
        ),
    )


def downgrade() -> None:
    op.drop_column("referral", "held_at")
    op.drop_table("calendar_recount")
