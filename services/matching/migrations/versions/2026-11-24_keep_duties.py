"""Keep duties.

Revision: 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "duty",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False, comment="应保尽保所依的规则编号"),
        sa.Column("reason", sa.Text(), nullable=False, comment="何以未落实"),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False, comment="提出时间"),
        sa.Column("due_on", sa.Date(), nullable=False, comment="应落实的日期"),
        sa.Column(
            "is_provisional", sa.Boolean(), nullable=False, comment="节假日安排未公布，日期暂计"
        ),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True, comment="落实时间"),
        sa.Column(
            "lifted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="撤销时间：撤回或不再符合",
        ),
        sa.CheckConstraint(
            "reason IN ('no_offering_in_category', 'not_eligible', 'closed_at_wanted_time', 'over_budget', 'too_far', 'all_places_taken')",
            name=op.f("ck_duty_reason"),
        ),
        sa.CheckConstraint("met_at IS NULL OR lifted_at IS NULL", name=op.f("ck_duty_ends_once")),
        sa.ForeignKeyConstraint(
            ["need_id"], ["need.id"], name=op.f("fk_duty_need_id_need"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("need_id", name=op.f("pk_duty")),
        comment="应保未保的落实义务：属责任条线，不计入未满足",
    )
    op.create_index(
        "ix_duty_owed",
        "duty",
        ["due_on"],
        unique=False,
        postgresql_where="met_at IS NULL AND lifted_at IS NULL",
    )


def downgrade() -> None:
    op.drop_index(
        "ix_duty_owed", table_name="duty", postgresql_where="met_at IS NULL AND lifted_at IS NULL"
    )
    op.drop_table("duty")
