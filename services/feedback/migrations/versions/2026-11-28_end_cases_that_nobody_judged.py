"""End cases that nobody judged: find those whose answer has long waited for a verdict.

Revision: 0032, after 0031.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_case_order_unheard",
        "case_order",
        [sa.literal_column("greatest(answered_at, fixed_at)")],
        unique=False,
        postgresql_where="closed_at IS NULL",
    )


def downgrade() -> None:
    op.drop_index("ix_case_order_unheard", table_name="case_order")
