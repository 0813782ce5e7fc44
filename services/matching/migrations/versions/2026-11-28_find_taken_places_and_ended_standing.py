"""Find taken places, and standing that has ended.

Revision: 0019, after 0018.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_capacity_ends_on", "capacity", ["ends_on"], unique=False)
    op.create_index(
        "ix_allocation_run_holding",
        "allocation_run",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status IN ('running', 'drafted') AND NOT is_dry"),
    )
    op.create_index(
        "ix_standing_expires_on",
        "standing",
        ["expires_on"],
        unique=False,
        postgresql_where=sa.text("expires_on IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_standing_expires_on", table_name="standing")
    op.drop_index("ix_allocation_run_holding", table_name="allocation_run")
    op.drop_index("ix_capacity_ends_on", table_name="capacity")
