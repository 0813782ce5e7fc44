"""Count what a survey of coverage read.

Revision: 0023, after 0022.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing was counted so far: the next look makes the survey anew."""
    told = sa.Column(
        "records",
        sa.Integer(),
        server_default="0",
        nullable=False,
        comment="调查时已知的区划、人口与服务数",
    )
    op.add_column("coverage_survey", told)


def downgrade() -> None:
    """Forget it."""
    op.drop_column("coverage_survey", "records")
