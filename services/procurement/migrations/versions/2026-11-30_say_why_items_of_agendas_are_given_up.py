"""Say why a single item of an agenda is given up.

Revision: 0044, after 0043.
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "agenda_outcome",
        sa.Column("drop_reason", sa.Text(), nullable=True, comment="单独放弃的公开理由"),
    )


def downgrade() -> None:
    op.drop_column("agenda_outcome", "drop_reason")
