"""Name the room of an offering.

Revision: 0020, after 0019.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "offering",
        sa.Column("space_id", sa.Uuid(), nullable=True, comment="每场须预约的空间，在同一载体内"),
    )


def downgrade() -> None:
    op.drop_column("offering", "space_id")
