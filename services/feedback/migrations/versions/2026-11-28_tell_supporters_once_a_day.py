"""Tell supporters of proposals once a day and in tens: no difference tells of a few.

Revision: 0023, after 0022.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "proposal",
        sa.Column(
            "supporters_told",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="公布的附议人数，整十，每日一次",
        ),
    )
    op.add_column(
        "proposal",
        sa.Column(
            "supported_told_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="公布达到门槛的时间",
        ),
    )
    op.execute(  # what everybody could read until now
        "UPDATE proposal SET supporters_told = supporters - supporters % 10,"
        " supported_told_at = supported_at"
    )
    op.create_check_constraint(
        op.f("ck_proposal_supporters_told"),
        "proposal",
        "supporters_told % 10 = 0 AND supporters_told <= supporters",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_proposal_supporters_told"), "proposal", type_="check")
    op.drop_column("proposal", "supported_told_at")
    op.drop_column("proposal", "supporters_told")
