"""Count the crowd in which a rating is shown by the month.

Revision: 0069, after 0068.
"""

from common import gently

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

BY_MONTH, FOR_EVER = "ix_rating_of_month", "ix_rating_offering_id"


def upgrade() -> None:
    gently.index(BY_MONTH, "rating (offering_id, rated_on) WHERE channel <> 'default'")
    gently.drop_index(FOR_EVER)


def downgrade() -> None:
    gently.index(FOR_EVER, "rating (offering_id, id)")
    gently.drop_index(BY_MONTH)
