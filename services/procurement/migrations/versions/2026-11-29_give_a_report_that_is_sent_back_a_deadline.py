"""Give a report of a grant that is sent back a deadline of its own.

Revision: 0039, after 0038.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "venture_grant",
        sa.Column(
            "report_due_on", sa.Date, nullable=True, comment="报告退回后重新报告的末日；空为按协议"
        ),
    )


def downgrade() -> None:
    op.drop_column("venture_grant", "report_due_on")
