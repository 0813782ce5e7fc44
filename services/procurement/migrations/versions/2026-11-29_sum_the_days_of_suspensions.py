"""Sum the days for which a complaint suspends, and let no suspension outlast them.

Revision: 0033, after 0032. Of those before only the last day was kept: they count in full.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "supplier_complaint",
        sa.Column(
            "suspended_days",
            sa.SmallInteger,
            server_default="0",
            nullable=False,
            comment="已决定暂停的天数，合计",
        ),
    )
    op.execute(
        "UPDATE supplier_complaint SET suspended_days = 30 WHERE suspended_until_on IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_column("supplier_complaint", "suspended_days")
