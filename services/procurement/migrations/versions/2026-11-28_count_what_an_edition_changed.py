"""Count what an edition changed: its ratings are found by it.

Revision: 0025, after 0024.
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_released_rating_edition_on", "released_rating", ["edition_on"])


def downgrade() -> None:
    op.drop_index("ix_released_rating_edition_on", "released_rating")
