"""Find who pays.

Revision: 0015, after 0014.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_mirrored_contract",
        "mirrored",
        [sa.literal_column("(state ->> 'provider_id')")],
        unique=False,
        postgresql_where=sa.text("kind = 'contract'"),
    )


def downgrade() -> None:
    op.drop_index("ix_mirrored_contract", table_name="mirrored")
