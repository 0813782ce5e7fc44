"""Frozen: the column that tells inserts from updates to readers of the exchange.

Items from before have none; to their readers every change is an update.
"""

import sqlalchemy as sa
from alembic import op


def upgrade() -> None:
    """Add the column. Nothing is rewritten."""
    comment = "where it appeared, again after a deletion: tells inserts from updates"
    op.add_column(
        "feed_item", sa.Column("first_number", sa.BigInteger(), nullable=True, comment=comment)
    )


def downgrade() -> None:
    """Take the column away."""
    op.drop_column("feed_item", "first_number")
