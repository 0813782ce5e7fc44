"""Count rosters anew when the calendar changes: what is to be counted, and how far it is.

Revision: 0031, after 0030.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
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


def downgrade() -> None:
    op.drop_table("calendar_recount")
