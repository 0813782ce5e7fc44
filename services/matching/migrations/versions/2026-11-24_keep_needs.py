"""Keep needs, for whom they are, and what standing is verified.

Revision: 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "need",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="需求编号，可告知居民"),
        sa.Column(
            "resident", sa.Text(), nullable=True, comment="居民化名（用途 cases），无账号为空"
        ),
        sa.Column(
            "rater", sa.Text(), nullable=True, comment="居民化名（用途 ratings），仅供核对评价人"
        ),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在居村 12 位代码"),
        sa.Column("line", sa.Text(), nullable=False, comment="条线，字典 department_line"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("urgency", sa.SmallInteger(), nullable=False, comment="1 紧急 2 优先 3 一般"),
        sa.Column("urgency_rule", sa.Text(), nullable=False, comment="定级所依的规则编号"),
        sa.Column(
            "is_statutory", sa.Boolean(), nullable=False, comment="应保尽保：未满足即责任部门的义务"
        ),
        sa.Column("raised_by", sa.Text(), nullable=False, comment="由谁提出"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("unmet_reason", sa.Text(), nullable=True, comment="未满足原因"),
        sa.Column("unmet_rule", sa.Text(), nullable=True, comment="不符合条件时的规则编号"),
        sa.Column("words", sa.Text(), nullable=True, comment="需求描述，密文"),
        sa.Column("lon", sa.Double(), nullable=True, comment="经度，WGS-84，度"),
        sa.Column("lat", sa.Double(), nullable=True, comment="纬度，WGS-84，度"),
        sa.Column(
            "wished_weekdays",
            postgresql.ARRAY(sa.SmallInteger()),
            nullable=False,
            comment="希望的星期 1–7，空为不限",
        ),
        sa.Column("wished_from_time", sa.Text(), nullable=True, comment="希望的时段起，HH:MM"),
        sa.Column("wished_to_time", sa.Text(), nullable=True, comment="希望的时段止，HH:MM"),
        sa.Column("wished_from_on", sa.Date(), nullable=True, comment="最早日期"),
        sa.Column("wished_until_on", sa.Date(), nullable=True, comment="最晚日期，含"),
        sa.Column(
            "wished_channels", postgresql.ARRAY(sa.Text()), nullable=False, comment="希望的方式"
        ),
        sa.Column("price_at_most_fen", sa.BigInteger(), nullable=True, comment="价格上限，分"),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False, comment="提出时间"),
        sa.Column(
            "referred_at", sa.DateTime(timezone=True), nullable=True, comment="最近一次转介时间"
        ),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True, comment="服务时间"),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True, comment="办结时间"),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True, comment="撤回时间"),
        sa.Column("unmet_at", sa.DateTime(timezone=True), nullable=True, comment="认定未满足时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "(status = 'unmet') = (unmet_reason IS NOT NULL)", name=op.f("ck_need_unmet_has_reason")
        ),
        sa.CheckConstraint(
            "NOT (is_statutory AND status = 'unmet')", name=op.f("ck_need_entitled_is_never_unmet")
        ),
        sa.CheckConstraint(
            "raised_by IN ('self', 'family', 'grid_worker', 'social_worker', 'hotline', 'outreach')",
            name=op.f("ck_need_raised_by"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'referred', 'served', 'closed', 'withdrawn', 'unmet')",
            name=op.f("ck_need_status"),
        ),
        sa.CheckConstraint(
            "unmet_reason IN ('no_offering_in_category', 'not_eligible', 'closed_at_wanted_time', 'over_budget', 'too_far', 'all_places_taken')",
            name=op.f("ck_need_unmet_reason"),
        ),
        sa.CheckConstraint("(lon IS NULL) = (lat IS NULL)", name=op.f("ck_need_point_is_whole")),
        sa.CheckConstraint("urgency IN (1, 2, 3)", name=op.f("ck_need_urgency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
        sa.UniqueConstraint("number", name=op.f("uq_need_number")),
        comment="需求：居民需要的一项服务",
    )
    op.create_index("ix_need_area_code", "need", ["area_code", "id"], unique=False)
    op.create_index("ix_need_resident", "need", ["resident", "id"], unique=False)
    op.create_index("ix_need_status", "need", ["status", "area_code", "id"], unique=False)
    op.create_table(
        "profile",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("age_band", sa.Text(), nullable=True, comment="年龄段"),
        sa.Column(
            "groups", postgresql.ARRAY(sa.Text()), nullable=False, comment="字典 target_group"
        ),
        sa.Column("household_area", sa.Text(), nullable=True, comment="户籍地有效位前缀"),
        sa.Column("contact_name", sa.Text(), nullable=True, comment="姓名，密文"),
        sa.Column("contact_phone", sa.Text(), nullable=True, comment="电话，密文"),
        sa.Column("contact_address", sa.Text(), nullable=True, comment="地址，密文"),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True, comment="电话盲索引"),
        sa.CheckConstraint(
            "age_band IN ('0-2', '3-5', '6-11', '12-17', '18-34', '35-59', '60-69', '70-79', '80+')",
            name=op.f("ck_profile_age_band"),
        ),
        sa.ForeignKeyConstraint(
            ["need_id"], ["need.id"], name=op.f("fk_profile_need_id_need"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("need_id", name=op.f("pk_profile")),
        comment="居民画像：按需最少，办结后清除",
    )
    op.create_index("ix_profile_phone_index", "profile", ["phone_index"], unique=False)
    op.create_table(
        "standing",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="资格种类"),
        sa.Column("grade", sa.SmallInteger(), nullable=True, comment="等级"),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False, comment="自述时间"),
        sa.Column("is_refused", sa.Boolean(), nullable=False, comment="核验不符"),
        sa.Column("source", sa.Text(), nullable=True, comment="核验依据"),
        sa.Column("determined_on", sa.Date(), nullable=True, comment="认定日期"),
        sa.Column("expires_on", sa.Date(), nullable=True, comment="有效期末日，含；空为长期"),
        sa.Column("verified_by", sa.Text(), nullable=True, comment="核验人"),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True, comment="核验时间"),
        sa.CheckConstraint(
            "kind IN ('minimum_living', 'low_income', 'destitute', 'expenditure', 'disability', 'care_grade', 'bereaved_family', 'veteran')",
            name=op.f("ck_standing_kind"),
        ),
        sa.CheckConstraint(
            "(verified_at IS NULL) = (verified_by IS NULL) AND (verified_at IS NULL) = (source IS NULL)",
            name=op.f("ck_standing_verified_by_somebody_from_a_source"),
        ),
        sa.CheckConstraint("expires_on >= determined_on", name=op.f("ck_standing_expires_on")),
        sa.CheckConstraint("grade BETWEEN 1 AND 6", name=op.f("ck_standing_grade")),
        sa.ForeignKeyConstraint(
            ["need_id"], ["need.id"], name=op.f("fk_standing_need_id_need"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("need_id", "kind", name=op.f("pk_standing")),
        comment="资格：权利所依，自述不作数",
    )


def downgrade() -> None:
    op.drop_table("standing")
    op.drop_index("ix_profile_phone_index", table_name="profile")
    op.drop_table("profile")
    op.drop_index("ix_need_status", table_name="need")
    op.drop_index("ix_need_resident", table_name="need")
    op.drop_index("ix_need_area_code", table_name="need")
    op.drop_table("need")
