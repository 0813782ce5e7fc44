"""Keep delivered services, their ratings and the counts of them.

Revision: 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False, comment="转介标识"),
        sa.Column("number", sa.Text(), nullable=False, comment="转介编号"),
        sa.Column(
            "rater", sa.Text(), nullable=True, comment="居民化名（用途 ratings）；无账号为空"
        ),
        sa.Column("offering_id", sa.Uuid(), nullable=False, comment="服务"),
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接机构"),
        sa.Column("venue_id", sa.Uuid(), nullable=True, comment="载体"),
        sa.Column("service_item_id", sa.Uuid(), nullable=True, comment="事项"),
        sa.Column("contract_id", sa.Uuid(), nullable=True, comment="支付的合同"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="需求所在居村"),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=False, comment="服务时间"),
        sa.Column("rate_until_on", sa.Date(), nullable=False, comment="可评价至，含当日"),
        sa.Column(
            "invited_at", sa.DateTime(timezone=True), nullable=True, comment="邀请时间；未邀请为空"
        ),
        sa.Column("rating_id", sa.Uuid(), nullable=True, comment="评价；未评价为空"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("rating_id", name=op.f("uq_delivery_rating_id")),
        comment="已交付的服务：一次服务一条，可评价一次",
    )
    op.create_index("ix_delivery_rater", "delivery", ["rater", "rate_until_on", "id"], unique=False)
    op.create_index(
        "ix_delivery_unrated",
        "delivery",
        ["rate_until_on", "id"],
        unique=False,
        postgresql_where="rating_id IS NULL",
    )
    op.create_table(
        "rating",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False, comment="转介；不出本服务"),
        sa.Column("offering_id", sa.Uuid(), nullable=False, comment="服务"),
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接机构"),
        sa.Column("venue_id", sa.Uuid(), nullable=True, comment="载体"),
        sa.Column("service_item_id", sa.Uuid(), nullable=True, comment="事项"),
        sa.Column("contract_id", sa.Uuid(), nullable=True, comment="支付的合同"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="街镇，已粗化"),
        sa.Column("served_on", sa.Date(), nullable=False, comment="服务日期，决定统计所属期"),
        sa.Column("channel", sa.Text(), nullable=False, comment="评价渠道"),
        sa.Column("level", sa.SmallInteger(), nullable=False, comment="5 非常满意 … 1 非常不满意"),
        sa.Column(
            "dimensions",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="分项及其等级",
        ),
        sa.Column("options", sa.ARRAY(sa.Text()), nullable=False, comment="指标选项代码"),
        sa.Column("words", sa.Text(), nullable=True, comment="文字评价，加密"),
        sa.Column(
            "likeness", sa.BigInteger(), nullable=True, comment="文字的带密钥指纹，供发现近似"
        ),
        sa.Column("device_id", sa.Uuid(), nullable=True, comment="窗口设备"),
        sa.Column(
            "is_counted", sa.Boolean(), nullable=False, comment="是否计入：默认好评、申诉成立的不计"
        ),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=False, comment="评价时间"),
        sa.Column("amended_at", sa.DateTime(timezone=True), nullable=True, comment="最近修改时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.CheckConstraint(
            "(channel = 'staff_device') = (device_id IS NOT NULL)",
            name=op.f("ck_rating_device_is_named"),
        ),
        sa.CheckConstraint(
            "channel <> 'default' OR (level = 5 AND NOT is_counted)",
            name=op.f("ck_rating_default_weighs_nothing"),
        ),
        sa.CheckConstraint(
            "channel IN ('self', 'qr_code', 'staff_device', 'call_back', 'default')",
            name=op.f("ck_rating_channel"),
        ),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_rating_level")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        sa.UniqueConstraint("referral_id", name=op.f("uq_rating_referral_id")),
        comment="评价：一次一评",
    )
    op.create_index("ix_rating_area_code", "rating", ["area_code", "id"], unique=False)
    op.create_index(
        "ix_rating_device_id",
        "rating",
        ["device_id", "rated_at"],
        unique=False,
        postgresql_where="device_id IS NOT NULL",
    )
    op.create_index("ix_rating_offering_id", "rating", ["offering_id", "id"], unique=False)
    op.create_index("ix_rating_provider_id", "rating", ["provider_id", "id"], unique=False)
    op.create_table(
        "rating_appeal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接机构"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="街镇"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("level", sa.SmallInteger(), nullable=False, comment="申诉时的等级"),
        sa.Column("ground", sa.Text(), nullable=False, comment="申诉理由"),
        sa.Column("words", sa.Text(), nullable=False, comment="申诉说明"),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=False, comment="申诉时间"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True, comment="裁定时间"),
        sa.Column("decided_by", sa.Text(), nullable=True, comment="裁定人"),
        sa.Column("is_upheld", sa.Boolean(), nullable=True, comment="是否成立"),
        sa.Column("reason", sa.Text(), nullable=True, comment="裁定理由"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "ground IN ('mistaken', 'malicious', 'duplicate', 'not_served')",
            name=op.f("ck_rating_appeal_ground"),
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (is_upheld IS NULL) AND (decided_at IS NULL) = (reason IS NULL)",
            name=op.f("ck_rating_appeal_decided_with_reason"),
        ),
        sa.CheckConstraint(
            "decided_by <> created_by", name=op.f("ck_rating_appeal_another_person_decides")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_appeal")),
        comment="评价申诉：由人裁定，裁定前后的数字都保留",
    )
    op.create_index(
        "ix_rating_appeal_area_code", "rating_appeal", ["area_code", "id"], unique=False
    )
    op.create_index(
        "ix_rating_appeal_provider_id", "rating_appeal", ["provider_id", "id"], unique=False
    )
    op.create_table(
        "rating_device",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False, comment="所在载体"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="载体所在区划"),
        sa.Column("name", sa.Text(), nullable=False, comment="设备名称"),
        sa.Column("is_active", sa.Boolean(), nullable=False, comment="是否启用"),
        sa.Column(
            "last_rated_at", sa.DateTime(timezone=True), nullable=True, comment="最近一次评价时间"
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_device")),
        comment="窗口评价设备",
    )
    op.create_table(
        "survey_contact",
        sa.Column("resident", sa.Text(), nullable=False, comment="居民化名（用途 ratings）"),
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "contacts", sa.Integer(), nullable=False, comment="次数，不超过规则 survey.contacts"
        ),
        sa.CheckConstraint("contacts >= 0", name=op.f("ck_survey_contact_contacts")),
        sa.PrimaryKeyConstraint("resident", "year", name=op.f("pk_survey_contact")),
        comment="每位居民每年被邀请评价、问卷的次数",
    )
    op.create_table(
        "tally",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False, comment="数目"),
        sa.Column("month_on", sa.Date(), nullable=False, comment="服务所在月份的首日"),
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接机构"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="街镇"),
        sa.Column("venue_id", sa.Uuid(), nullable=True, comment="载体"),
        sa.Column("contract_id", sa.Uuid(), nullable=True, comment="支付的合同"),
        sa.Column(
            "channel", sa.Text(), nullable=False, comment="渠道；服务与邀请为 served、invited"
        ),
        sa.Column("level", sa.SmallInteger(), nullable=False, comment="等级；服务与邀请为 0"),
        sa.Column("is_counted", sa.Boolean(), nullable=False, comment="是否计入"),
        sa.CheckConstraint(
            "channel IN ('self', 'qr_code', 'staff_device', 'call_back', 'default', 'served', 'invited')",
            name=op.f("ck_tally_channel"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally")),
        comment="评价计数，随评价增减",
    )
    op.create_index("ix_tally_area_code", "tally", ["area_code", "month_on"], unique=False)
    op.create_index(
        "ix_tally_month_on", "tally", ["month_on", "category", "area_code"], unique=False
    )
    op.create_index(
        "uq_tally_key",
        "tally",
        [
            "provider_id",
            "month_on",
            "category",
            "area_code",
            "channel",
            "level",
            "is_counted",
            "venue_id",
            "contract_id",
        ],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "tally_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False, comment="增减"),
        sa.Column("month_on", sa.Date(), nullable=False, comment="服务所在月份的首日"),
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接机构"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="街镇"),
        sa.Column("venue_id", sa.Uuid(), nullable=True, comment="载体"),
        sa.Column("contract_id", sa.Uuid(), nullable=True, comment="支付的合同"),
        sa.Column(
            "channel", sa.Text(), nullable=False, comment="渠道；服务与邀请为 served、invited"
        ),
        sa.Column("level", sa.SmallInteger(), nullable=False, comment="等级；服务与邀请为 0"),
        sa.Column("is_counted", sa.Boolean(), nullable=False, comment="是否计入"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally_change")),
        comment="计数的变动，由后台并入 tally",
    )
    op.create_table(
        "bad_rating",
        sa.Column("rating_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接机构"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="街镇"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("status", sa.Text(), nullable=False, comment="步骤"),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False, comment="差评时间"),
        sa.Column(
            "clocks",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="各步期限：日期、规则、是否暂定",
        ),
        sa.Column("finding", sa.Text(), nullable=True, comment="核实结论"),
        sa.Column("finding_words", sa.Text(), nullable=True, comment="核实情况，加密"),
        sa.Column("measures", sa.Text(), nullable=True, comment="整改情况或说明"),
        sa.Column("call_back", sa.Text(), nullable=True, comment="回访结果"),
        sa.Column("attempts", sa.SmallInteger(), nullable=True, comment="联系次数"),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True, comment="核实时间"),
        sa.Column("verified_by", sa.Text(), nullable=True, comment="核实人"),
        sa.Column("extended_at", sa.DateTime(timezone=True), nullable=True, comment="延期时间"),
        sa.Column("extended_by", sa.Text(), nullable=True, comment="批准延期的人"),
        sa.Column("extension_reason", sa.Text(), nullable=True, comment="延期理由"),
        sa.Column("rectified_at", sa.DateTime(timezone=True), nullable=True, comment="整改时间"),
        sa.Column("rectified_by", sa.Text(), nullable=True, comment="整改人"),
        sa.Column("called_back_at", sa.DateTime(timezone=True), nullable=True, comment="回访时间"),
        sa.Column("called_back_by", sa.Text(), nullable=True, comment="回访人"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.CheckConstraint(
            "(status = 'open') = (verified_at IS NULL) AND (status IN ('open', 'verified')) = (rectified_at IS NULL) AND (status = 'called_back') = (called_back_at IS NOT NULL)",
            name=op.f("ck_bad_rating_steps_in_order"),
        ),
        sa.CheckConstraint(
            "call_back IN ('satisfied', 'not_satisfied', 'not_reached')",
            name=op.f("ck_bad_rating_call_back"),
        ),
        sa.CheckConstraint(
            "finding IN ('substantiated', 'partly', 'unsubstantiated')",
            name=op.f("ck_bad_rating_finding"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'verified', 'rectified', 'called_back')",
            name=op.f("ck_bad_rating_status"),
        ),
        sa.CheckConstraint(
            "called_back_by <> rectified_by", name=op.f("ck_bad_rating_another_person_calls")
        ),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["rating.id"], name=op.f("fk_bad_rating_rating_id_rating")
        ),
        sa.PrimaryKeyConstraint("rating_id", name=op.f("pk_bad_rating")),
        comment="差评闭环：核实、整改、回访",
    )
    op.create_index(
        "ix_bad_rating_area_code", "bad_rating", ["area_code", "rating_id"], unique=False
    )
    op.create_index(
        "ix_bad_rating_provider_id", "bad_rating", ["provider_id", "rating_id"], unique=False
    )
    op.create_table(
        "rating_version",
        sa.Column("rating_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False, comment="评价渠道"),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("dimensions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("options", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("words", sa.Text(), nullable=True, comment="文字评价，加密"),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False, comment="这样评价的时间"),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["rating.id"], name=op.f("fk_rating_version_rating_id_rating")
        ),
        sa.PrimaryKeyConstraint("rating_id", "version", name=op.f("pk_rating_version")),
        comment="评价修改前的内容",
    )


def downgrade() -> None:
    op.drop_table("rating_version")
    op.drop_index("ix_bad_rating_provider_id", table_name="bad_rating")
    op.drop_index("ix_bad_rating_area_code", table_name="bad_rating")
    op.drop_table("bad_rating")
    op.drop_table("tally_change")
    op.drop_index("uq_tally_key", table_name="tally", postgresql_nulls_not_distinct=True)
    op.drop_index("ix_tally_month_on", table_name="tally")
    op.drop_index("ix_tally_area_code", table_name="tally")
    op.drop_table("tally")
    op.drop_table("survey_contact")
    op.drop_table("rating_device")
    op.drop_index("ix_rating_appeal_provider_id", table_name="rating_appeal")
    op.drop_index("ix_rating_appeal_area_code", table_name="rating_appeal")
    op.drop_table("rating_appeal")
    op.drop_index("ix_rating_provider_id", table_name="rating")
    op.drop_index("ix_rating_offering_id", table_name="rating")
    op.drop_index(
        "ix_rating_device_id", table_name="rating", postgresql_where="device_id IS NOT NULL"
    )
    op.drop_index("ix_rating_area_code", table_name="rating")
    op.drop_table("rating")
    op.drop_index(
        "ix_delivery_unrated", table_name="delivery", postgresql_where="rating_id IS NULL"
    )
    op.drop_index("ix_delivery_rater", table_name="delivery")
    op.drop_table("delivery")
