"""Keep which session was asked of an offering that counts its places by the day meanwhile.

Revision: 0050, after 0049. The release before leaves it out.
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

TABLE = "referral"


def upgrade() -> None:
    op.add_column(
        TABLE,
        sa.Column(
            "asked_session",
            sa.Text(),
            nullable=True,
            comment="所约场次 HH:MM，名额后来不按场计而移出 session；空为即 session",
        ),
    )


def downgrade() -> None:
    op.drop_column(TABLE, "asked_session")
