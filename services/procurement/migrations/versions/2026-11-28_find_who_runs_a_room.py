"""Find who runs a room.

Revision: 0020, after 0019.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_mirrored_concession",
        "mirrored",
        [sa.literal_column("(state ->> 'operator_id')")],
        unique=False,
        postgresql_where=sa.text("kind = 'concession'"),
    )


def downgrade() -> None:
    op.drop_index("ix_mirrored_concession", table_name="mirrored")
