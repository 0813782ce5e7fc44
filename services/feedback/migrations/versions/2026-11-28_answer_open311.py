"""Answer Open311: requests by time and category, places near a point.

Revision: 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_case_order_category", "case_order", ["category", "received_at", "id"], unique=False
    )
    op.create_index("ix_case_step_at", "case_step", ["at", "case_id", "seq"], unique=False)
    op.create_index(
        "ix_mirrored_lat",
        "mirrored",
        [sa.literal_column("CAST(state ->> 'lat' AS FLOAT)")],
        unique=False,
        postgresql_where=sa.text("kind IN ('venue', 'area')"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_mirrored_lat",
        table_name="mirrored",
        postgresql_where=sa.text("kind IN ('venue', 'area')"),
    )
    op.drop_index("ix_case_step_at", table_name="case_step")
    op.drop_index("ix_case_order_category", table_name="case_order")
