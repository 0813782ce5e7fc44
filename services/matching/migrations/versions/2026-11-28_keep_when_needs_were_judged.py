"""Keep when needs were judged.

Revision: 0021, after 0020.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "need",
        sa.Column(
            "judged_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="最近一次定级时间；空为提出时",
        ),
    )


def downgrade() -> None:
    op.drop_column("need", "judged_at")
