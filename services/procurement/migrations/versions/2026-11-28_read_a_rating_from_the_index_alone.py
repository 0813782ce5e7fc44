"""Read the evidence of a rating from its index alone, and keep that index readable.

A cell's evidence lies a page apart in the table: a thousand pieces were a thousand pages. An index is
read alone only where pages are known to be visible to all, so the table is vacuumed after 1 % of new rows.

Revision: 0023, after 0022.
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

CELL = ["provider_id", "category", "dimension"]
COUNTED = (
    *("buyer_id", "source", "level", "happened_on", "counts_from_on"),
    *("is_related", "is_suspended", "known_from", "known_to"),
)


def upgrade() -> None:
    op.create_index("ix_evidence_counted", "evidence", CELL, postgresql_include=COUNTED)
    op.drop_index("ix_evidence_cell", table_name="evidence")
    op.execute("ALTER TABLE evidence SET (autovacuum_vacuum_insert_scale_factor = 0.01)")


def downgrade() -> None:
    op.execute("ALTER TABLE evidence RESET (autovacuum_vacuum_insert_scale_factor)")
    op.create_index("ix_evidence_cell", "evidence", CELL)
    op.drop_index("ix_evidence_counted", table_name="evidence")
