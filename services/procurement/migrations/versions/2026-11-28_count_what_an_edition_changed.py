"""Count what an edition changed: its ratings are found by it.

Revision: 0023, after 0022.
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_released_rating_edition_on", "released_rating", ["edition_on"])


def downgrade() -> None:
    op.drop_index("ix_released_rating_edition_on", "released_rating")
