"""Keep what somebody needs of a venue: steps that are none, a lift, a hearing loop.

Revision: 0045, after 0044. The release before leaves it empty: nothing is asked.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "profile",
        sa.Column(
            "accessibility",
            postgresql.ARRAY(sa.Text()),
            nullable=True,
            comment="载体须具备的无障碍设施；空为不须",
        ),
    )


def downgrade() -> None:
    op.drop_column("profile", "accessibility")
