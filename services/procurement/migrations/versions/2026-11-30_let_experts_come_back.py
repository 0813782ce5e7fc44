"""Let an expert who left the pool come back, and know since when.

Revision: 0043, after 0042.
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "expert",
        sa.Column(
            "returned_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="退出后最近回到专家库的时间",
        ),
    )


def downgrade() -> None:
    op.drop_column("expert", "returned_at")
