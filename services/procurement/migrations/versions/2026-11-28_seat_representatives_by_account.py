"""Seat representatives of the buyer by their account, and keep how large a panel is to be.

Revision: 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "panel_seat",
        sa.Column("account_index", sa.LargeBinary(), nullable=False, comment="登录账号盲索引"),
    )
    op.add_column(
        "panel_draw",
        sa.Column("size", sa.SmallInteger(), nullable=False, comment="小组总人数"),
    )


def downgrade() -> None:
    op.drop_column("panel_draw", "size")
    op.drop_column("panel_seat", "account_index")
