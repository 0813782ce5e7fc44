"""Keep later draws of a panel, for when recusals have used up the order of the first.

Revision: 0034, after 0033.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "panel_draw",
        sa.Column(
            "supplements",
            JSONB,
            server_default="[]",
            nullable=False,
            comment="次序用尽后的补抽，各有种子、名单与次序",
        ),
    )


def downgrade() -> None:
    op.drop_column("panel_draw", "supplements")
