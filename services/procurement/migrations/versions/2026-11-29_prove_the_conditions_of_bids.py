"""Keep what proves that a bid meets the published conditions.

Revision: 0035, after 0034. Of those checked before nothing is known.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "bid",
        sa.Column(
            "proofs",
            JSONB,
            server_default="[]",
            nullable=False,
            comment="各资格条件的证明：所附文件或档案资质",
        ),
    )


def downgrade() -> None:
    op.drop_column("bid", "proofs")
