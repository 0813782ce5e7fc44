"""Keep inside what was written as a name of a collective need before names were published.

Revision: 0042, after 0041.
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What the release before writes meanwhile was asked for as a name for inside, too."""
    op.add_column(
        "collective_need",
        sa.Column(
            "is_title_public",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="名称按公布要求所拟",
        ),
    )
    op.execute(
        "INSERT INTO feed_outbox (kind, record_id) SELECT 'collective_need', id FROM collective_need"
    )


def downgrade() -> None:
    op.drop_column("collective_need", "is_title_public")
