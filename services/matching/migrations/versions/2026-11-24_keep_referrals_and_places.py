"""Keep referrals and places.

Revision: 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "capacity",
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False, comment="本期首日"),
        sa.Column("session", sa.Text(), nullable=False, comment="场次 HH:MM；不按场计为空串"),
        sa.Column("ends_on", sa.Date(), nullable=False, comment="本期末日，含"),
        sa.Column("period", sa.Text(), nullable=False, comment="按何期计"),
        sa.Column("places", sa.Integer(), nullable=True, comment="名额，空为不限；由资源库发布"),
        sa.Column("taken", sa.Integer(), nullable=False, comment="已占：待接受、已接受、已服务"),
        sa.Column("waiting", sa.Integer(), nullable=False, comment="候补的转介数"),
        sa.Column("excess", sa.Integer(), nullable=False, comment="超额占用：名额下调后多出的占位"),
        sa.CheckConstraint(
            "period IN ('at_once', 'session', 'day', 'week', 'month', 'year')",
            name=op.f("ck_capacity_period"),
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_capacity_ends_on")),
        sa.CheckConstraint(
            "excess = CASE WHEN places IS NULL THEN 0 ELSE GREATEST(taken - places, 0) END",
            name=op.f("ck_capacity_never_oversold"),
        ),
        sa.CheckConstraint("taken >= 0 AND waiting >= 0", name=op.f("ck_capacity_never_negative")),
        sa.PrimaryKeyConstraint("offering_id", "starts_on", "session", name=op.f("pk_capacity")),
        comment="名额：每项服务每期一行，转介据此占位",
    )
    op.create_index(
        "ix_capacity_over_committed",
        "capacity",
        ["offering_id", "starts_on", "session"],
        unique=False,
        postgresql_where="excess > 0",
    )
    op.create_table(
        "referral",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="转介编号，可告知居民与承接者"),
        sa.Column("need_id", sa.Uuid(), nullable=False, comment="需求"),
        sa.Column("resident", sa.Text(), nullable=True, comment="居民化名（用途 cases）"),
        sa.Column(
            "rater", sa.Text(), nullable=True, comment="居民化名（用途 ratings），供核对评价人"
        ),
        sa.Column(
            "urgency", sa.SmallInteger(), nullable=False, comment="转介时的紧急程度，决定候补次序"
        ),
        sa.Column("offering_id", sa.Uuid(), nullable=False, comment="服务"),
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接机构"),
        sa.Column("venue_id", sa.Uuid(), nullable=True, comment="载体"),
        sa.Column("service_item_id", sa.Uuid(), nullable=True, comment="事项"),
        sa.Column("contract_id", sa.Uuid(), nullable=True, comment="支付的合同"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="需求所在居村"),
        sa.Column("served_in", sa.Text(), nullable=False, comment="服务所在区划"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("places", sa.SmallInteger(), nullable=False, comment="名额数"),
        sa.Column("session_on", sa.Date(), nullable=False, comment="服务日期"),
        sa.Column("starts_on", sa.Date(), nullable=False, comment="名额所在期的首日"),
        sa.Column("session", sa.Text(), nullable=False, comment="场次 HH:MM；不按场计为空串"),
        sa.Column("price_fen", sa.BigInteger(), nullable=False, comment="居民支付，分"),
        sa.Column("decline_reason", sa.Text(), nullable=True, comment="谢绝原因"),
        sa.Column("booking_id", sa.Uuid(), nullable=True, comment="资源库中的空间预约"),
        sa.Column("handed_over_to_id", sa.Uuid(), nullable=True, comment="接续的转介"),
        sa.Column("agreement_number", sa.Text(), nullable=True, comment="跨区协议编号"),
        sa.Column("settlement_fen", sa.BigInteger(), nullable=True, comment="跨区结算金额，分"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="转介时间"),
        sa.Column(
            "hold_expires_at", sa.DateTime(timezone=True), nullable=True, comment="占位到期时间"
        ),
        sa.Column(
            "waitlisted_at", sa.DateTime(timezone=True), nullable=True, comment="候补起始时间"
        ),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True, comment="接受时间"),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True, comment="谢绝时间"),
        sa.Column("expired_at", sa.DateTime(timezone=True), nullable=True, comment="释放时间"),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True, comment="撤回时间"),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True, comment="移交时间"),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True, comment="服务时间"),
        sa.Column("no_show_at", sa.DateTime(timezone=True), nullable=True, comment="未到时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "(status = 'declined') = (decline_reason IS NOT NULL)",
            name=op.f("ck_referral_decline_has_reason"),
        ),
        sa.CheckConstraint(
            "decline_reason IN ('full', 'not_eligible', 'out_of_reach', 'no_staff', 'not_reached', 'closed', 'other')",
            name=op.f("ck_referral_decline_reason"),
        ),
        sa.CheckConstraint(
            "status IN ('held', 'waitlisted', 'accepted', 'declined', 'expired', 'withdrawn', 'handed_over', 'served', 'no_show')",
            name=op.f("ck_referral_status"),
        ),
        sa.CheckConstraint(
            "(agreement_number IS NULL) = (settlement_fen IS NULL)",
            name=op.f("ck_referral_agreement_is_settled"),
        ),
        sa.CheckConstraint("places BETWEEN 1 AND 20", name=op.f("ck_referral_places")),
        sa.CheckConstraint("urgency IN (1, 2, 3)", name=op.f("ck_referral_urgency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
        sa.UniqueConstraint("number", name=op.f("uq_referral_number")),
        comment="转介：把需求交给一项服务并占位",
    )
    op.create_index("ix_referral_area_code", "referral", ["area_code", "id"], unique=False)
    op.create_index(
        "ix_referral_hold",
        "referral",
        ["hold_expires_at"],
        unique=False,
        postgresql_where="status = 'held'",
    )
    op.create_index("ix_referral_need_id", "referral", ["need_id"], unique=False)
    op.create_index(
        "ix_referral_offering_id", "referral", ["offering_id", "session_on", "id"], unique=False
    )
    op.create_index("ix_referral_provider_id", "referral", ["provider_id", "id"], unique=False)
    op.create_index("ix_referral_resident", "referral", ["resident", "id"], unique=False)
    op.create_index(
        "ix_referral_wait",
        "referral",
        ["session_on"],
        unique=False,
        postgresql_where="status = 'waitlisted'",
    )
    op.create_index(
        "ix_referral_waiting",
        "referral",
        ["offering_id", "starts_on", "session", "urgency", "waitlisted_at", "id"],
        unique=False,
        postgresql_where="status = 'waitlisted'",
    )
    op.create_index(
        "uq_referral_need_live",
        "referral",
        ["need_id"],
        unique=True,
        postgresql_where="status IN ('held', 'waitlisted', 'accepted')",
    )
    op.create_table(
        "supply",
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True, comment="承接机构"),
        sa.Column("venue_id", sa.Uuid(), nullable=True, comment="载体"),
        sa.Column("service_item_id", sa.Uuid(), nullable=True, comment="事项"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="服务所在区划"),
        sa.Column("funding_source", sa.Text(), nullable=True, comment="字典 funding_source"),
        sa.Column("price_fen", sa.BigInteger(), nullable=True, comment="价格，分"),
        sa.Column("capacity", sa.Integer(), nullable=True, comment="每期名额，空为不限"),
        sa.Column("capacity_period", sa.Text(), nullable=False, comment="名额按何期计"),
        sa.Column("is_open", sa.Boolean(), nullable=False, comment="是否已发布，可转介"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, comment="副本更新时间"),
        sa.CheckConstraint(
            "capacity_period IN ('at_once', 'session', 'day', 'week', 'month', 'year')",
            name=op.f("ck_supply_capacity_period"),
        ),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_supply_capacity")),
        sa.PrimaryKeyConstraint("offering_id", name=op.f("pk_supply")),
        comment="服务副本：转介所需的部分，来自资源库的变更流",
    )
    op.create_index("ix_supply_provider_id", "supply", ["provider_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_supply_provider_id", table_name="supply")
    op.drop_table("supply")
    op.drop_index(
        "uq_referral_need_live",
        table_name="referral",
        postgresql_where="status IN ('held', 'waitlisted', 'accepted')",
    )
    op.drop_index(
        "ix_referral_waiting", table_name="referral", postgresql_where="status = 'waitlisted'"
    )
    op.drop_index(
        "ix_referral_wait", table_name="referral", postgresql_where="status = 'waitlisted'"
    )
    op.drop_index("ix_referral_resident", table_name="referral")
    op.drop_index("ix_referral_provider_id", table_name="referral")
    op.drop_index("ix_referral_offering_id", table_name="referral")
    op.drop_index("ix_referral_need_id", table_name="referral")
    op.drop_index("ix_referral_hold", table_name="referral", postgresql_where="status = 'held'")
    op.drop_index("ix_referral_area_code", table_name="referral")
    op.drop_table("referral")
    op.drop_index(
        "ix_capacity_over_committed", table_name="capacity", postgresql_where="excess > 0"
    )
    op.drop_table("capacity")
