"""Find who waits for a first contact.

Revision: 0034, after 0033.
"""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_case_order_uncontacted",
        "case_order",
        ["area_code", "id"],
        unique=False,
        postgresql_where="accepted_at IS NULL AND closed_at IS NULL",
    )


def downgrade() -> None:
    op.drop_index("ix_case_order_uncontacted", table_name="case_order")
