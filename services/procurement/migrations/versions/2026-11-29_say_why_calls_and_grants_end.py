"""Say why a call is given up, and why a grant's report is sent back or the grant ends early.

Revision: 0037, after 0036.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "venture_call",
        sa.Column("cancel_reason", sa.Text, nullable=True, comment="取消理由，公开"),
    )
    op.add_column(
        "venture_grant",
        sa.Column("reason", sa.Text, nullable=True, comment="报告退回或提前终止的理由，公开"),
    )


def downgrade() -> None:
    op.drop_column("venture_grant", "reason")
    op.drop_column("venture_call", "cancel_reason")
