"""Frozen: the SM3 of each record in its feed, by which a reader proves that it holds the same.

Items from before have none and get one in the background; nothing is rewritten here.
"""

import sqlalchemy as sa
from alembic import op

_UNSUMMED = "state = 'updated' AND summed_number IS DISTINCT FROM change_number"


def upgrade() -> None:
    """Add the columns, and the index that finds what is still to be summed."""
    sum_ = "SM3 of the record's JSON; null when deleted"
    number = "the change whose SM3 that is; another one: written by an older release"
    op.add_column(
        "feed_item", sa.Column("content_sm3", sa.LargeBinary(), nullable=True, comment=sum_)
    )
    op.add_column(
        "feed_item", sa.Column("summed_number", sa.BigInteger(), nullable=True, comment=number)
    )
    op.alter_column(
        "feed_item",
        "area_code",
        existing_type=sa.Text(),
        comment="area of the present state; null: it lies in none",
        existing_comment="area of the present state, for readers bound to one",
    )
    op.create_index(
        "ix_feed_item_unsummed",
        "feed_item",
        ["kind", "record_id"],
        unique=False,
        postgresql_where=sa.text(_UNSUMMED),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_index(
        "ix_feed_item_unsummed", table_name="feed_item", postgresql_where=sa.text(_UNSUMMED)
    )
    op.alter_column(
        "feed_item",
        "area_code",
        existing_type=sa.Text(),
        comment="area of the present state, for readers bound to one",
        existing_comment="area of the present state; null: it lies in none",
    )
    op.drop_column("feed_item", "summed_number")
    op.drop_column("feed_item", "content_sm3")
