"""Rewrite a rating in its page: no index holds what each new piece of evidence changes.

Nobody looked ratings up by their lower bound; while an index held it, each computation of a rating
wrote to all indexes of the table.

Revision: 0027, after 0026.
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

INDEX = "ix_provider_rating_category"


def upgrade() -> None:
    op.drop_index(INDEX, table_name="provider_rating")


def downgrade() -> None:
    op.create_index(INDEX, "provider_rating", ["category", "dimension", "lower_bound"])
