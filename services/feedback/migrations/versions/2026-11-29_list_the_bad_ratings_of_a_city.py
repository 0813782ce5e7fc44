"""List the bad ratings of a whole city in their order, without sorting them all.

Revision: 0039, after 0038.
"""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_bad_rating_opened_on", "bad_rating", ["opened_on", "rating_id"])


def downgrade() -> None:
    op.drop_index("ix_bad_rating_opened_on", "bad_rating")
