"""Keep provider files, evidence and ratings.

Revision: 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence",
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接者"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "source", sa.Text(), nullable=False, comment="来源：居民评价、投诉、验收、里程碑、违规"
        ),
        sa.Column("source_id", sa.Uuid(), nullable=False, comment="来源记录"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("dimension", sa.Text(), nullable=False, comment="评价维度"),
        sa.Column("level", sa.SmallInteger(), nullable=False, comment="等次，5 最好"),
        sa.Column("buyer_id", sa.Uuid(), nullable=True, comment="购买方；无合同为空"),
        sa.Column("contract_id", sa.Uuid(), nullable=True, comment="合同"),
        sa.Column("document", sa.Text(), nullable=True, comment="文号"),
        sa.Column("happened_on", sa.Date(), nullable=False, comment="发生日"),
        sa.Column("counts_from_on", sa.Date(), nullable=False, comment="答复期满后的首个计入日"),
        sa.Column(
            "is_related", sa.Boolean(), nullable=False, comment="购买方与承接者有关联，权重为零"
        ),
        sa.Column("is_suspended", sa.Boolean(), nullable=False, comment="申诉期间不计入"),
        sa.Column(
            "known_from", sa.DateTime(timezone=True), nullable=False, comment="何时起如此记载"
        ),
        sa.Column(
            "known_to", sa.DateTime(timezone=True), nullable=True, comment="何时被更改；空为现行"
        ),
        sa.CheckConstraint(
            "dimension IN ('overall', 'efficiency', 'competence', 'attitude', 'convenience', 'value')",
            name=op.f("ck_evidence_dimension"),
        ),
        sa.CheckConstraint(
            "source IN ('rating', 'complaint', 'acceptance', 'milestone', 'violation')",
            name=op.f("ck_evidence_source"),
        ),
        sa.CheckConstraint("known_to >= known_from", name=op.f("ck_evidence_known_to")),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_evidence_level")),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_evidence")),
        comment="评级证据：逐条留痕，可还原任一日期的评级",
    )
    op.create_index(
        "ix_evidence_cell", "evidence", ["provider_id", "category", "dimension"], unique=False
    )
    op.create_index(
        "ix_evidence_counts_from_on",
        "evidence",
        ["counts_from_on"],
        unique=False,
        postgresql_where="source <> 'rating' AND known_to IS NULL",
    )
    op.create_index(
        "uq_evidence_source",
        "evidence",
        ["provider_id", "source", "source_id", "dimension"],
        unique=True,
        postgresql_where="known_to IS NULL",
    )
    op.create_table(
        "grade",
        sa.Column("rating_id", sa.Uuid(), nullable=False, comment="评级"),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False, comment="自何时起"),
        sa.Column("level", sa.SmallInteger(), nullable=True, comment="等次；空为不评级"),
        sa.Column("expected", sa.Double(), nullable=True, comment="当时的期望得分"),
        sa.Column("lower_bound", sa.Double(), nullable=True, comment="当时的下界"),
        sa.Column("upper_bound", sa.Double(), nullable=True, comment="当时的上界"),
        sa.Column("prior_version", sa.Text(), nullable=False, comment="当时的先验版本"),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_grade_level")),
        sa.PrimaryKeyConstraint("rating_id", "from_at", name=op.f("pk_grade")),
        comment="等次历史：每次变动及其依据",
    )
    op.create_table(
        "grade_reply",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接者"),
        sa.Column("source", sa.Text(), nullable=False, comment="所答复评价的来源"),
        sa.Column("source_id", sa.Uuid(), nullable=False, comment="所答复评价的来源记录"),
        sa.Column("kind", sa.Text(), nullable=False, comment="陈述、申诉"),
        sa.Column("words", sa.Text(), nullable=False, comment="所述内容，公开"),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False, comment="提出时间"),
        sa.Column("verdict", sa.Text(), nullable=True, comment="裁定"),
        sa.Column("verdict_reason", sa.Text(), nullable=True, comment="裁定理由，公开"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True, comment="裁定时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "kind = 'appeal' OR verdict IS NULL",
            name=op.f("ck_grade_reply_only_appeals_are_decided"),
        ),
        sa.CheckConstraint("kind IN ('statement', 'appeal')", name=op.f("ck_grade_reply_kind")),
        sa.CheckConstraint(
            "source IN ('rating', 'complaint', 'acceptance', 'milestone', 'violation')",
            name=op.f("ck_grade_reply_source"),
        ),
        sa.CheckConstraint(
            "verdict IN ('upheld', 'dismissed')", name=op.f("ck_grade_reply_verdict")
        ),
        sa.CheckConstraint(
            "(verdict IS NULL) = (decided_at IS NULL) AND (verdict IS NULL) = (verdict_reason IS NULL)",
            name=op.f("ck_grade_reply_decided"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grade_reply")),
        comment="承接者的陈述与申诉，及其裁定",
    )
    op.create_index(
        "ix_grade_reply_open",
        "grade_reply",
        ["said_at"],
        unique=False,
        postgresql_where="kind = 'appeal' AND verdict IS NULL",
    )
    op.create_index(
        "ix_grade_reply_source", "grade_reply", ["provider_id", "source", "source_id"], unique=False
    )
    op.create_index(
        "uq_grade_reply_appeal",
        "grade_reply",
        ["provider_id", "source", "source_id"],
        unique=True,
        postgresql_where="kind = 'appeal'",
    )
    op.create_table(
        "provider",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="名称，来自资源库"),
        sa.Column("kind", sa.Text(), nullable=False, comment="机构类型，来自资源库"),
        sa.Column("credit_code", sa.Text(), nullable=True, comment="统一社会信用代码，来自资源库"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在区划，数据范围以此为准"),
        sa.Column("supervisor_id", sa.Uuid(), nullable=True, comment="业务主管单位，来自资源库"),
        sa.Column(
            "evaluation_grade", sa.Text(), nullable=True, comment="社会组织评估等级，来自资源库"
        ),
        sa.Column("grade_from_on", sa.Date(), nullable=True, comment="等级起始"),
        sa.Column("grade_to_on", sa.Date(), nullable=True, comment="等级末日，含"),
        sa.Column("dissolved_on", sa.Date(), nullable=True, comment="注销日期，来自资源库"),
        sa.Column(
            "categories", sa.ARRAY(sa.Text()), nullable=False, comment="字典 service_category"
        ),
        sa.Column(
            "is_small_enterprise", sa.Boolean(), nullable=False, comment="小微企业，仅企业可认定"
        ),
        sa.Column("admitted_on", sa.Date(), nullable=False, comment="建档日期"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "NOT is_small_enterprise OR kind = 'enterprise'",
            name=op.f("ck_provider_small_is_an_enterprise"),
        ),
        sa.CheckConstraint(
            "evaluation_grade IN ('1A', '2A', '3A', '4A', '5A')",
            name=op.f("ck_provider_evaluation_grade"),
        ),
        sa.CheckConstraint(
            "kind IN ('department', 'street', 'institution', 'association', 'private_non_enterprise', 'foundation', 'enterprise', 'residents_committee', 'villagers_committee', 'volunteer_group', 'community_organisation')",
            name=op.f("ck_provider_kind"),
        ),
        sa.CheckConstraint("cardinality(categories) > 0", name=op.f("ck_provider_categories")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider")),
        comment="承接者档案：资质与服务效能数据库的首页",
    )
    op.create_index("ix_provider_area_code", "provider", ["area_code", "id"], unique=False)
    op.create_index(
        "ix_provider_categories", "provider", ["categories"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "provider_rating",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接者"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("dimension", sa.Text(), nullable=False, comment="评价维度"),
        sa.Column(
            "is_rated", sa.Boolean(), nullable=False, comment="样本足够；否则不评级，且不得据此排除"
        ),
        sa.Column("level", sa.SmallInteger(), nullable=True, comment="等次，带滞后"),
        sa.Column("anchor_level", sa.SmallInteger(), nullable=True, comment="上一月末的等次"),
        sa.Column("anchor_on", sa.Date(), nullable=False, comment="等次所依据的上一月末"),
        sa.Column("expected", sa.Double(), nullable=True, comment="期望得分 0–1"),
        sa.Column("lower_bound", sa.Double(), nullable=True, comment="下界，用于激励"),
        sa.Column("upper_bound", sa.Double(), nullable=True, comment="上界，用于惩戒"),
        sa.Column("ratings", sa.Integer(), nullable=False, comment="计入的证据条数"),
        sa.Column("effective_ratings", sa.Double(), nullable=False, comment="有效样本量"),
        sa.Column("buyers", sa.Integer(), nullable=False, comment="互不关联的购买方数"),
        sa.Column("prior_version", sa.Text(), nullable=False, comment="类别先验版本"),
        sa.Column("reply_until_on", sa.Date(), nullable=True, comment="答复期截止日"),
        sa.Column(
            "suspended_at", sa.DateTime(timezone=True), nullable=True, comment="申诉起暂停使用"
        ),
        sa.Column("as_of_on", sa.Date(), nullable=False, comment="计算所及日期"),
        sa.CheckConstraint(
            "dimension IN ('overall', 'efficiency', 'competence', 'attitude', 'convenience', 'value')",
            name=op.f("ck_provider_rating_dimension"),
        ),
        sa.CheckConstraint(
            "0 <= lower_bound AND lower_bound <= expected AND expected <= upper_bound AND upper_bound <= 1",
            name=op.f("ck_provider_rating_bounds"),
        ),
        sa.CheckConstraint(
            "anchor_level BETWEEN 1 AND 5", name=op.f("ck_provider_rating_anchor_level")
        ),
        sa.CheckConstraint(
            "is_rated = (level IS NOT NULL) AND is_rated = (expected IS NOT NULL) AND is_rated = (lower_bound IS NOT NULL) AND is_rated = (upper_bound IS NOT NULL)",
            name=op.f("ck_provider_rating_rated_is_whole"),
        ),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_provider_rating_level")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_rating")),
        sa.UniqueConstraint(
            "provider_id",
            "category",
            "dimension",
            name=op.f("uq_provider_rating_provider_id_category_dimension"),
        ),
        comment="承接者评级：按承接者、类别、维度，全市计算",
    )
    op.create_index(
        "ix_provider_rating_category",
        "provider_rating",
        ["category", "dimension", "lower_bound"],
        unique=False,
    )
    op.create_table(
        "rating_due",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接者"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("dimension", sa.Text(), nullable=False, comment="评价维度"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_due")),
        comment="待重算的评级，只进不改，取走即删",
    )
    op.create_table(
        "rating_prior",
        sa.Column("frozen_on", sa.Date(), nullable=False, comment="版本：自该日起适用"),
        sa.Column("category", sa.Text(), nullable=False, comment="空串为全部类别"),
        sa.Column("dimension", sa.Text(), nullable=False, comment="评价维度"),
        sa.Column("levels", sa.ARRAY(sa.Double()), nullable=False, comment="1 至 5 级的基准比例"),
        sa.Column("weight", sa.Double(), nullable=False, comment="先验相当于多少条评价"),
        sa.Column("correlation", sa.Double(), nullable=False, comment="同一购买方各条的相关"),
        sa.Column("providers", sa.Integer(), nullable=False, comment="所据承接者数"),
        sa.Column("evidence", sa.Integer(), nullable=False, comment="所据证据条数"),
        sa.CheckConstraint(
            "dimension IN ('overall', 'efficiency', 'competence', 'attitude', 'convenience', 'value')",
            name=op.f("ck_rating_prior_dimension"),
        ),
        sa.CheckConstraint("cardinality(levels) = 5", name=op.f("ck_rating_prior_levels")),
        sa.CheckConstraint(
            "correlation >= 0 AND correlation < 1", name=op.f("ck_rating_prior_correlation")
        ),
        sa.CheckConstraint("weight > 0", name=op.f("ck_rating_prior_weight")),
        sa.PrimaryKeyConstraint("frozen_on", "category", "dimension", name=op.f("pk_rating_prior")),
        comment="类别先验：按日冻结，评级据版本复算",
    )
    op.create_table(
        "exclusion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接者"),
        sa.Column("reason", sa.Text(), nullable=False, comment="原因代码"),
        sa.Column("document", sa.Text(), nullable=False, comment="决定文号"),
        sa.Column("from_on", sa.Date(), nullable=False, comment="起始日"),
        sa.Column("to_on", sa.Date(), nullable=True, comment="末日，含；空为未定"),
        sa.Column("lifting_document", sa.Text(), nullable=True, comment="提前解除的决定文号"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        postgresql.ExcludeConstraint(
            (sa.column("provider_id"), "="),
            (sa.column("reason"), "="),
            (sa.text("daterange(from_on, to_on, '[]')"), "&&"),
            using="gist",
            name="ex_exclusion_once",
        ),
        sa.CheckConstraint(
            "reason IN ('false_material', 'collusion', 'bribery', 'refused_to_sign', 'subcontracted_away', 'major_violation', 'court_blacklist', 'other')",
            name=op.f("ck_exclusion_reason"),
        ),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_exclusion_to_on")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_exclusion_provider_id_provider")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exclusion")),
        comment="禁入记录：原因、决定文号与期间",
    )
    op.create_index("ix_exclusion_from_on", "exclusion", ["from_on"], unique=False)
    op.create_index("ix_exclusion_provider_id", "exclusion", ["provider_id"], unique=False)
    op.create_index("ix_exclusion_to_on", "exclusion", ["to_on"], unique=False)
    op.create_table(
        "qualification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接者"),
        sa.Column("code", sa.Text(), nullable=False, comment="资质代码"),
        sa.Column("name", sa.Text(), nullable=False, comment="资质名称"),
        sa.Column("number", sa.Text(), nullable=True, comment="证书编号"),
        sa.Column("valid_from_on", sa.Date(), nullable=False, comment="生效日"),
        sa.Column("valid_to_on", sa.Date(), nullable=True, comment="末日，含；空为长期"),
        sa.Column("persons", sa.Integer(), nullable=True, comment="持证人数，仅持证人员"),
        sa.Column("status", sa.Text(), nullable=False, comment="待核验、已核验、不予认可"),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True, comment="核验时间"),
        sa.Column("verified_by", sa.Text(), nullable=True, comment="核验人"),
        sa.Column("refusal", sa.Text(), nullable=True, comment="不予认可的理由"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        postgresql.ExcludeConstraint(
            (sa.column("provider_id"), "="),
            (sa.column("code"), "="),
            (sa.text("coalesce(number, '')"), "="),
            (sa.text("daterange(valid_from_on, valid_to_on, '[]')"), "&&"),
            where=sa.text("status <> 'refused'"),
            using="gist",
            name="ex_qualification_once",
        ),
        sa.CheckConstraint(
            "(code = 'qualified_staff') = (persons IS NOT NULL)",
            name=op.f("ck_qualification_persons"),
        ),
        sa.CheckConstraint(
            "(status = 'declared') = (verified_at IS NULL) AND (verified_at IS NULL) = (verified_by IS NULL)",
            name=op.f("ck_qualification_verified"),
        ),
        sa.CheckConstraint(
            "(status = 'refused') = (refusal IS NOT NULL)", name=op.f("ck_qualification_refusal")
        ),
        sa.CheckConstraint(
            "status IN ('declared', 'verified', 'refused')", name=op.f("ck_qualification_status")
        ),
        sa.CheckConstraint(
            "valid_to_on >= valid_from_on", name=op.f("ck_qualification_valid_to_on")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_qualification_provider_id_provider")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification")),
        comment="资质：登记证书、许可、持证人员等，经核验后计入",
    )
    op.create_index("ix_qualification_provider_id", "qualification", ["provider_id"], unique=False)
    op.create_index("ix_qualification_valid_to_on", "qualification", ["valid_to_on"], unique=False)
    op.create_table(
        "tie",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接者"),
        sa.Column("organisation_id", sa.Uuid(), nullable=False, comment="对方机构"),
        sa.Column("kind", sa.Text(), nullable=False, comment="关系种类"),
        sa.Column("source", sa.Text(), nullable=False, comment="资源库、自行申报、登记"),
        sa.Column("from_on", sa.Date(), nullable=False, comment="起始日"),
        sa.Column("to_on", sa.Date(), nullable=True, comment="末日，含；空为持续"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        postgresql.ExcludeConstraint(
            (sa.column("provider_id"), "="),
            (sa.column("organisation_id"), "="),
            (sa.column("kind"), "="),
            (sa.column("source"), "="),
            (sa.text("daterange(from_on, to_on, '[]')"), "&&"),
            using="gist",
            name="ex_tie_once",
        ),
        sa.CheckConstraint(
            "kind IN ('incubator', 'supervision', 'management', 'shareholder', 'same_head', 'employment', 'kinship')",
            name=op.f("ck_tie_kind"),
        ),
        sa.CheckConstraint(
            "source IN ('registry', 'declared', 'recorded')", name=op.f("ck_tie_source")
        ),
        sa.CheckConstraint("organisation_id <> provider_id", name=op.f("ck_tie_not_itself")),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_tie_to_on")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_tie_provider_id_provider")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tie")),
        comment="关联与培育关系：回避与评级权重据此判断",
    )
    op.create_index("ix_tie_organisation_id", "tie", ["organisation_id"], unique=False)
    op.create_index("ix_tie_provider_id", "tie", ["provider_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_tie_provider_id", table_name="tie")
    op.drop_index("ix_tie_organisation_id", table_name="tie")
    op.drop_table("tie")
    op.drop_index("ix_qualification_valid_to_on", table_name="qualification")
    op.drop_index("ix_qualification_provider_id", table_name="qualification")
    op.drop_table("qualification")
    op.drop_index("ix_exclusion_to_on", table_name="exclusion")
    op.drop_index("ix_exclusion_provider_id", table_name="exclusion")
    op.drop_index("ix_exclusion_from_on", table_name="exclusion")
    op.drop_table("exclusion")
    op.drop_table("rating_prior")
    op.drop_table("rating_due")
    op.drop_index("ix_provider_rating_category", table_name="provider_rating")
    op.drop_table("provider_rating")
    op.drop_index("ix_provider_categories", table_name="provider", postgresql_using="gin")
    op.drop_index("ix_provider_area_code", table_name="provider")
    op.drop_table("provider")
    op.drop_index(
        "uq_grade_reply_appeal", table_name="grade_reply", postgresql_where="kind = 'appeal'"
    )
    op.drop_index("ix_grade_reply_source", table_name="grade_reply")
    op.drop_index(
        "ix_grade_reply_open",
        table_name="grade_reply",
        postgresql_where="kind = 'appeal' AND verdict IS NULL",
    )
    op.drop_table("grade_reply")
    op.drop_table("grade")
    op.drop_index("uq_evidence_source", table_name="evidence", postgresql_where="known_to IS NULL")
    op.drop_index(
        "ix_evidence_counts_from_on",
        table_name="evidence",
        postgresql_where="source <> 'rating' AND known_to IS NULL",
    )
    op.drop_index("ix_evidence_cell", table_name="evidence")
    op.drop_table("evidence")
