"""Keep tenders, bids, panels, awards, challenges and what became of residents' items.

Revision: 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agenda_outcome",
        sa.Column("id", sa.Uuid(), nullable=False, comment="议题在居民之声中的标识"),
        sa.Column("agenda_id", sa.Uuid(), nullable=False, comment="议题清单"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在区划"),
        sa.Column("title", sa.Text(), nullable=False, comment="居民决定的事项"),
        sa.Column("category", sa.Text(), nullable=False, comment="居民决定的服务类别"),
        sa.Column("money_fen", sa.BigInteger(), nullable=False, comment="居民决定的金额，分"),
        sa.Column("wished_method", sa.Text(), nullable=True, comment="居民希望的方式"),
        sa.Column("stage", sa.Text(), nullable=False, comment="进度"),
        sa.Column("method", sa.Text(), nullable=True, comment="实际方式"),
        sa.Column("tender_id", sa.Uuid(), nullable=True, comment="采购过程"),
        sa.Column("contract_id", sa.Uuid(), nullable=True, comment="合同"),
        sa.Column("contracted_fen", sa.BigInteger(), nullable=True, comment="合同金额，分"),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False, comment="已付，分"),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, comment="收到时间"),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True, comment="列入计划时间"),
        sa.Column(
            "tendering_at", sa.DateTime(timezone=True), nullable=True, comment="开始采购时间"
        ),
        sa.Column("contracted_at", sa.DateTime(timezone=True), nullable=True, comment="签约时间"),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True, comment="交付时间"),
        sa.Column(
            "dropped_at", sa.DateTime(timezone=True), nullable=True, comment="不再办理的时间"
        ),
        sa.CheckConstraint(
            "method IN ('open_tender', 'invited_tender', 'consultation', 'negotiation', 'inquiry', 'single_source', 'framework', 'selection', 'venture')",
            name=op.f("ck_agenda_outcome_method"),
        ),
        sa.CheckConstraint(
            "stage IN ('received', 'planned', 'tendering', 'contracted', 'delivered', 'dropped')",
            name=op.f("ck_agenda_outcome_stage"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda_outcome")),
        comment="居民议题的落实",
    )
    op.create_index("ix_agenda_outcome_agenda_id", "agenda_outcome", ["agenda_id"], unique=False)
    op.create_index(
        "ix_agenda_outcome_area_code", "agenda_outcome", ["area_code", "id"], unique=False
    )
    op.create_table(
        "expert",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="姓名，加密"),
        sa.Column("account_index", sa.LargeBinary(), nullable=False, comment="登录账号盲索引"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在区划"),
        sa.Column(
            "categories",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="专业领域，服务类别代码",
        ),
        sa.Column("is_active", sa.Boolean(), nullable=False, comment="是否在库"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert")),
        comment="评审专家库",
    )
    op.create_index("ix_expert_area_code", "expert", ["area_code", "id"], unique=False)
    op.create_index("uq_expert_account_index", "expert", ["account_index"], unique=True)
    op.create_table(
        "tender",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ocid", sa.Text(), nullable=False, comment="OCDS 采购过程编号"),
        sa.Column("title", sa.Text(), nullable=False, comment="名称"),
        sa.Column("description", sa.Text(), nullable=False, comment="采购需求概要"),
        sa.Column("method", sa.Text(), nullable=False, comment="采购方式"),
        sa.Column("object", sa.Text(), nullable=False, comment="服务或货物"),
        sa.Column(
            "contents",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="所含内容，对照负面清单",
        ),
        sa.Column(
            "category", sa.Text(), nullable=False, comment="字典 service_category，对照指导性目录"
        ),
        sa.Column("buyer_id", sa.Uuid(), nullable=False, comment="购买主体"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在区划"),
        sa.Column("value_fen", sa.BigInteger(), nullable=False, comment="预算，分"),
        sa.Column("ceiling_fen", sa.BigInteger(), nullable=True, comment="最高限价，分"),
        sa.Column("agenda_item_id", sa.Uuid(), nullable=True, comment="居民议题；空为部门提出"),
        sa.Column("framework_id", sa.Uuid(), nullable=True, comment="所属框架协议第一阶段"),
        sa.Column("framework_ocid", sa.Text(), nullable=True, comment="所属框架协议的 OCDS 编号"),
        sa.Column("framework_form", sa.Text(), nullable=True, comment="框架协议形式"),
        sa.Column("second_stage", sa.Text(), nullable=True, comment="第二阶段方式"),
        sa.Column("framework_ends_on", sa.Date(), nullable=True, comment="框架协议末日，含"),
        sa.Column("single_source_ground", sa.Text(), nullable=True, comment="单一来源理由"),
        sa.Column("original_contract_fen", sa.BigInteger(), nullable=True, comment="原合同，分"),
        sa.Column(
            "approval_number", sa.Text(), nullable=True, comment="采用非公开招标方式的批准文号"
        ),
        sa.Column("is_conducted_elsewhere", sa.Boolean(), nullable=False, comment="在法定平台进行"),
        sa.Column("is_price_fixed", sa.Boolean(), nullable=False, comment="固定价格，价格不评分"),
        sa.Column(
            "price_weight",
            sa.Numeric(precision=5, scale=4),
            nullable=False,
            comment="价格分权重 0–1",
        ),
        sa.Column(
            "small_firm_deduction",
            sa.Numeric(precision=5, scale=4),
            nullable=True,
            comment="小微企业价格扣除比例",
        ),
        sa.Column(
            "consortium_deduction",
            sa.Numeric(precision=5, scale=4),
            nullable=True,
            comment="联合体或分包价格扣除比例",
        ),
        sa.Column(
            "survey", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="需求调查"
        ),
        sa.Column("step", sa.Text(), nullable=False, comment="所处步骤"),
        sa.Column("stage", sa.SmallInteger(), nullable=False, comment="1 首次响应，2 最后报价"),
        sa.Column("round", sa.SmallInteger(), nullable=False, comment="第几次评审"),
        sa.Column(
            "rules",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="公告时冻结的规则，此后规则变更不影响本过程",
        ),
        sa.Column("suppliers_least", sa.SmallInteger(), nullable=True, comment="法定最少供应商数"),
        sa.Column(
            "intention_at", sa.DateTime(timezone=True), nullable=True, comment="采购意向公开时间"
        ),
        sa.Column("notice_at", sa.DateTime(timezone=True), nullable=True, comment="公告时间"),
        sa.Column(
            "tender_period_start_at", sa.DateTime(timezone=True), nullable=True, comment="响应起始"
        ),
        sa.Column(
            "tender_period_end_at", sa.DateTime(timezone=True), nullable=True, comment="响应截止"
        ),
        sa.Column(
            "enquiry_period_end_at", sa.DateTime(timezone=True), nullable=True, comment="提问截止"
        ),
        sa.Column(
            "reveal_period_end_at", sa.DateTime(timezone=True), nullable=True, comment="解密窗口末"
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True, comment="开标时间"),
        sa.Column("report_at", sa.DateTime(timezone=True), nullable=True, comment="评审报告时间"),
        sa.Column("awarded_at", sa.DateTime(timezone=True), nullable=True, comment="确定成交时间"),
        sa.Column(
            "announced_at", sa.DateTime(timezone=True), nullable=True, comment="结果公告时间"
        ),
        sa.Column(
            "challenged_at", sa.DateTime(timezone=True), nullable=True, comment="最近质疑时间"
        ),
        sa.Column(
            "suspended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="暂停起始；未暂停为空",
        ),
        sa.Column("suspended_until_on", sa.Date(), nullable=True, comment="暂停最晚日期"),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True, comment="取消时间"),
        sa.Column("cancel_reason", sa.Text(), nullable=True, comment="取消或废标原因代码"),
        sa.Column("tenderers", sa.Integer(), nullable=True, comment="响应供应商数，开标后才有"),
        sa.Column("conforming", sa.Integer(), nullable=True, comment="符合要求的供应商数"),
        sa.Column(
            "panel_commitment", sa.Text(), nullable=True, comment="抽取种子的承诺，公告时公开"
        ),
        sa.Column(
            "panel_seed", sa.Text(), nullable=True, comment="抽取种子，加密；抽取后公开于记录"
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "(step = 'cancelled') = (cancelled_at IS NOT NULL)",
            name=op.f("ck_tender_cancelled_has_time"),
        ),
        sa.CheckConstraint(
            "NOT (step IN ('awarded', 'announced')) OR (conforming >= suppliers_least AND suppliers_least >= 1)",
            name=op.f("ck_tender_enough_bids"),
        ),
        sa.CheckConstraint(
            "framework_form IN ('closed', 'open')", name=op.f("ck_tender_framework_form")
        ),
        sa.CheckConstraint(
            "method IN ('open_tender', 'invited_tender', 'consultation', 'negotiation', 'inquiry', 'single_source', 'framework', 'selection', 'venture')",
            name=op.f("ck_tender_method"),
        ),
        sa.CheckConstraint("object IN ('service', 'goods')", name=op.f("ck_tender_object")),
        sa.CheckConstraint(
            "second_stage IN ('direct', 'mini_competition', 'rotation', 'recipient')",
            name=op.f("ck_tender_second_stage"),
        ),
        sa.CheckConstraint(
            "single_source_ground IN ('only_supplier', 'emergency', 'addition')",
            name=op.f("ck_tender_single_source_ground"),
        ),
        sa.CheckConstraint(
            "step IN ('planning', 'intended', 'cancelled') OR notice_at IS NOT NULL",
            name=op.f("ck_tender_noticed"),
        ),
        sa.CheckConstraint(
            "step IN ('planning', 'intended', 'tendering', 'opened', 'final_offers', 'evaluated', 'awarded', 'announced', 'unsuccessful', 'cancelled')",
            name=op.f("ck_tender_step"),
        ),
        sa.CheckConstraint(
            "opened_at IS NOT NULL OR (tenderers IS NULL AND conforming IS NULL)",
            name=op.f("ck_tender_sealed_until_opened"),
        ),
        sa.CheckConstraint(
            "tender_period_start_at < tender_period_end_at AND enquiry_period_end_at <= tender_period_end_at AND tender_period_end_at < reveal_period_end_at",
            name=op.f("ck_tender_periods"),
        ),
        sa.CheckConstraint(
            "value_fen > 0 AND ceiling_fen <= value_fen", name=op.f("ck_tender_money")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tender")),
        sa.UniqueConstraint("ocid", name=op.f("uq_tender_ocid")),
        comment="采购过程：自采购意向至结果公告",
    )
    op.create_index("ix_tender_agenda_item_id", "tender", ["agenda_item_id"], unique=False)
    op.create_index("ix_tender_area_code", "tender", ["area_code", "id"], unique=False)
    op.create_index("ix_tender_buyer_id", "tender", ["buyer_id", "id"], unique=False)
    op.create_index("ix_tender_category", "tender", ["category", "id"], unique=False)
    op.create_index("ix_tender_framework_id", "tender", ["framework_id", "id"], unique=False)
    op.create_index("ix_tender_step", "tender", ["step", "id"], unique=False)
    op.create_table(
        "agenda_deviation",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False, comment="偏离何项"),
        sa.Column("decided", sa.Text(), nullable=False, comment="居民决定"),
        sa.Column("actual", sa.Text(), nullable=False, comment="实际"),
        sa.Column("reason", sa.Text(), nullable=False, comment="公开理由"),
        sa.Column("rule", sa.Text(), nullable=True, comment="依据的规则编号"),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False, comment="公开时间"),
        sa.CheckConstraint(
            "field IN ('item', 'money', 'method')", name=op.f("ck_agenda_deviation_field")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["agenda_outcome.id"],
            name=op.f("fk_agenda_deviation_item_id_agenda_outcome"),
        ),
        sa.PrimaryKeyConstraint("item_id", "tender_id", "field", name=op.f("pk_agenda_deviation")),
        comment="偏离居民决定及公开理由",
    )
    op.create_table(
        "award",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tender_id", sa.Uuid(), nullable=False, comment="采购过程"),
        sa.Column(
            "framework_id", sa.Uuid(), nullable=True, comment="所属框架第一阶段，轮候据此计数"
        ),
        sa.Column("round", sa.SmallInteger(), nullable=False, comment="第几次评审"),
        sa.Column("supplier_id", sa.Uuid(), nullable=False, comment="供应商"),
        sa.Column("bid_id", sa.Uuid(), nullable=True, comment="响应；直接选定、平台导入时为空"),
        sa.Column("rank", sa.SmallInteger(), nullable=False, comment="名次"),
        sa.Column("value_fen", sa.BigInteger(), nullable=False, comment="金额，分；框架入围为报价"),
        sa.Column("status", sa.Text(), nullable=False, comment="OCDS 成交状态"),
        sa.Column("is_shared", sa.Boolean(), nullable=False, comment="框架入围，同一过程可有多家"),
        sa.Column("reason", sa.Text(), nullable=True, comment="理由，公开"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False, comment="确定时间"),
        sa.Column("announce_due_on", sa.Date(), nullable=False, comment="公告期限，含当日"),
        sa.Column(
            "announced_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="公告、发出通知书的时间",
        ),
        sa.Column("sign_due_on", sa.Date(), nullable=True, comment="签约期限，含当日"),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True, comment="撤销时间"),
        sa.Column("cancel_reason", sa.Text(), nullable=True, comment="撤销理由，公开"),
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
            "(status = 'cancelled') = (cancelled_at IS NOT NULL)", name=op.f("ck_award_cancelled")
        ),
        sa.CheckConstraint(
            "status <> 'active' OR announced_at IS NOT NULL", name=op.f("ck_award_announced")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'active', 'cancelled', 'unsuccessful')",
            name=op.f("ck_award_status"),
        ),
        sa.CheckConstraint("value_fen > 0", name=op.f("ck_award_value_fen")),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tender.id"], name=op.f("fk_award_tender_id_tender")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award")),
        comment="成交（中标、入围）结果",
    )
    op.create_index("ix_award_framework_id", "award", ["framework_id", "supplier_id"], unique=False)
    op.create_index("ix_award_supplier_id", "award", ["supplier_id", "id"], unique=False)
    op.create_index("ix_award_tender_id", "award", ["tender_id", "id"], unique=False)
    op.create_index(
        "uq_award_supplier_live",
        "award",
        ["tender_id", "supplier_id"],
        unique=True,
        postgresql_where="status IN ('pending', 'active')",
    )
    op.create_index(
        "uq_award_tender_live",
        "award",
        ["tender_id"],
        unique=True,
        postgresql_where="NOT is_shared AND status IN ('pending', 'active')",
    )
    op.create_table(
        "bid",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False, comment="1 首次响应，2 最后报价"),
        sa.Column("bidder_index", sa.LargeBinary(), nullable=False, comment="投标人盲索引"),
        sa.Column("bidder_sealed", sa.Text(), nullable=False, comment="投标人与提交人，加密"),
        sa.Column("ciphertext_digest", sa.LargeBinary(), nullable=False, comment="密文 SM3 摘要"),
        sa.Column(
            "key_commitment",
            sa.LargeBinary(),
            nullable=False,
            comment="对密钥与密文的承诺 HMAC-SM3",
        ),
        sa.Column("algorithm", sa.Text(), nullable=False, comment="sm4-gcm 或 aes-256-gcm"),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False, comment="提交时间"),
        sa.Column(
            "superseded_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="被同一投标人替换的时间",
        ),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True, comment="撤回时间"),
        sa.Column("revealed_at", sa.DateTime(timezone=True), nullable=True, comment="解密时间"),
        sa.Column(
            "revealed", sa.Text(), nullable=True, comment="已解密内容与密钥，加密，开标时清空"
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True, comment="开标时间"),
        sa.Column("outcome", sa.Text(), nullable=True, comment="开标时的结论"),
        sa.Column("status", sa.Text(), nullable=False, comment="OCDS 响应状态"),
        sa.Column("bidder_id", sa.Uuid(), nullable=True, comment="投标人，开标后"),
        sa.Column(
            "key", sa.LargeBinary(), nullable=True, comment="投标人公开的密钥，开标后，供任何人验证"
        ),
        sa.Column(
            "content",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="内容，开标后",
        ),
        sa.Column("price_fen", sa.BigInteger(), nullable=True, comment="报价，分，开标后"),
        sa.Column("disqualified_reason", sa.Text(), nullable=True, comment="否决理由"),
        sa.Column("disqualified_rule", sa.Text(), nullable=True, comment="否决依据的规则"),
        sa.Column(
            "checked_at", sa.DateTime(timezone=True), nullable=True, comment="资格与符合性审查时间"
        ),
        sa.Column(
            "low_rules",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="触发的异常低价规则",
        ),
        sa.Column(
            "low_asked_at", sa.DateTime(timezone=True), nullable=True, comment="要求说明的时间"
        ),
        sa.Column("low_due_at", sa.DateTime(timezone=True), nullable=True, comment="说明期限"),
        sa.Column(
            "low_explained_at", sa.DateTime(timezone=True), nullable=True, comment="说明时间"
        ),
        sa.Column("low_explanation", sa.Text(), nullable=True, comment="说明内容"),
        sa.Column("low_is_accepted", sa.Boolean(), nullable=True, comment="评审小组是否采信"),
        sa.CheckConstraint(
            "outcome IN ('opened', 'not_revealed', 'withdrawn', 'replaced')",
            name=op.f("ck_bid_outcome"),
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'valid', 'disqualified', 'withdrawn')",
            name=op.f("ck_bid_status"),
        ),
        sa.CheckConstraint("(price_fen > 0) OR price_fen IS NULL", name=op.f("ck_bid_price")),
        sa.CheckConstraint(
            "octet_length(ciphertext_digest) = 32 AND octet_length(key_commitment) = 32",
            name=op.f("ck_bid_commitments"),
        ),
        sa.CheckConstraint(
            "opened_at IS NOT NULL OR (bidder_id IS NULL AND price_fen IS NULL AND content IS NULL AND key IS NULL)",
            name=op.f("ck_bid_sealed_tells_nothing"),
        ),
        sa.ForeignKeyConstraint(["tender_id"], ["tender.id"], name=op.f("fk_bid_tender_id_tender")),
        sa.PrimaryKeyConstraint("tender_id", "id", name=op.f("pk_bid")),
        comment="响应文件：开标前仅存承诺，开标后存内容",
    )
    op.create_index("ix_bid_bidder_id", "bid", ["bidder_id", "tender_id"], unique=False)
    op.create_index(
        "uq_bid_live",
        "bid",
        ["tender_id", "stage", "bidder_index"],
        unique=True,
        postgresql_where="superseded_at IS NULL AND withdrawn_at IS NULL",
    )
    op.create_table(
        "challenge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tender_id", sa.Uuid(), nullable=False, comment="采购过程"),
        sa.Column("round", sa.SmallInteger(), nullable=False, comment="针对第几次评审"),
        sa.Column("by_id", sa.Uuid(), nullable=False, comment="质疑供应商"),
        sa.Column("about", sa.Text(), nullable=False, comment="质疑对象"),
        sa.Column("ground", sa.Text(), nullable=False, comment="事实与理由"),
        sa.Column("known_on", sa.Date(), nullable=False, comment="知道或应知之日"),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False, comment="提出时间"),
        sa.Column("answer_due_on", sa.Date(), nullable=False, comment="答复期限，含当日"),
        sa.Column("is_due_provisional", sa.Boolean(), nullable=False, comment="期限超出已公布日历"),
        sa.Column("step", sa.Text(), nullable=False, comment="状态"),
        sa.Column("remedy", sa.Text(), nullable=True, comment="处理方式"),
        sa.Column("answer", sa.Text(), nullable=True, comment="答复"),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True, comment="答复时间"),
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
            "(step IN ('upheld', 'rejected')) = (answered_at IS NOT NULL)",
            name=op.f("ck_challenge_answered"),
        ),
        sa.CheckConstraint(
            "about IN ('document', 'procedure', 'result')", name=op.f("ck_challenge_about")
        ),
        sa.CheckConstraint(
            "remedy IN ('none', 'amend', 're_evaluate', 'void')", name=op.f("ck_challenge_remedy")
        ),
        sa.CheckConstraint(
            "step IN ('open', 'upheld', 'rejected', 'withdrawn')", name=op.f("ck_challenge_step")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tender.id"], name=op.f("fk_challenge_tender_id_tender")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge")),
        comment="供应商质疑",
    )
    op.create_index("ix_challenge_tender_id", "challenge", ["tender_id", "id"], unique=False)
    op.create_index(
        "uq_challenge_open",
        "challenge",
        ["tender_id", "by_id", "about"],
        unique=True,
        postgresql_where="step = 'open'",
    )
    op.create_table(
        "expert_relation",
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False, comment="机构"),
        sa.Column("kind", sa.Text(), nullable=False, comment="关系种类"),
        sa.Column("from_on", sa.Date(), nullable=False, comment="自"),
        sa.Column("to_on", sa.Date(), nullable=True, comment="至，含；空为仍存续"),
        sa.CheckConstraint(
            "kind IN ('labour', 'board', 'shareholder', 'kinship', 'incubator', 'management', 'other')",
            name=op.f("ck_expert_relation_kind"),
        ),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_expert_relation_to_on")),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_expert_relation_expert_id_expert")
        ),
        sa.PrimaryKeyConstraint("expert_id", "id", name=op.f("pk_expert_relation")),
        comment="专家与机构的利害关系",
    )
    op.create_table(
        "panel_draw",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("service_seed", sa.Text(), nullable=False, comment="公告时承诺的种子"),
        sa.Column("seed", sa.Text(), nullable=False, comment="合成种子"),
        sa.Column(
            "pool",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="参与抽取的专家",
        ),
        sa.Column(
            "left_out",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="回避者及理由",
        ),
        sa.Column(
            "ordered", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="抽取次序"
        ),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False, comment="抽取时间"),
        sa.Column("drawn_by", sa.Text(), nullable=False, comment="抽取人"),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tender.id"], name=op.f("fk_panel_draw_tender_id_tender")
        ),
        sa.PrimaryKeyConstraint("tender_id", "round", name=op.f("pk_panel_draw")),
        comment="评审小组抽取记录",
    )
    op.create_table(
        "panel_seat",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=True, comment="专家；采购人代表为空"),
        sa.Column("is_expert", sa.Boolean(), nullable=False, comment="是否专家"),
        sa.Column("status", sa.Text(), nullable=False, comment="席位状态"),
        sa.Column("reason", sa.Text(), nullable=True, comment="回避理由"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, comment="最近变动时间"),
        sa.CheckConstraint(
            "status IN ('drawn', 'recused', 'submitted')", name=op.f("ck_panel_seat_status")
        ),
        sa.CheckConstraint(
            "is_expert = (expert_id IS NOT NULL)", name=op.f("ck_panel_seat_is_expert")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tender.id"], name=op.f("fk_panel_seat_tender_id_tender")
        ),
        sa.PrimaryKeyConstraint("tender_id", "round", "place", name=op.f("pk_panel_seat")),
        comment="评审小组席位",
    )
    op.create_index("ix_panel_seat_expert_id", "panel_seat", ["expert_id"], unique=False)
    op.create_index(
        "uq_panel_seat_expert",
        "panel_seat",
        ["tender_id", "round", "expert_id"],
        unique=True,
        postgresql_where="expert_id IS NOT NULL",
    )
    op.create_table(
        "platform_record",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False, comment="平台名称"),
        sa.Column("number", sa.Text(), nullable=False, comment="平台项目编号"),
        sa.Column(
            "findings",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="逐项时限核对结果",
        ),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False, comment="导入时间"),
        sa.Column("imported_by", sa.Text(), nullable=False, comment="导入人"),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tender.id"], name=op.f("fk_platform_record_tender_id_tender")
        ),
        sa.PrimaryKeyConstraint("tender_id", name=op.f("pk_platform_record")),
        comment="法定平台导入记录",
    )
    op.create_table(
        "tender_amendment",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False, comment="内容"),
        sa.Column("affects_bids", sa.Boolean(), nullable=False, comment="是否影响响应文件编制"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="发布时间"),
        sa.Column(
            "period_end_before_at", sa.DateTime(timezone=True), nullable=False, comment="原截止时间"
        ),
        sa.Column(
            "period_end_after_at", sa.DateTime(timezone=True), nullable=False, comment="现截止时间"
        ),
        sa.CheckConstraint(
            "period_end_after_at >= period_end_before_at",
            name=op.f("ck_tender_amendment_never_earlier"),
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tender.id"], name=op.f("fk_tender_amendment_tender_id_tender")
        ),
        sa.PrimaryKeyConstraint("tender_id", "number", name=op.f("pk_tender_amendment")),
        comment="澄清与修改",
    )
    op.create_table(
        "tender_criterion",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="资格条件或评审因素"),
        sa.Column("name", sa.Text(), nullable=False, comment="名称"),
        sa.Column("looks_at", sa.Text(), nullable=False, comment="评审内容"),
        sa.Column("indicator", sa.Text(), nullable=False, comment="量化指标"),
        sa.Column("unit", sa.Text(), nullable=False, comment="单位"),
        sa.Column("points", sa.Numeric(precision=5, scale=2), nullable=False, comment="满分"),
        sa.Column(
            "bands",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="分档：达到多少得多少分",
        ),
        sa.CheckConstraint(
            "kind IN ('qualification', 'quality')", name=op.f("ck_tender_criterion_kind")
        ),
        sa.CheckConstraint(
            "looks_at IN ('service_plan', 'staff', 'performance', 'response_time', 'quality_system', 'licence', 'legal_condition', 'local_performance', 'organisational_form', 'supplier_size')",
            name=op.f("ck_tender_criterion_looks_at"),
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tender.id"], name=op.f("fk_tender_criterion_tender_id_tender")
        ),
        sa.PrimaryKeyConstraint("tender_id", "position", name=op.f("pk_tender_criterion")),
        comment="资格条件与评审因素",
    )
    op.create_table(
        "tender_document",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="文件种类"),
        sa.Column("title", sa.Text(), nullable=False, comment="名称"),
        sa.Column("address", sa.Text(), nullable=True, comment="存放地址"),
        sa.Column("digest", sa.Text(), nullable=False, comment="SM3 摘要，十六进制"),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False, comment="入档时间"),
        sa.Column("added_by", sa.Text(), nullable=False, comment="入档人"),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tender.id"], name=op.f("fk_tender_document_tender_id_tender")
        ),
        sa.PrimaryKeyConstraint("tender_id", "id", name=op.f("pk_tender_document")),
        comment="采购文件与档案目录",
    )
    op.create_table(
        "tender_invitation",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False, comment="邀请时间"),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tender.id"], name=op.f("fk_tender_invitation_tender_id_tender")
        ),
        sa.PrimaryKeyConstraint("tender_id", "organisation_id", name=op.f("pk_tender_invitation")),
        comment="受邀供应商",
    )
    op.create_table(
        "tender_question",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, comment="问题"),
        sa.Column("asker", sa.Text(), nullable=False, comment="提问供应商，加密"),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, comment="提问时间"),
        sa.Column("answer", sa.Text(), nullable=True, comment="答复，公开"),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True, comment="答复时间"),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tender.id"], name=op.f("fk_tender_question_tender_id_tender")
        ),
        sa.PrimaryKeyConstraint("tender_id", "id", name=op.f("pk_tender_question")),
        comment="提问与答复",
    )
    op.create_table(
        "ranking",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("bid_id", sa.Uuid(), nullable=False),
        sa.Column("bidder_id", sa.Uuid(), nullable=False, comment="供应商"),
        sa.Column("price_fen", sa.BigInteger(), nullable=False, comment="报价，分"),
        sa.Column("evaluated_price_fen", sa.BigInteger(), nullable=False, comment="评审价，分"),
        sa.Column(
            "quality_points", sa.Numeric(precision=5, scale=2), nullable=False, comment="质量分"
        ),
        sa.Column(
            "price_points", sa.Numeric(precision=5, scale=2), nullable=False, comment="价格分"
        ),
        sa.Column("total_points", sa.Numeric(precision=5, scale=2), nullable=False, comment="总分"),
        sa.Column("rank", sa.SmallInteger(), nullable=False, comment="名次"),
        sa.Column("is_shortlisted", sa.Boolean(), nullable=False, comment="入围或推荐"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="报告时间"),
        sa.Column("tie_rule", sa.Text(), nullable=True, comment="分出并列的规则"),
        sa.ForeignKeyConstraint(
            ["tender_id", "bid_id"],
            ["bid.tender_id", "bid.id"],
            name=op.f("fk_ranking_tender_id_bid_id_bid"),
        ),
        sa.PrimaryKeyConstraint("tender_id", "round", "bid_id", name=op.f("pk_ranking")),
        comment="评审排序",
    )
    op.create_index("uq_ranking_rank", "ranking", ["tender_id", "round", "rank"], unique=True)
    op.create_table(
        "score",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("bid_id", sa.Uuid(), nullable=False),
        sa.Column("criterion", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "measured", sa.Numeric(precision=12, scale=2), nullable=False, comment="量化指标值"
        ),
        sa.Column("points", sa.Numeric(precision=5, scale=2), nullable=False, comment="得分"),
        sa.CheckConstraint("points >= 0", name=op.f("ck_score_points")),
        sa.ForeignKeyConstraint(
            ["tender_id", "bid_id"],
            ["bid.tender_id", "bid.id"],
            name=op.f("fk_score_tender_id_bid_id_bid"),
        ),
        sa.ForeignKeyConstraint(
            ["tender_id", "round", "place"],
            ["panel_seat.tender_id", "panel_seat.round", "panel_seat.place"],
            name=op.f("fk_score_tender_id_round_place_panel_seat"),
        ),
        sa.PrimaryKeyConstraint(
            "tender_id", "round", "place", "bid_id", "criterion", name=op.f("pk_score")
        ),
        comment="评分表明细",
    )
    op.create_table(
        "supplier_complaint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tender_id", sa.Uuid(), nullable=False, comment="采购过程"),
        sa.Column("challenge_id", sa.Uuid(), nullable=False, comment="所涉质疑"),
        sa.Column("by_id", sa.Uuid(), nullable=False, comment="投诉供应商"),
        sa.Column("ground", sa.Text(), nullable=False, comment="事实与理由"),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False, comment="提出时间"),
        sa.Column("review_due_on", sa.Date(), nullable=False, comment="审查期限，含当日"),
        sa.Column("notice_due_on", sa.Date(), nullable=False, comment="答复通知书期限，含当日"),
        sa.Column("decision_due_on", sa.Date(), nullable=False, comment="处理决定期限，含当日"),
        sa.Column("excluded_days", sa.SmallInteger(), nullable=False, comment="不计入的工作日"),
        sa.Column("suspended_until_on", sa.Date(), nullable=True, comment="暂停至，含当日"),
        sa.Column("step", sa.Text(), nullable=False, comment="状态"),
        sa.Column("remedy", sa.Text(), nullable=True, comment="处理方式"),
        sa.Column("decision", sa.Text(), nullable=True, comment="处理决定"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True, comment="决定时间"),
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
            "(step IN ('upheld', 'rejected')) = (decided_at IS NOT NULL)",
            name=op.f("ck_supplier_complaint_decided"),
        ),
        sa.CheckConstraint(
            "remedy IN ('none', 'amend', 're_evaluate', 'void')",
            name=op.f("ck_supplier_complaint_remedy"),
        ),
        sa.CheckConstraint(
            "step IN ('open', 'upheld', 'rejected', 'withdrawn')",
            name=op.f("ck_supplier_complaint_step"),
        ),
        sa.ForeignKeyConstraint(
            ["challenge_id"],
            ["challenge.id"],
            name=op.f("fk_supplier_complaint_challenge_id_challenge"),
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tender.id"], name=op.f("fk_supplier_complaint_tender_id_tender")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_complaint")),
        comment="供应商投诉",
    )
    op.create_index(
        "ix_supplier_complaint_tender_id", "supplier_complaint", ["tender_id", "id"], unique=False
    )
    op.create_index(
        "uq_supplier_complaint_challenge_id", "supplier_complaint", ["challenge_id"], unique=True
    )


def downgrade() -> None:
    op.drop_index("uq_supplier_complaint_challenge_id", table_name="supplier_complaint")
    op.drop_index("ix_supplier_complaint_tender_id", table_name="supplier_complaint")
    op.drop_table("supplier_complaint")
    op.drop_table("score")
    op.drop_index("uq_ranking_rank", table_name="ranking")
    op.drop_table("ranking")
    op.drop_table("tender_question")
    op.drop_table("tender_invitation")
    op.drop_table("tender_document")
    op.drop_table("tender_criterion")
    op.drop_table("tender_amendment")
    op.drop_table("platform_record")
    op.drop_index(
        "uq_panel_seat_expert", table_name="panel_seat", postgresql_where="expert_id IS NOT NULL"
    )
    op.drop_index("ix_panel_seat_expert_id", table_name="panel_seat")
    op.drop_table("panel_seat")
    op.drop_table("panel_draw")
    op.drop_table("expert_relation")
    op.drop_index("uq_challenge_open", table_name="challenge", postgresql_where="step = 'open'")
    op.drop_index("ix_challenge_tender_id", table_name="challenge")
    op.drop_table("challenge")
    op.drop_index(
        "uq_bid_live",
        table_name="bid",
        postgresql_where="superseded_at IS NULL AND withdrawn_at IS NULL",
    )
    op.drop_index("ix_bid_bidder_id", table_name="bid")
    op.drop_table("bid")
    op.drop_index(
        "uq_award_tender_live",
        table_name="award",
        postgresql_where="NOT is_shared AND status IN ('pending', 'active')",
    )
    op.drop_index(
        "uq_award_supplier_live",
        table_name="award",
        postgresql_where="status IN ('pending', 'active')",
    )
    op.drop_index("ix_award_tender_id", table_name="award")
    op.drop_index("ix_award_supplier_id", table_name="award")
    op.drop_index("ix_award_framework_id", table_name="award")
    op.drop_table("award")
    op.drop_table("agenda_deviation")
    op.drop_index("ix_tender_step", table_name="tender")
    op.drop_index("ix_tender_framework_id", table_name="tender")
    op.drop_index("ix_tender_category", table_name="tender")
    op.drop_index("ix_tender_buyer_id", table_name="tender")
    op.drop_index("ix_tender_area_code", table_name="tender")
    op.drop_index("ix_tender_agenda_item_id", table_name="tender")
    op.drop_table("tender")
    op.drop_index("uq_expert_account_index", table_name="expert")
    op.drop_index("ix_expert_area_code", table_name="expert")
    op.drop_table("expert")
    op.drop_index("ix_agenda_outcome_area_code", table_name="agenda_outcome")
    op.drop_index("ix_agenda_outcome_agenda_id", table_name="agenda_outcome")
    op.drop_table("agenda_outcome")
