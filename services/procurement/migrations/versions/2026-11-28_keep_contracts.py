"""Keep contracts.

Revision: 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contract",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tender_id", sa.Uuid(), nullable=False, comment="采购过程"),
        sa.Column("award_id", sa.Uuid(), nullable=False, comment="成交结果"),
        sa.Column("ocid", sa.Text(), nullable=False, comment="OCDS 采购过程编号"),
        sa.Column("kind", sa.Text(), nullable=False, comment="单项服务或打包委托运营"),
        sa.Column("title", sa.Text(), nullable=False, comment="名称"),
        sa.Column("status", sa.Text(), nullable=False, comment="OCDS 合同状态"),
        sa.Column("buyer_id", sa.Uuid(), nullable=False, comment="购买方"),
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接者"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="购买方所在区划"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("service_item_ids", sa.ARRAY(sa.Uuid()), nullable=False, comment="服务事项"),
        sa.Column("area_codes", sa.ARRAY(sa.Text()), nullable=False, comment="服务区域"),
        sa.Column("target_groups", sa.ARRAY(sa.Text()), nullable=False, comment="服务对象"),
        sa.Column("exclusions", sa.ARRAY(sa.Text()), nullable=False, comment="不在服务范围的事项"),
        sa.Column(
            "administrative_hours_max", sa.Integer(), nullable=False, comment="行政协助工时上限"
        ),
        sa.Column(
            "administrative_hours_used", sa.Integer(), nullable=False, comment="已用行政协助工时"
        ),
        sa.Column("excess", sa.Text(), nullable=False, comment="超额行政协助：可拒绝或计价"),
        sa.Column("hour_fen", sa.BigInteger(), nullable=True, comment="超额每小时价格，分"),
        sa.Column("service_days", sa.Integer(), nullable=False, comment="净服务天数"),
        sa.Column("delivered_days", sa.Integer(), nullable=False, comment="已验收净服务天数"),
        sa.Column("places", sa.Integer(), nullable=True, comment="承诺名额"),
        sa.Column("capacity_unit", sa.Text(), nullable=True, comment="字典 capacity_unit"),
        sa.Column("original_fen", sa.BigInteger(), nullable=False, comment="原合同金额，分"),
        sa.Column("supplements_fen", sa.BigInteger(), nullable=False, comment="补充合同，分"),
        sa.Column(
            "supplements_max_fen",
            sa.BigInteger(),
            nullable=True,
            comment="补充合同上限，分；签约时按当时规则冻结",
        ),
        sa.Column("value_fen", sa.BigInteger(), nullable=False, comment="合同金额，分"),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False, comment="已付，分"),
        sa.Column("period_start_on", sa.Date(), nullable=False, comment="起始日"),
        sa.Column("period_end_on", sa.Date(), nullable=False, comment="末日，含"),
        sa.Column("max_extent_on", sa.Date(), nullable=True, comment="续签后最晚日期"),
        sa.Column("is_stable", sa.Boolean(), nullable=False, comment="符合三年期条件"),
        sa.Column(
            "evaluations_per_year",
            sa.SmallInteger(),
            nullable=True,
            comment="每年评估上限；签约时按当时规则冻结",
        ),
        sa.Column("agenda_item_id", sa.Uuid(), nullable=True, comment="居民议题"),
        sa.Column("renewal_of_id", sa.Uuid(), nullable=True, comment="所续签的合同"),
        sa.Column("handed_over_to_id", sa.Uuid(), nullable=True, comment="承接服务对象的合同"),
        sa.Column("sign_due_on", sa.Date(), nullable=True, comment="签约期限，含当日"),
        sa.Column(
            "buyer_signed_at", sa.DateTime(timezone=True), nullable=True, comment="购买方签署时间"
        ),
        sa.Column(
            "provider_signed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="承接者签署时间",
        ),
        sa.Column(
            "signed_at", sa.DateTime(timezone=True), nullable=True, comment="双方签署完成时间"
        ),
        sa.Column("publish_due_on", sa.Date(), nullable=True, comment="公告期限，含当日"),
        sa.Column("filing_due_on", sa.Date(), nullable=True, comment="备案期限，含当日"),
        sa.Column("is_due_provisional", sa.Boolean(), nullable=False, comment="期限超出已公布日历"),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True, comment="公告时间"),
        sa.Column(
            "discontinuation_notice_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="停止服务告知时间",
        ),
        sa.Column("discontinuation_reason", sa.Text(), nullable=True, comment="停止服务的公开说明"),
        sa.Column("ends_on", sa.Date(), nullable=True, comment="停止服务日期"),
        sa.Column("terminated_at", sa.DateTime(timezone=True), nullable=True, comment="终止时间"),
        sa.Column("termination_reason", sa.Text(), nullable=True, comment="终止原因代码"),
        sa.Column(
            "rules",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="适用的规则编号",
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "(excess = 'priced') = (hour_fen IS NOT NULL)",
            name=op.f("ck_contract_priced_has_a_price"),
        ),
        sa.CheckConstraint(
            "(status = 'terminated') = (terminated_at IS NOT NULL) AND (terminated_at IS NULL OR termination_reason IS NOT NULL)",
            name=op.f("ck_contract_ending_has_reason"),
        ),
        sa.CheckConstraint(
            "(status IN ('pending', 'cancelled')) = (signed_at IS NULL)",
            name=op.f("ck_contract_active_is_signed"),
        ),
        sa.CheckConstraint("excess IN ('refused', 'priced')", name=op.f("ck_contract_excess")),
        sa.CheckConstraint(
            "kind IN ('service', 'bundled_operation')", name=op.f("ck_contract_kind")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'active', 'cancelled', 'terminated')",
            name=op.f("ck_contract_status"),
        ),
        sa.CheckConstraint(
            "termination_reason IN ('completed', 'mutual', 'breach', 'buyer_breach', 'funds_cut', 'policy_change', 'provider_dissolved', 'force_majeure', 'superseded')",
            name=op.f("ck_contract_termination_reason"),
        ),
        sa.CheckConstraint(
            "(signed_at IS NULL) OR (buyer_signed_at IS NOT NULL AND provider_signed_at IS NOT NULL AND supplements_max_fen IS NOT NULL)",
            name=op.f("ck_contract_signed_by_both"),
        ),
        sa.CheckConstraint(
            "evaluations_per_year >= 0", name=op.f("ck_contract_evaluations_per_year")
        ),
        sa.CheckConstraint(
            "max_extent_on >= period_end_on", name=op.f("ck_contract_max_extent_on")
        ),
        sa.CheckConstraint(
            "paid_fen BETWEEN 0 AND value_fen", name=op.f("ck_contract_never_overpaid")
        ),
        sa.CheckConstraint("period_end_on >= period_start_on", name=op.f("ck_contract_period")),
        sa.CheckConstraint(
            "published_at IS NULL OR signed_at IS NOT NULL", name=op.f("ck_contract_signed_first")
        ),
        sa.CheckConstraint(
            "supplements_fen BETWEEN 0 AND supplements_max_fen",
            name=op.f("ck_contract_supplements_within_limit"),
        ),
        sa.CheckConstraint(
            "value_fen = original_fen + supplements_fen", name=op.f("ck_contract_value_fen")
        ),
        sa.ForeignKeyConstraint(
            ["award_id"], ["award.id"], name=op.f("fk_contract_award_id_award")
        ),
        sa.ForeignKeyConstraint(
            ["handed_over_to_id"],
            ["contract.id"],
            name=op.f("fk_contract_handed_over_to_id_contract"),
        ),
        sa.ForeignKeyConstraint(
            ["renewal_of_id"], ["contract.id"], name=op.f("fk_contract_renewal_of_id_contract")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tender.id"], name=op.f("fk_contract_tender_id_tender")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract")),
        comment="合同：签约、公告、履约与终止",
    )
    op.create_index("ix_contract_agenda_item_id", "contract", ["agenda_item_id"], unique=False)
    op.create_index("ix_contract_area_code", "contract", ["area_code", "id"], unique=False)
    op.create_index("ix_contract_buyer_id", "contract", ["buyer_id", "id"], unique=False)
    op.create_index("ix_contract_category", "contract", ["category", "id"], unique=False)
    op.create_index("ix_contract_provider_id", "contract", ["provider_id", "id"], unique=False)
    op.create_index(
        "ix_contract_published",
        "contract",
        ["id"],
        unique=False,
        postgresql_where="published_at IS NOT NULL",
    )
    op.create_index("ix_contract_tender_id", "contract", ["tender_id"], unique=False)
    op.create_index(
        "uq_contract_award_id",
        "contract",
        ["award_id"],
        unique=True,
        postgresql_where="renewal_of_id IS NULL AND status <> 'cancelled'",
    )
    op.create_index(
        "uq_contract_renewal_of_id",
        "contract",
        ["renewal_of_id"],
        unique=True,
        postgresql_where="status <> 'cancelled'",
    )
    op.create_table(
        "assistance",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False, comment="日期"),
        sa.Column("hours", sa.Integer(), nullable=False, comment="小时"),
        sa.Column("task", sa.Text(), nullable=False, comment="事项"),
        sa.Column("excess_hours", sa.Integer(), nullable=False, comment="超出上限的小时"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="结果"),
        sa.Column("price_fen", sa.BigInteger(), nullable=False, comment="超额计价，分"),
        sa.Column("logged_at", sa.DateTime(timezone=True), nullable=False, comment="登记时间"),
        sa.Column("logged_by", sa.Text(), nullable=False, comment="登记人"),
        sa.CheckConstraint(
            "(outcome = 'within_quota') = (excess_hours = 0)", name=op.f("ck_assistance_excess")
        ),
        sa.CheckConstraint(
            "outcome IN ('within_quota', 'refused', 'priced')", name=op.f("ck_assistance_outcome")
        ),
        sa.CheckConstraint(
            "hours > 0 AND excess_hours BETWEEN 0 AND hours", name=op.f("ck_assistance_hours")
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_assistance_contract_id_contract")
        ),
        sa.PrimaryKeyConstraint("contract_id", "id", name=op.f("pk_assistance")),
        comment="行政协助台账",
    )
    op.create_table(
        "contract_change",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True, comment="原因代码；补充合同为空"),
        sa.Column("text", sa.Text(), nullable=False, comment="内容，公布"),
        sa.Column("value_fen", sa.BigInteger(), nullable=False, comment="补充金额，分"),
        sa.Column(
            "before", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="变更前"
        ),
        sa.Column(
            "after", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="变更后"
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="时间"),
        sa.Column("made_by", sa.Text(), nullable=False, comment="经办人"),
        sa.CheckConstraint(
            "reason IN ('volume_cut', 'price_reduction', 'quality_improvement', 'period_extension', 'target_change', 'tax_rate', 'force_majeure', 'residents_wish')",
            name=op.f("ck_contract_change_reason"),
        ),
        sa.CheckConstraint(
            "value_fen >= 0 AND (reason IS NULL) = (value_fen > 0)",
            name=op.f("ck_contract_change_value_fen"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_contract_change_contract_id_contract")
        ),
        sa.PrimaryKeyConstraint("contract_id", "number", name=op.f("pk_contract_change")),
        comment="合同变更与补充",
    )
    op.create_table(
        "contract_cost",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="人员、活动、管理、税费"),
        sa.Column("name", sa.Text(), nullable=False, comment="名称"),
        sa.Column("grade", sa.Text(), nullable=True, comment="人员级别"),
        sa.Column("quantity", sa.Integer(), nullable=False, comment="数量；人员为人月"),
        sa.Column("unit_fen", sa.BigInteger(), nullable=False, comment="单价，分；人员为月薪"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False, comment="金额，分"),
        sa.Column("floor_fen", sa.BigInteger(), nullable=True, comment="工资指导下限，分"),
        sa.Column("floor_rule", sa.Text(), nullable=True, comment="下限依据的规则编号"),
        sa.CheckConstraint(
            "grade IN ('worker', 'social_worker', 'professional', 'manager')",
            name=op.f("ck_contract_cost_grade"),
        ),
        sa.CheckConstraint(
            "kind IN ('staff', 'activity', 'management', 'tax')", name=op.f("ck_contract_cost_kind")
        ),
        sa.CheckConstraint(
            "amount_fen = quantity::bigint * unit_fen", name=op.f("ck_contract_cost_amount_fen")
        ),
        sa.CheckConstraint("unit_fen >= floor_fen", name=op.f("ck_contract_cost_floor_fen")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_contract_cost_contract_id_contract")
        ),
        sa.PrimaryKeyConstraint("contract_id", "position", name=op.f("pk_contract_cost")),
        comment="成本测算",
    )
    op.create_table(
        "contract_funding",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="字典 funding_source"),
        sa.Column("budget_line", sa.Text(), nullable=False, comment="预算科目代码"),
        sa.Column("value_fen", sa.BigInteger(), nullable=False, comment="金额，分"),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False, comment="已付，分"),
        sa.CheckConstraint(
            "value_fen > 0 AND paid_fen BETWEEN 0 AND value_fen",
            name=op.f("ck_contract_funding_never_overpaid"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_contract_funding_contract_id_contract")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["budget_line.id"], name=op.f("fk_contract_funding_line_id_budget_line")
        ),
        sa.PrimaryKeyConstraint("contract_id", "line_id", name=op.f("pk_contract_funding")),
        comment="合同资金来源",
    )
    op.create_index("ix_contract_funding_line_id", "contract_funding", ["line_id"], unique=False)
    op.create_table(
        "contract_station",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False, comment="资源库载体"),
        sa.Column("name", sa.Text(), nullable=False, comment="名称"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在区划"),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_contract_station_contract_id_contract")
        ),
        sa.PrimaryKeyConstraint("contract_id", "venue_id", name=op.f("pk_contract_station")),
        comment="打包委托运营的站点",
    )
    op.create_index("ix_contract_station_venue_id", "contract_station", ["venue_id"], unique=False)
    op.create_table(
        "contract_visit",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False, comment="年度"),
        sa.Column("number", sa.SmallInteger(), nullable=False, comment="当年第几次"),
        sa.Column("most", sa.SmallInteger(), nullable=False, comment="当年上限"),
        sa.CheckConstraint(
            "number BETWEEN 1 AND most", name=op.f("ck_contract_visit_never_too_many")
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_contract_visit_contract_id_contract")
        ),
        sa.PrimaryKeyConstraint("contract_id", "id", name=op.f("pk_contract_visit")),
        sa.UniqueConstraint(
            "contract_id", "year", "number", name=op.f("uq_contract_visit_contract_id_year_number")
        ),
        comment="评估现场：每合同每年有上限",
    )
    op.create_table(
        "milestone",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="标识，证据与公告据此引用"),
        sa.Column("title", sa.Text(), nullable=False, comment="名称"),
        sa.Column("due_on", sa.Date(), nullable=False, comment="应完成日期"),
        sa.Column("service_days", sa.Integer(), nullable=False, comment="应完成净服务天数"),
        sa.Column("pay_fen", sa.BigInteger(), nullable=False, comment="约定支付，分"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column(
            "reported_at", sa.DateTime(timezone=True), nullable=True, comment="承接者报告时间"
        ),
        sa.Column("report", sa.Text(), nullable=True, comment="承接者报告"),
        sa.Column("reported_days", sa.Integer(), nullable=True, comment="报告的净服务天数"),
        sa.Column("people_served", sa.Integer(), nullable=True, comment="报告的服务人数"),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True, comment="验收时间"),
        sa.Column("accepted_by", sa.Text(), nullable=True, comment="验收人"),
        sa.Column("accepted_days", sa.Integer(), nullable=True, comment="认定的净服务天数"),
        sa.Column("depth", sa.Text(), nullable=True, comment="抽查或全查"),
        sa.Column("depth_rule", sa.Text(), nullable=True, comment="查验深度依据的规则"),
        sa.Column("users_asked", sa.Integer(), nullable=True, comment="邀请的服务对象人数"),
        sa.Column("users_answered", sa.Integer(), nullable=True, comment="提出意见的人数"),
        sa.Column("users_satisfied", sa.Integer(), nullable=True, comment="满意人数"),
        sa.Column("opinions", sa.Text(), nullable=True, comment="服务对象意见摘要，公布"),
        sa.Column("remarks", sa.Text(), nullable=True, comment="验收意见，公布"),
        sa.Column("payable_fen", sa.BigInteger(), nullable=False, comment="认定应付，分"),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False, comment="已付，分"),
        sa.CheckConstraint(
            "(status = 'scheduled') = (accepted_at IS NULL) AND (accepted_at IS NULL OR (reported_at IS NOT NULL AND users_answered >= 1 AND opinions IS NOT NULL))",
            name=op.f("ck_milestone_accepted_with_opinions"),
        ),
        sa.CheckConstraint("depth IN ('sample', 'full')", name=op.f("ck_milestone_depth")),
        sa.CheckConstraint(
            "status IN ('scheduled', 'met', 'partially_met', 'not_met')",
            name=op.f("ck_milestone_status"),
        ),
        sa.CheckConstraint(
            "paid_fen BETWEEN 0 AND payable_fen", name=op.f("ck_milestone_never_overpaid")
        ),
        sa.CheckConstraint(
            "payable_fen BETWEEN 0 AND pay_fen", name=op.f("ck_milestone_payable_fen")
        ),
        sa.CheckConstraint(
            "users_satisfied <= users_answered AND users_answered <= users_asked",
            name=op.f("ck_milestone_users"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_milestone_contract_id_contract")
        ),
        sa.PrimaryKeyConstraint("contract_id", "number", name=op.f("pk_milestone")),
        comment="里程碑与验收",
    )
    op.create_index(
        "ix_milestone_due_on",
        "milestone",
        ["due_on"],
        unique=False,
        postgresql_where="status = 'scheduled'",
    )
    op.create_table(
        "performance_failure",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False, comment="种类"),
        sa.Column("from_on", sa.Date(), nullable=False, comment="起始日"),
        sa.Column("to_on", sa.Date(), nullable=False, comment="末日，含"),
        sa.Column("events", sa.Integer(), nullable=False, comment="次数"),
        sa.Column("text", sa.Text(), nullable=False, comment="事实，公布"),
        sa.Column("document", sa.Text(), nullable=False, comment="认定文号"),
        sa.Column("penalty_fen", sa.BigInteger(), nullable=False, comment="违约金，分"),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False, comment="认定时间"),
        sa.Column("found_by", sa.Text(), nullable=False, comment="认定人"),
        sa.CheckConstraint(
            "category IN ('late', 'below_standard', 'staff_missing', 'false_record', 'transferred', 'safety', 'other')",
            name=op.f("ck_performance_failure_category"),
        ),
        sa.CheckConstraint(
            "to_on >= from_on AND events > 0 AND penalty_fen >= 0",
            name=op.f("ck_performance_failure_facts"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_performance_failure_contract_id_contract"),
        ),
        sa.PrimaryKeyConstraint("contract_id", "id", name=op.f("pk_performance_failure")),
        comment="履约失当",
    )
    op.create_table(
        "contract_evaluation",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False, comment="现场"),
        sa.Column("on", sa.Date(), nullable=False, comment="日期"),
        sa.Column("evaluator", sa.Text(), nullable=False, comment="评估方"),
        sa.Column("assessment_id", sa.Uuid(), nullable=True, comment="居民之声考核"),
        sa.ForeignKeyConstraint(
            ["contract_id", "visit_id"],
            ["contract_visit.contract_id", "contract_visit.id"],
            name=op.f("fk_contract_evaluation_contract_id_visit_id_contract_visit"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_evaluation_contract_id_contract"),
        ),
        sa.PrimaryKeyConstraint("contract_id", "id", name=op.f("pk_contract_evaluation")),
        sa.UniqueConstraint(
            "contract_id",
            "assessment_id",
            name=op.f("uq_contract_evaluation_contract_id_assessment_id"),
        ),
        comment="对合同的评估，现场可合并",
    )
    op.create_table(
        "payment",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("milestone", sa.SmallInteger(), nullable=False, comment="里程碑"),
        sa.Column("value_fen", sa.BigInteger(), nullable=False, comment="金额，分"),
        sa.Column(
            "draws",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="各预算科目金额",
        ),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False, comment="申请时间"),
        sa.Column("requested_by", sa.Text(), nullable=False, comment="申请人"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True, comment="决定时间"),
        sa.Column("decided_by", sa.Text(), nullable=True, comment="决定人"),
        sa.Column("remark", sa.Text(), nullable=True, comment="说明"),
        sa.CheckConstraint(
            "(status = 'requested') = (decided_at IS NULL)", name=op.f("ck_payment_decided")
        ),
        sa.CheckConstraint(
            "status <> 'paid' OR decided_by <> requested_by",
            name=op.f("ck_payment_decided_by_another"),
        ),
        sa.CheckConstraint(
            "status IN ('requested', 'paid', 'refused')", name=op.f("ck_payment_status")
        ),
        sa.CheckConstraint("value_fen > 0", name=op.f("ck_payment_value_fen")),
        sa.ForeignKeyConstraint(
            ["contract_id", "milestone"],
            ["milestone.contract_id", "milestone.number"],
            name=op.f("fk_payment_contract_id_milestone_milestone"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_payment_contract_id_contract")
        ),
        sa.PrimaryKeyConstraint("contract_id", "id", name=op.f("pk_payment")),
        comment="付款：申请与批准分开",
    )


def downgrade() -> None:
    op.drop_table("payment")
    op.drop_table("contract_evaluation")
    op.drop_table("performance_failure")
    op.drop_index(
        "ix_milestone_due_on", table_name="milestone", postgresql_where="status = 'scheduled'"
    )
    op.drop_table("milestone")
    op.drop_table("contract_visit")
    op.drop_index("ix_contract_station_venue_id", table_name="contract_station")
    op.drop_table("contract_station")
    op.drop_index("ix_contract_funding_line_id", table_name="contract_funding")
    op.drop_table("contract_funding")
    op.drop_table("contract_cost")
    op.drop_table("contract_change")
    op.drop_table("assistance")
    op.drop_index(
        "uq_contract_renewal_of_id", table_name="contract", postgresql_where="status <> 'cancelled'"
    )
    op.drop_index(
        "uq_contract_award_id",
        table_name="contract",
        postgresql_where="renewal_of_id IS NULL AND status <> 'cancelled'",
    )
    op.drop_index("ix_contract_tender_id", table_name="contract")
    op.drop_index(
        "ix_contract_published", table_name="contract", postgresql_where="published_at IS NOT NULL"
    )
    op.drop_index("ix_contract_provider_id", table_name="contract")
    op.drop_index("ix_contract_category", table_name="contract")
    op.drop_index("ix_contract_buyer_id", table_name="contract")
    op.drop_index("ix_contract_area_code", table_name="contract")
    op.drop_index("ix_contract_agenda_item_id", table_name="contract")
    op.drop_table("contract")
