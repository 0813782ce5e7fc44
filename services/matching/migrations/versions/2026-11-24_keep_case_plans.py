"""Keep case plans.

Revision: 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="个案编号"),
        sa.Column(
            "resident", sa.Text(), nullable=True, comment="居民化名（用途 cases），无账号为空"
        ),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在居村"),
        sa.Column("line", sa.Text(), nullable=False, comment="条线"),
        sa.Column("lead", sa.Text(), nullable=False, comment="主责社工（令牌 subject）"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("goals", sa.Text(), nullable=False, comment="目标，密文"),
        sa.Column("review_on", sa.Date(), nullable=False, comment="下次评估日期"),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True, comment="结案时间"),
        sa.Column("outcome", sa.Text(), nullable=True, comment="结案结果"),
        sa.Column("summary", sa.Text(), nullable=True, comment="结案小结，密文"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "(status = 'closed') = (outcome IS NOT NULL) AND (outcome IS NULL) = (summary IS NULL) AND (outcome IS NULL) = (closed_at IS NULL)",
            name=op.f("ck_case_plan_closed_with_summary"),
        ),
        sa.CheckConstraint(
            "outcome IN ('goals_met', 'partly_met', 'moved_away', 'withdrawn', 'deceased')",
            name=op.f("ck_case_plan_outcome"),
        ),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_case_plan_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_plan")),
        sa.UniqueConstraint("number", name=op.f("uq_case_plan_number")),
        comment="个案：一人多需，主责社工统筹",
    )
    op.create_index("ix_case_plan_area_code", "case_plan", ["area_code", "id"], unique=False)
    op.create_index("ix_case_plan_resident", "case_plan", ["resident", "id"], unique=False)
    op.create_index(
        "ix_case_plan_review_on",
        "case_plan",
        ["review_on"],
        unique=False,
        postgresql_where="status = 'open'",
    )
    op.create_table(
        "case_need",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["case_plan.id"], name=op.f("fk_case_need_plan_id_case_plan")
        ),
        sa.PrimaryKeyConstraint("plan_id", "need_id", name=op.f("pk_case_need")),
        sa.UniqueConstraint("need_id", name=op.f("uq_case_need_need_id")),
        comment="个案中的需求",
    )
    op.create_table(
        "case_step",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="种类"),
        sa.Column("referral_id", sa.Uuid(), nullable=True, comment="转介"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True, comment="资助金额，分"),
        sa.Column("note", sa.Text(), nullable=True, comment="说明，密文"),
        sa.Column("planned_on", sa.Date(), nullable=True, comment="计划日期"),
        sa.Column("done_on", sa.Date(), nullable=True, comment="完成日期"),
        sa.Column("added_by", sa.Text(), nullable=False, comment="登记人"),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False, comment="登记时间"),
        sa.CheckConstraint(
            "(kind = 'referral') = (referral_id IS NOT NULL)",
            name=op.f("ck_case_step_referral_names_itself"),
        ),
        sa.CheckConstraint(
            "kind IN ('referral', 'volunteer', 'charity_grant', 'visit', 'other')",
            name=op.f("ck_case_step_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["case_plan.id"], name=op.f("fk_case_step_plan_id_case_plan")
        ),
        sa.PrimaryKeyConstraint("plan_id", "id", name=op.f("pk_case_step")),
        comment="个案中的步骤",
    )


def downgrade() -> None:
    op.drop_table("case_step")
    op.drop_table("case_need")
    op.drop_index(
        "ix_case_plan_review_on", table_name="case_plan", postgresql_where="status = 'open'"
    )
    op.drop_index("ix_case_plan_resident", table_name="case_plan")
    op.drop_index("ix_case_plan_area_code", table_name="case_plan")
    op.drop_table("case_plan")
