"""Keep how steady the providers of a category are, beside its other base rates.

Revision: 0015, after 0014. Base rates that were frozen before supposed that nobody changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "rating_prior",
        sa.Column(
            "steadiness",
            sa.Double(),
            server_default="1",
            nullable=False,
            comment="相隔一个月的服务水平相关",
        ),
    )
    op.alter_column("rating_prior", "steadiness", server_default=None)
    op.create_check_constraint(
        op.f("ck_rating_prior_steadiness"), "rating_prior", "steadiness > 0 AND steadiness <= 1"
    )


def downgrade() -> None:
    op.drop_column("rating_prior", "steadiness")
