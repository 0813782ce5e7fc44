"""Know who recorded a violation, so that nobody decides the appeal against an own judgement.

Revision: 0036, after 0035. Of those recorded before it is not known: the city decides.
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "violation",
        sa.Column("id", sa.Uuid(), nullable=False, comment="评级证据的来源记录"),
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接者"),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False, comment="记录时间"),
        sa.Column("judged_by", sa.Text(), nullable=False, comment="记录人"),
        sa.Column("judged_area", sa.Text(), nullable=True, comment="记录单位辖区，区划有效位"),
        sa.Column("judged_for", sa.Uuid(), nullable=True, comment="记录人所属机构"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_violation")),
        comment="违规记录的作出单位，申诉由其上级裁定",
    )


def downgrade() -> None:
    op.drop_table("violation")
