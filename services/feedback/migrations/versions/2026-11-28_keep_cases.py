"""Keep cases.

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False, comment="文件名称"),
        sa.Column("year", sa.Integer(), nullable=True, comment="所定年份；修订为空"),
        sa.Column("document", sa.Text(), nullable=True, comment="文号"),
        sa.Column("issued_on", sa.Date(), nullable=True, comment="印发日期"),
        sa.Column("source", sa.Text(), nullable=False, comment="出处网址"),
        sa.Column(
            "arranged",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="放假与调休上班的日期",
        ),
        sa.Column("first_on", sa.Date(), nullable=False, comment="最早安排到的日期"),
        sa.Column("recounted_up_to", sa.Uuid(), nullable=True, comment="时限重算进行到的工单"),
        sa.Column(
            "recounted_at", sa.DateTime(timezone=True), nullable=True, comment="时限重算完毕的时间"
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_notice")),
        comment="载入的节假日安排：内容、来源、载入人",
    )
    op.create_index("uq_calendar_notice_source", "calendar_notice", ["source"], unique=True)
    op.create_table(
        "case_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="工单编号，可告知居民"),
        sa.Column(
            "resident", sa.Text(), nullable=True, comment="居民化名（用途 cases），无账号为空"
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="种类"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("line", sa.Text(), nullable=False, comment="条线，字典 department_line"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="事发地居村或街镇 12 位代码"),
        sa.Column("channel", sa.Text(), nullable=False, comment="来源渠道"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("words", sa.Text(), nullable=False, comment="诉求内容，密文"),
        sa.Column("public_words", sa.Text(), nullable=True, comment="经审核公开的内容"),
        sa.Column("lon", sa.Double(), nullable=True, comment="经度，WGS-84，度"),
        sa.Column("lat", sa.Double(), nullable=True, comment="纬度，WGS-84，度"),
        sa.Column("cell", sa.BigInteger(), nullable=True, comment="所在方格，查重用"),
        sa.Column("offering_id", sa.Uuid(), nullable=True, comment="所指的服务"),
        sa.Column("provider_id", sa.Uuid(), nullable=True, comment="所指服务的承接机构"),
        sa.Column("venue_id", sa.Uuid(), nullable=True, comment="所指的载体"),
        sa.Column("contract_id", sa.Uuid(), nullable=True, comment="所指服务的合同"),
        sa.Column("service_item_id", sa.Uuid(), nullable=True, comment="分派所依的事项"),
        sa.Column(
            "responsible_body_id", sa.Uuid(), nullable=True, comment="责任单位；空为待人工分派"
        ),
        sa.Column("routed_by", sa.Text(), nullable=False, comment="分派依据"),
        sa.Column("boundary", sa.Text(), nullable=True, comment="疑似不予受理的事项，由人判定"),
        sa.Column("boundary_word", sa.Text(), nullable=True, comment="识别所依的词"),
        sa.Column("boundary_rule", sa.Text(), nullable=True, comment="识别所依的规则编号"),
        sa.Column("hotline_number", sa.Text(), nullable=True, comment="12345 工单号，时限以其为准"),
        sa.Column("duplicate_of_id", sa.Uuid(), nullable=True, comment="并入的工单"),
        sa.Column("handed_over_to", sa.Text(), nullable=True, comment="移交渠道"),
        sa.Column("is_upheld", sa.Boolean(), nullable=True, comment="是否属实；未定为空"),
        sa.Column("is_send_back_asked", sa.Boolean(), nullable=False, comment="退单待批"),
        sa.Column("send_backs", sa.SmallInteger(), nullable=False, comment="退单次数"),
        sa.Column("extensions", sa.SmallInteger(), nullable=False, comment="延期次数"),
        sa.Column("escalation_level", sa.SmallInteger(), nullable=False, comment="升级层级"),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, comment="收到时间"),
        sa.Column(
            "contact_due_at", sa.DateTime(timezone=True), nullable=False, comment="先行联系期限"
        ),
        sa.Column("clock", sa.SmallInteger(), nullable=False, comment="现行时限的序号"),
        sa.Column(
            "clock_started_on", sa.Date(), nullable=False, comment="现行时限起算日，不计当日"
        ),
        sa.Column(
            "clock_days", sa.SmallInteger(), nullable=True, comment="工作日数；12345 定的为空"
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, comment="办结期限"),
        sa.Column(
            "is_due_provisional", sa.Boolean(), nullable=False, comment="期限超出已公布日历，暂计"
        ),
        sa.Column("deadline_rule", sa.Text(), nullable=False, comment="期限依据的规则编号"),
        sa.Column(
            "escalates_at", sa.DateTime(timezone=True), nullable=True, comment="下一次升级的时间"
        ),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True, comment="先行联系时间"),
        sa.Column("extended_at", sa.DateTime(timezone=True), nullable=True, comment="延期时间"),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True, comment="中止起始时间"),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True, comment="答复时间"),
        sa.Column(
            "fixed_at", sa.DateTime(timezone=True), nullable=True, comment="办理单位称已解决的时间"
        ),
        sa.Column(
            "confirmed_at", sa.DateTime(timezone=True), nullable=True, comment="居民确认时间"
        ),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True, comment="重开时间"),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True, comment="首次超期时间"),
        sa.Column(
            "escalated_at", sa.DateTime(timezone=True), nullable=True, comment="最近一次升级时间"
        ),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True, comment="移交时间"),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True, comment="撤回时间"),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True, comment="办结时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "(status = 'duplicate') = (duplicate_of_id IS NOT NULL)",
            name=op.f("ck_case_order_duplicate_of_something"),
        ),
        sa.CheckConstraint(
            "(status = 'handed_over') = (handed_over_to IS NOT NULL)",
            name=op.f("ck_case_order_handed_over_to_somebody"),
        ),
        sa.CheckConstraint(
            "boundary IN ('petition', 'discipline', 'reconsideration', 'litigation')",
            name=op.f("ck_case_order_boundary"),
        ),
        sa.CheckConstraint(
            "channel IN ('app', 'hotline', 'counter', 'open311', 'desk_day')",
            name=op.f("ck_case_order_channel"),
        ),
        sa.CheckConstraint(
            "escalates_at IS NULL OR status IN ('received', 'accepted', 'in_progress', 'reopened')",
            name=op.f("ck_case_order_only_a_running_clock_escalates"),
        ),
        sa.CheckConstraint(
            "handed_over_to IN ('petition', 'discipline', 'reconsideration', 'litigation')",
            name=op.f("ck_case_order_handed_over_to"),
        ),
        sa.CheckConstraint(
            "kind IN ('complaint', 'suggestion', 'help', 'consultation')",
            name=op.f("ck_case_order_kind"),
        ),
        sa.CheckConstraint(
            "status IN ('received', 'accepted', 'in_progress', 'paused', 'answered', 'fixed', 'confirmed', 'reopened', 'handed_over', 'duplicate', 'withdrawn')",
            name=op.f("ck_case_order_status"),
        ),
        sa.CheckConstraint(
            "(lon IS NULL) = (cell IS NULL)", name=op.f("ck_case_order_point_has_cell")
        ),
        sa.CheckConstraint(
            "(lon IS NULL) = (lat IS NULL)", name=op.f("ck_case_order_point_is_whole")
        ),
        sa.CheckConstraint(
            "duplicate_of_id <> id", name=op.f("ck_case_order_no_duplicate_of_itself")
        ),
        sa.CheckConstraint("escalation_level >= 0", name=op.f("ck_case_order_escalation_level")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_order")),
        sa.UniqueConstraint("number", name=op.f("uq_case_order_number")),
        comment="诉求工单：投诉、建议、求助、咨询",
    )
    op.create_index("ix_case_order_area", "case_order", ["area_code", "id"], unique=False)
    op.create_index(
        "ix_case_order_body",
        "case_order",
        ["responsible_body_id", "id"],
        unique=False,
        postgresql_where="responsible_body_id IS NOT NULL",
    )
    op.create_index(
        "ix_case_order_cell",
        "case_order",
        ["cell", "id"],
        unique=False,
        postgresql_where="cell IS NOT NULL",
    )
    op.create_index(
        "ix_case_order_duplicate_of",
        "case_order",
        ["duplicate_of_id"],
        unique=False,
        postgresql_where="duplicate_of_id IS NOT NULL",
    )
    op.create_index(
        "ix_case_order_escalates",
        "case_order",
        ["escalates_at"],
        unique=False,
        postgresql_where="escalates_at IS NOT NULL",
    )
    op.create_index(
        "ix_case_order_open",
        "case_order",
        ["line", "area_code", "id"],
        unique=False,
        postgresql_where="closed_at IS NULL",
    )
    op.create_index(
        "ix_case_order_overdue",
        "case_order",
        ["line", "area_code", "id"],
        unique=False,
        postgresql_where="escalation_level > 0 AND closed_at IS NULL",
    )
    op.create_index("ix_case_order_received", "case_order", ["received_at", "id"], unique=False)
    op.create_index(
        "ix_case_order_resident",
        "case_order",
        ["resident", "id"],
        unique=False,
        postgresql_where="resident IS NOT NULL",
    )
    op.create_index("uq_case_order_hotline_number", "case_order", ["hotline_number"], unique=True)
    op.create_table(
        "case_clock",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="设定时间"),
        sa.Column("reason", sa.Text(), nullable=False, comment="何以设定"),
        sa.Column("started_on", sa.Date(), nullable=False, comment="起算日，不计当日"),
        sa.Column("days", sa.SmallInteger(), nullable=True, comment="工作日数；12345 定的为空"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, comment="期限"),
        sa.Column("is_provisional", sa.Boolean(), nullable=False, comment="超出已公布日历，暂计"),
        sa.Column("rule", sa.Text(), nullable=False, comment="依据的规则编号"),
        sa.Column("by", sa.Text(), nullable=True, comment="批准人"),
        sa.Column("words", sa.Text(), nullable=True, comment="理由"),
        sa.CheckConstraint(
            "reason IN ('received', 'extended', 'resumed', 'reopened', 'hotline', 'notice')",
            name=op.f("ck_case_clock_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_order.id"],
            name=op.f("fk_case_clock_case_id_case_order"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_case_clock")),
        comment="时限的每次设定：依据、理由、批准人",
    )
    op.create_table(
        "case_contact",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True, comment="姓名，密文"),
        sa.Column("phone", sa.Text(), nullable=True, comment="电话，密文"),
        sa.Column("address", sa.Text(), nullable=True, comment="地址，密文"),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True, comment="电话盲索引"),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_order.id"],
            name=op.f("fk_case_contact_case_id_case_order"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_contact")),
        comment="诉求人联系方式：密文，办结后按期清除",
    )
    op.create_index("ix_case_contact_phone_index", "case_contact", ["phone_index"], unique=False)
    op.create_table(
        "case_escalation",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("clock", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="升级时间"),
        sa.CheckConstraint("level >= 1", name=op.f("ck_case_escalation_level")),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_order.id"],
            name=op.f("fk_case_escalation_case_id_case_order"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_id", "clock", "level", name=op.f("pk_case_escalation")),
        comment="升级：每个时限每个层级至多一次",
    )
    op.create_table(
        "case_step",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False, comment="版本号"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="时间"),
        sa.Column("action", sa.Text(), nullable=False, comment="动作"),
        sa.Column("status", sa.Text(), nullable=False, comment="此后的状态"),
        sa.Column("by", sa.Text(), nullable=True, comment="工作人员；居民为空"),
        sa.Column("words", sa.Text(), nullable=True, comment="说明或答复，密文"),
        sa.Column("is_shared", sa.Boolean(), nullable=False, comment="说明是否告知居民"),
        sa.Column(
            "facts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="此步的要点，无个人信息",
        ),
        sa.CheckConstraint(
            "status IN ('received', 'accepted', 'in_progress', 'paused', 'answered', 'fixed', 'confirmed', 'reopened', 'handed_over', 'duplicate', 'withdrawn')",
            name=op.f("ck_case_step_status"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_order.id"],
            name=op.f("fk_case_step_case_id_case_order"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_case_step")),
        comment="工单的每一步，只增不改",
    )
    op.create_index(
        "ix_mirrored_item",
        "mirrored",
        [sa.literal_column("(state ->> 'category')"), "area_code"],
        unique=False,
        postgresql_where=sa.text("kind = 'service_item'"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_mirrored_item", table_name="mirrored", postgresql_where=sa.text("kind = 'service_item'")
    )
    op.drop_table("case_step")
    op.drop_table("case_escalation")
    op.drop_index("ix_case_contact_phone_index", table_name="case_contact")
    op.drop_table("case_contact")
    op.drop_table("case_clock")
    op.drop_index("uq_case_order_hotline_number", table_name="case_order")
    op.drop_index(
        "ix_case_order_resident", table_name="case_order", postgresql_where="resident IS NOT NULL"
    )
    op.drop_index("ix_case_order_received", table_name="case_order")
    op.drop_index(
        "ix_case_order_overdue",
        table_name="case_order",
        postgresql_where="escalation_level > 0 AND closed_at IS NULL",
    )
    op.drop_index(
        "ix_case_order_open", table_name="case_order", postgresql_where="closed_at IS NULL"
    )
    op.drop_index(
        "ix_case_order_escalates",
        table_name="case_order",
        postgresql_where="escalates_at IS NOT NULL",
    )
    op.drop_index(
        "ix_case_order_duplicate_of",
        table_name="case_order",
        postgresql_where="duplicate_of_id IS NOT NULL",
    )
    op.drop_index(
        "ix_case_order_cell", table_name="case_order", postgresql_where="cell IS NOT NULL"
    )
    op.drop_index(
        "ix_case_order_body",
        table_name="case_order",
        postgresql_where="responsible_body_id IS NOT NULL",
    )
    op.drop_index("ix_case_order_area", table_name="case_order")
    op.drop_table("case_order")
    op.drop_index("uq_calendar_notice_source", table_name="calendar_notice")
    op.drop_table("calendar_notice")
