"""Replay past periods.

Revision: 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "allocation_run",
        sa.Column("replay_from_on", sa.Date(), nullable=True, comment="重演的首日；空为不是重演"),
    )
    op.create_check_constraint(
        op.f("ck_allocation_run_replay_is_dry"),
        "allocation_run",
        "replay_from_on IS NULL OR is_dry",
    )
    op.create_check_constraint(
        op.f("ck_allocation_run_replay_period"), "allocation_run", "replay_from_on <= session_on"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_allocation_run_replay_period"), "allocation_run")
    op.drop_constraint(op.f("ck_allocation_run_replay_is_dry"), "allocation_run")
    op.drop_column("allocation_run", "replay_from_on")
