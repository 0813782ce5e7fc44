"""Find what waits for a provider's reply, and the purchases of a category at a step, by index.

Revision: 0019, after 0018.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_evidence_judged",
        "evidence",
        ["provider_id", "category", "dimension"],
        unique=False,
        postgresql_where="source <> 'rating' AND known_to IS NULL",
    )
    op.create_index("ix_tender_category_step", "tender", ["category", "step", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_tender_category_step", table_name="tender")
    op.drop_index("ix_evidence_judged", table_name="evidence")
