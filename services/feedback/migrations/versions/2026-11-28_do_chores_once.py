"""Do chores once, however many processes there are.

Revision: 0021, after 0020.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chore",
        sa.Column("name", sa.Text(), nullable=False, comment="事项"),
        sa.Column(
            "done_at", sa.DateTime(timezone=True), nullable=False, comment="最近一次完成时间"
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chore")),
        comment="定期事项：各进程合计只做一次",
    )


def downgrade() -> None:
    op.drop_table("chore")
