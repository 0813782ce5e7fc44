"""Find a word of a dictionary by its code: asked for every case that comes in.

Revision: 0045, after 0044.
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_mirrored_word",
        "mirrored",
        [sa.text("(state ->> 'code')")],
        unique=False,
        postgresql_where="kind = 'dictionary_entry'",
    )


def downgrade() -> None:
    op.drop_index(
        "ix_mirrored_word", table_name="mirrored", postgresql_where="kind = 'dictionary_entry'"
    )
