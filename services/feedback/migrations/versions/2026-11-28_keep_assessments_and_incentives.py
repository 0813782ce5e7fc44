"""Keep assessments and incentives.

Revision: 0015, after 0014.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assessment_evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="考核对象"),
        sa.Column("kind", sa.Text(), nullable=False, comment="佐证类别"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="区划"),
        sa.Column("period_from_on", sa.Date(), nullable=False, comment="所属期起"),
        sa.Column("period_to_on", sa.Date(), nullable=False, comment="所属期止，含"),
        sa.Column("document", sa.Text(), nullable=False, comment="文号或出处"),
        sa.Column("achieved", sa.Integer(), nullable=False, comment="完成数"),
        sa.Column("target", sa.Integer(), nullable=False, comment="目标数"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "achieved >= 0 AND target > 0", name=op.f("ck_assessment_evidence_counts")
        ),
        sa.CheckConstraint(
            "period_to_on >= period_from_on", name=op.f("ck_assessment_evidence_period")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment_evidence")),
        comment="佐证：一次登记，多方引用",
    )
    op.create_index(
        "ix_assessment_evidence_area_code", "assessment_evidence", ["area_code", "id"], unique=False
    )
    op.create_index(
        "uq_assessment_evidence_once",
        "assessment_evidence",
        ["subject_id", "kind", "period_from_on", "period_to_on"],
        unique=True,
    )
    op.create_table(
        "assessment_load",
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="考核对象"),
        sa.Column("kind", sa.Text(), nullable=False, comment="考核种类"),
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "taken", sa.SmallInteger(), nullable=False, comment="次数，不超过规则 assessment.cap"
        ),
        sa.Column("visit_id", sa.Uuid(), nullable=True, comment="已计入的现场检查"),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_assessment_load_taken")),
        sa.PrimaryKeyConstraint("subject_id", "kind", "year", name=op.f("pk_assessment_load")),
        comment="每个对象每年同类考核的次数，共用一次现场检查的只计一次",
    )
    op.create_table(
        "assessment_scheme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="考核种类"),
        sa.Column("title", sa.Text(), nullable=False, comment="名称"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="区划"),
        sa.Column("lead_id", sa.Uuid(), nullable=False, comment="组织部门"),
        sa.Column("subject", sa.Text(), nullable=False, comment="对象种类"),
        sa.Column("subject_ids", postgresql.ARRAY(sa.Uuid()), nullable=False, comment="考核对象"),
        sa.Column("period_from_on", sa.Date(), nullable=False, comment="考核期起"),
        sa.Column("period_to_on", sa.Date(), nullable=False, comment="考核期止，含"),
        sa.Column("statutory_name", sa.Text(), nullable=True, comment="法定考核名称"),
        sa.Column(
            "indicators",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="指标与权重",
        ),
        sa.Column(
            "satisfaction_percent", sa.SmallInteger(), nullable=False, comment="居民满意度百分权重"
        ),
        sa.Column("weight_rule", sa.Text(), nullable=False, comment="权重所依的规则编号"),
        sa.Column(
            "assessed_at", sa.DateTime(timezone=True), nullable=True, comment="计算结果的时间"
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "(kind = 'statutory') = (statutory_name IS NOT NULL)",
            name=op.f("ck_assessment_scheme_statutory"),
        ),
        sa.CheckConstraint(
            "kind IN ('street_services', 'venue_operation', 'service_project', 'statutory')",
            name=op.f("ck_assessment_scheme_kind"),
        ),
        sa.CheckConstraint(
            "subject IN ('organisation', 'venue', 'contract')",
            name=op.f("ck_assessment_scheme_subject"),
        ),
        sa.CheckConstraint(
            "period_to_on > period_from_on", name=op.f("ck_assessment_scheme_period")
        ),
        sa.CheckConstraint(
            "satisfaction_percent BETWEEN 0 AND 100",
            name=op.f("ck_assessment_scheme_satisfaction_percent"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment_scheme")),
        comment="考核方案：事先备案，不再修改",
    )
    op.create_index(
        "ix_assessment_scheme_area_code", "assessment_scheme", ["area_code", "id"], unique=False
    )
    op.create_table(
        "assessment_visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="考核对象"),
        sa.Column("year", sa.SmallInteger(), nullable=False, comment="年份"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="区划"),
        sa.Column("visited_on", sa.Date(), nullable=False, comment="检查日期"),
        sa.Column(
            "department_ids", postgresql.ARRAY(sa.Uuid()), nullable=False, comment="参加的部门"
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "cardinality(department_ids) > 0", name=op.f("ck_assessment_visit_somebody_comes")
        ),
        sa.CheckConstraint(
            "year = extract(year FROM visited_on)", name=op.f("ck_assessment_visit_year")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment_visit")),
        sa.UniqueConstraint("subject_id", "year", name=op.f("uq_assessment_visit_subject_id_year")),
        comment="现场检查：每个对象每年一次，各部门合并",
    )
    op.create_table(
        "assessment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False, comment="方案"),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="考核对象"),
        sa.Column("body_id", sa.Uuid(), nullable=True, comment="可申诉的机构"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="区划"),
        sa.Column("visit_id", sa.Uuid(), nullable=True, comment="合并的现场检查"),
        sa.Column("score", sa.Double(), nullable=True, comment="得分 0–1；样本不足为空"),
        sa.Column("lower_bound", sa.Double(), nullable=True, comment="95% 区间下限"),
        sa.Column("upper_bound", sa.Double(), nullable=True, comment="95% 区间上限"),
        sa.Column("band", sa.SmallInteger(), nullable=True, comment="并列档次，1 最高"),
        sa.Column("responses", sa.Integer(), nullable=True, comment="评价数，向下取整到十"),
        sa.Column("response_share", sa.Double(), nullable=True, comment="评价数占服务数，两位小数"),
        sa.Column(
            "scores", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="各指标得分"
        ),
        sa.Column(
            "evidence_ids", postgresql.ARRAY(sa.Uuid()), nullable=False, comment="引用的佐证"
        ),
        sa.Column("publicity_from_on", sa.Date(), nullable=False, comment="公示首日"),
        sa.Column("publicity_to_on", sa.Date(), nullable=False, comment="公示末日，含"),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=True, comment="申诉时间"),
        sa.Column("appealed_by", sa.Text(), nullable=True, comment="申诉人"),
        sa.Column("appeal_words", sa.Text(), nullable=True, comment="申诉理由"),
        sa.Column(
            "appeal_decided_at", sa.DateTime(timezone=True), nullable=True, comment="裁定时间"
        ),
        sa.Column("appeal_decided_by", sa.Text(), nullable=True, comment="裁定人"),
        sa.Column("is_appeal_upheld", sa.Boolean(), nullable=True, comment="申诉是否成立"),
        sa.Column("decision_reason", sa.Text(), nullable=True, comment="裁定理由"),
        sa.Column("final_at", sa.DateTime(timezone=True), nullable=True, comment="定论时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "(appeal_decided_at IS NULL) = (is_appeal_upheld IS NULL)"
            " AND (appeal_decided_at IS NULL) = (decision_reason IS NULL)"
            " AND (appealed_at IS NOT NULL OR appeal_decided_at IS NULL)",
            name=op.f("ck_assessment_decided_with_reason"),
        ),
        sa.CheckConstraint(
            "appeal_decided_by <> appealed_by", name=op.f("ck_assessment_another_person_decides")
        ),
        sa.CheckConstraint(
            "band IS NULL OR score IS NOT NULL", name=op.f("ck_assessment_band_of_a_score")
        ),
        sa.CheckConstraint(
            "final_at IS NULL OR appealed_at IS NULL OR appeal_decided_at IS NOT NULL",
            name=op.f("ck_assessment_no_appeal_is_passed_over"),
        ),
        sa.CheckConstraint(
            "lower_bound <= score AND score <= upper_bound",
            name=op.f("ck_assessment_score_in_its_interval"),
        ),
        sa.CheckConstraint(
            "publicity_to_on >= publicity_from_on", name=op.f("ck_assessment_publicity")
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["assessment_scheme.id"],
            name=op.f("fk_assessment_scheme_id_assessment_scheme"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"],
            ["assessment_visit.id"],
            name=op.f("fk_assessment_visit_id_assessment_visit"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
        sa.UniqueConstraint(
            "scheme_id", "subject_id", name=op.f("uq_assessment_scheme_id_subject_id")
        ),
        comment="考核结果：公示、申诉、定论",
    )
    op.create_index(
        "ix_assessment_open",
        "assessment",
        ["publicity_to_on", "id"],
        unique=False,
        postgresql_where="final_at IS NULL",
    )
    op.create_index("ix_assessment_subject_id", "assessment", ["subject_id", "id"], unique=False)
    op.create_index(
        "ix_assessment_evidence_ids",
        "assessment",
        ["evidence_ids"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "incentive",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False, comment="方案"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="区划"),
        sa.Column("pot_fen", sa.BigInteger(), nullable=False, comment="资金，分"),
        sa.Column("pot_document", sa.Text(), nullable=False, comment="资金批准文号"),
        sa.Column(
            "rules",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="所依规则及其数值",
        ),
        sa.Column(
            "awards", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="各对象所得"
        ),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False, comment="核定时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint("pot_fen >= 0", name=op.f("ck_incentive_pot_fen")),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["assessment_scheme.id"],
            name=op.f("fk_incentive_scheme_id_assessment_scheme"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incentive")),
        sa.UniqueConstraint("scheme_id", name=op.f("uq_incentive_scheme_id")),
        comment="奖补：每次考核一份，按公布的公式计算",
    )
    op.create_index("ix_incentive_area_code", "incentive", ["area_code", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_incentive_area_code", table_name="incentive")
    op.drop_table("incentive")
    op.drop_index("ix_assessment_evidence_ids", table_name="assessment", postgresql_using="gin")
    op.drop_index("ix_assessment_subject_id", table_name="assessment")
    op.drop_index(
        "ix_assessment_open", table_name="assessment", postgresql_where="final_at IS NULL"
    )
    op.drop_table("assessment")
    op.drop_table("assessment_visit")
    op.drop_index("ix_assessment_scheme_area_code", table_name="assessment_scheme")
    op.drop_table("assessment_scheme")
    op.drop_table("assessment_load")
    op.drop_index("uq_assessment_evidence_once", table_name="assessment_evidence")
    op.drop_index("ix_assessment_evidence_area_code", table_name="assessment_evidence")
    op.drop_table("assessment_evidence")
