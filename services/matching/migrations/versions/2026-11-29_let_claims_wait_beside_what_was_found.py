"""Let claims wait beside what was found by somebody who looked.

Revision: 0031, after 0030.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "standing",
        sa.Column(
            "waiting_grade", sa.SmallInteger(), nullable=True, comment="核验后另称的等级，待核验"
        ),
    )
    op.add_column(
        "standing",
        sa.Column(
            "waiting_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="核验后又自述，自此待核验",
        ),
    )
    op.create_check_constraint(
        op.f("ck_standing_waiting_grade"),
        "standing",
        "waiting_grade IS NULL OR waiting_since IS NOT NULL AND waiting_grade BETWEEN 1 AND 6",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_standing_waiting_grade"), "standing")
    op.drop_column("standing", "waiting_since")
    op.drop_column("standing", "waiting_grade")
