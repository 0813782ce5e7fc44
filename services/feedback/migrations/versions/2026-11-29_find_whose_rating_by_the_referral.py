"""Find whose rating one is by the referral: no index of delivered services by the rating's id.

That id is random, so each rating wrote a leaf of its own, whole, into the log. A rating names one
referral and no other does, which `uq_rating_referral_id` keeps. Until the former release has gone
its looks at one's own rating go through all deliveries.

Revision: 0054, after 0053.
"""

from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("uq_delivery_rating_id", "delivery")


def downgrade() -> None:
    op.create_unique_constraint("uq_delivery_rating_id", "delivery", ["rating_id"])
