"""Keep grades, wages and training plans, and mirror the gaps and ratings they are drawn from.

Revision: 0021, after 0020.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "career_grade",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="职级代码"),
        sa.Column("name", sa.Text(), nullable=False, comment="职级名称"),
        sa.Column("rank", sa.Integer(), nullable=False, comment="次序，1 为最低"),
        sa.Column("years_below", sa.Integer(), nullable=False, comment="须在下一级任职满几年"),
        sa.Column("qualification", sa.Text(), nullable=True, comment="须有的职业资格或更高者"),
        sa.Column("document", sa.Text(), nullable=False, comment="依据文件及文号"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="截止日期，不含当日"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        postgresql.ExcludeConstraint(
            (sa.column("code"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            using="gist",
            name="ex_career_grade_code_once",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("rank"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            using="gist",
            name="ex_career_grade_rank_once",
        ),
        sa.CheckConstraint(
            "qualification IN ('assistant', 'social_worker', 'senior')",
            name=op.f("ck_career_grade_qualification"),
        ),
        sa.CheckConstraint("rank > 0 AND years_below >= 0", name=op.f("ck_career_grade_is_a_rung")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_career_grade_valid_to_after_valid_from"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_career_grade")),
        comment="职级序列，逐项注明依据与有效期",
    )
    op.create_table(
        "mirrored",
        sa.Column("kind", sa.Text(), nullable=False, comment="变更流种类"),
        sa.Column("record_id", sa.Uuid(), nullable=False, comment="记录标识"),
        sa.Column("area_code", sa.Text(), nullable=True, comment="记录所在区划，无则为空"),
        sa.Column(
            "state", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="记录的状态"
        ),
        sa.PrimaryKeyConstraint("kind", "record_id", name=op.f("pk_mirrored")),
        comment="其他服务公开记录的副本，只由变更流写入",
    )
    op.create_index(
        "ix_mirrored_area_code", "mirrored", ["kind", "area_code", "record_id"], unique=False
    )
    op.create_index(
        "ix_mirrored_provider_rating",
        "mirrored",
        [sa.literal_column("(state ->> 'provider_id')")],
        unique=False,
        postgresql_where=sa.text("kind = 'provider_rating'"),
    )
    op.create_table(
        "training_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False, comment="计划名称"),
        sa.Column(
            "area_code", sa.Text(), nullable=False, comment="所在区划 12 位代码，数据范围以此为准"
        ),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=False, comment="截止日期，不含当日"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态：拟订、已通过、已结束"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint(
            "status IN ('draft', 'adopted', 'closed')", name=op.f("ck_training_plan_status")
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_training_plan_valid_to_after_valid_from"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_plan")),
        comment="培训计划，内容由缺口与低评价得出",
    )
    op.create_index(
        "ix_training_plan_area_code", "training_plan", ["area_code", "id"], unique=False
    )
    op.create_table(
        "wage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False, comment="适用区划 12 位代码"),
        sa.Column("grade", sa.Text(), nullable=False, comment="职级代码"),
        sa.Column("low_fen", sa.BigInteger(), nullable=False, comment="月薪下限，分"),
        sa.Column("middle_fen", sa.BigInteger(), nullable=False, comment="月薪中位，分"),
        sa.Column("high_fen", sa.BigInteger(), nullable=False, comment="月薪上限，分"),
        sa.Column("document", sa.Text(), nullable=False, comment="依据文件及文号"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="截止日期，不含当日"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        postgresql.ExcludeConstraint(
            (sa.column("area_code"), "="),
            (sa.column("grade"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            using="gist",
            name="ex_wage_one_at_a_time",
        ),
        sa.CheckConstraint(
            "low_fen > 0 AND low_fen <= middle_fen AND middle_fen <= high_fen",
            name=op.f("ck_wage_in_order"),
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_wage_valid_to_after_valid_from"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wage")),
        comment="薪酬指导，逐项注明依据与有效期",
    )
    op.create_table(
        "training_course",
        sa.Column("plan_id", sa.Uuid(), nullable=False, comment="所属计划"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="缘由：缺口、低评价"),
        sa.Column("source_id", sa.Uuid(), nullable=False, comment="缺口或评级的标识"),
        sa.Column("category", sa.Text(), nullable=False, comment="服务类别，字典 service_category"),
        sa.Column("organisation_id", sa.Uuid(), nullable=True, comment="低评价的机构"),
        sa.Column("unmet_needs", sa.Integer(), nullable=True, comment="拟订时的未满足需求数"),
        sa.Column("rating", sa.Double(), nullable=True, comment="拟订时的评级上界"),
        sa.Column("skilled", sa.Integer(), nullable=False, comment="拟订时辖区内擅长者人数"),
        sa.Column("rule", sa.Text(), nullable=False, comment="依据的规则编号"),
        sa.Column("hours", sa.Double(), nullable=False, comment="学时"),
        sa.CheckConstraint(
            "(reason = 'gap') = (unmet_needs IS NOT NULL) AND (reason = 'low_rating') = (rating IS NOT NULL AND organisation_id IS NOT NULL)",
            name=op.f("ck_training_course_says_why"),
        ),
        sa.CheckConstraint(
            "reason IN ('gap', 'low_rating')", name=op.f("ck_training_course_reason")
        ),
        sa.CheckConstraint("hours > 0", name=op.f("ck_training_course_hours")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["training_plan.id"], name=op.f("fk_training_course_plan_id_training_plan")
        ),
        sa.PrimaryKeyConstraint("plan_id", "id", name=op.f("pk_training_course")),
        comment="培训计划的课程及其缘由",
    )
    op.create_index(
        "uq_training_course_source", "training_course", ["plan_id", "source_id"], unique=True
    )
    op.create_table(
        "career_step",
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="人员"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False, comment="职级代码"),
        sa.Column("from_on", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("document", sa.Text(), nullable=False, comment="依据文件及文号"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, comment="登记时间"),
        sa.Column("recorded_by", sa.Text(), nullable=False, comment="登记人"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_career_step_person_id_person")
        ),
        sa.PrimaryKeyConstraint("person_id", "id", name=op.f("pk_career_step")),
        comment="定级与晋升记录，只增不删",
    )
    op.create_index("uq_career_step_from_on", "career_step", ["person_id", "from_on"], unique=True)
    op.create_table(
        "training_enrolment",
        sa.Column("plan_id", sa.Uuid(), nullable=False, comment="所属计划"),
        sa.Column("course_id", sa.Uuid(), nullable=False, comment="课程"),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="人员"),
        sa.Column("hours", sa.Double(), nullable=False, comment="已学学时"),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True, comment="完成时间"),
        sa.CheckConstraint("hours >= 0", name=op.f("ck_training_enrolment_hours")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_training_enrolment_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id", "course_id"],
            ["training_course.plan_id", "training_course.id"],
            name=op.f("fk_training_enrolment_plan_id_course_id_training_course"),
        ),
        sa.PrimaryKeyConstraint(
            "plan_id", "course_id", "person_id", name=op.f("pk_training_enrolment")
        ),
        comment="培训报名与所学学时",
    )
    op.create_index(
        "ix_training_enrolment_person_id", "training_enrolment", ["person_id"], unique=False
    )


def downgrade() -> None:
    tables = ("training_enrolment", "training_course", "training_plan")
    for table in (*tables, "career_step", "wage", "career_grade", "mirrored"):
        op.drop_table(table)
