"""Delivered services, their ratings 一次一评, the loop of the bad ones, appeals, counter devices.

Only `delivery` knows whose service it was; a rating reaches it by the referral alone.
"""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.feedback import RatingChannel
from common.contracts.feedback_ratings import (
    AppealGround,
    CallBack,
    Finding,
    LoopStatus,
    ReviewOutcome,
)
from common.ids import timeless_id
from common.records import one_of
from feedback.tables.base import Base, Record


def _day_of(instant: str) -> Computed:
    """The day of an instant in the city, which the database tells."""
    return Computed(f"({instant} AT TIME ZONE 'Asia/Shanghai')::date", persisted=True)


class Delivery(Base):
    """A delivered service: what may be rated, by whom, until when. The key is the referral."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_rater", "rater", "rate_until_on", "id"),
        Index("ix_delivery_unrated", "rate_until_on", "id", postgresql_where="rating_id IS NULL"),
        {"comment": "已交付的服务：一次服务一条，可评价一次"},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="转介标识")
    number: Mapped[str] = mapped_column(comment="转介编号")
    rater: Mapped[str | None] = mapped_column(comment="居民化名（用途 ratings）；无账号为空")
    offering_id: Mapped[UUID] = mapped_column(Uuid, comment="服务")
    provider_id: Mapped[UUID] = mapped_column(Uuid, comment="承接机构")
    venue_id: Mapped[UUID | None] = mapped_column(Uuid, comment="载体")
    service_item_id: Mapped[UUID | None] = mapped_column(Uuid, comment="事项")
    contract_id: Mapped[UUID | None] = mapped_column(Uuid, comment="支付的合同")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    area_code: Mapped[str] = mapped_column(comment="需求所在居村")
    served_at: Mapped[datetime] = mapped_column(comment="服务时间")
    rate_until_on: Mapped[date] = mapped_column(comment="可评价至，含当日")
    invited_at: Mapped[datetime | None] = mapped_column(comment="邀请时间；未邀请为空")
    rating_id: Mapped[UUID | None] = mapped_column(Uuid, comment="评价；未评价为空")


class Contacts(Base):
    """How often a resident was asked in a year, invitations to rate and surveys together."""

    __tablename__ = "survey_contact"
    __table_args__ = (
        CheckConstraint("contacts >= 0", name="contacts"),
        {"comment": "每位居民每年被邀请评价、问卷的次数"},
    )

    resident: Mapped[str] = mapped_column(primary_key=True, comment="居民化名（用途 ratings）")
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    contacts: Mapped[int] = mapped_column(comment="次数，不超过规则 survey.contacts")


class Rating(Base):
    """One rating of one delivered service. No column leads to a person but the referral's key.

    Its id is random: an id that told the minute would tell who was served in it. What leaves is
    ordered by the day at most. The price: the index of its key takes each rating at another leaf
    (some 80 MB at 2,000,000 ratings, estimated). `delivery` has none by that id: whose rating one
    is, its referral tells.
    """

    __tablename__ = "rating"
    __table_args__ = (
        UniqueConstraint("referral_id"),
        one_of("channel", RatingChannel),
        CheckConstraint("level BETWEEN 1 AND 5", name="level"),
        CheckConstraint(
            "channel <> 'default' OR (level = 5 AND NOT is_counted)", name="default_weighs_nothing"
        ),
        CheckConstraint(
            "(channel = 'staff_device') = (device_id IS NOT NULL)", name="device_is_named"
        ),
        Index("ix_rating_provider_id", "provider_id", "id"),
        Index(
            "ix_rating_of_month",
            *("offering_id", "rated_on"),
            postgresql_where="channel <> 'default'",
        ),
        Index("ix_rating_rated_on", "rated_on", "id"),
        Index(
            "ix_rating_device_id", "device_id", "rated_at", postgresql_where="device_id IS NOT NULL"
        ),
        {"comment": "评价：一次一评"},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=timeless_id)
    referral_id: Mapped[UUID] = mapped_column(Uuid, comment="转介；不出本服务")
    offering_id: Mapped[UUID] = mapped_column(Uuid, comment="服务")
    provider_id: Mapped[UUID] = mapped_column(Uuid, comment="承接机构")
    venue_id: Mapped[UUID | None] = mapped_column(Uuid, comment="载体")
    service_item_id: Mapped[UUID | None] = mapped_column(Uuid, comment="事项")
    contract_id: Mapped[UUID | None] = mapped_column(Uuid, comment="支付的合同")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    area_code: Mapped[str] = mapped_column(comment="街镇，已粗化")
    served_on: Mapped[date] = mapped_column(comment="服务日期，决定统计所属期")
    channel: Mapped[str] = mapped_column(comment="评价渠道")
    level: Mapped[int] = mapped_column(SmallInteger, comment="5 非常满意 … 1 非常不满意")
    dimensions: Mapped[dict[str, int]] = mapped_column(JSONB, comment="分项及其等级")
    options: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="指标选项代码")
    words: Mapped[str | None] = mapped_column(comment="文字评价，加密")
    likeness: Mapped[int | None] = mapped_column(BigInteger, comment="文字的带密钥指纹，供发现近似")
    device_id: Mapped[UUID | None] = mapped_column(Uuid, comment="窗口设备")
    is_counted: Mapped[bool] = mapped_column(comment="是否计入：默认好评、申诉成立的不计")
    rated_at: Mapped[datetime] = mapped_column(comment="评价时间；只给评价人")
    rated_on: Mapped[date] = mapped_column(_day_of("rated_at"), comment="评价日期")
    amended_at: Mapped[datetime | None] = mapped_column(comment="最近修改时间")
    version: Mapped[int] = mapped_column(comment="ETag，每次修改加一")


class RatingVersion(Base):
    """What a rating said before it was amended."""

    __tablename__ = "rating_version"
    __table_args__ = ({"comment": "评价修改前的内容"},)

    rating_id: Mapped[UUID] = mapped_column(ForeignKey("rating.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel: Mapped[str] = mapped_column(comment="评价渠道")
    level: Mapped[int] = mapped_column(SmallInteger)
    dimensions: Mapped[dict[str, int]] = mapped_column(JSONB)
    options: Mapped[list[str]] = mapped_column(ARRAY(Text))
    words: Mapped[str | None] = mapped_column(comment="文字评价，加密")
    said_at: Mapped[datetime] = mapped_column(comment="这样评价的时间")


class Device(Record):
    """A device at a counter on which residents rate."""

    __tablename__ = "rating_device"
    __table_args__ = ({"comment": "窗口评价设备"},)

    venue_id: Mapped[UUID] = mapped_column(Uuid, comment="所在载体")
    area_code: Mapped[str] = mapped_column(comment="载体所在区划")
    name: Mapped[str] = mapped_column(comment="设备名称")
    is_active: Mapped[bool] = mapped_column(comment="是否启用")
    last_rated_at: Mapped[datetime | None] = mapped_column(comment="最近一次评价时间")


# The day of the step that is waited for, as it stands in the clocks; spelt as PostgreSQL spells it.
AWAITED_ON: Final = """(
CASE status
    WHEN 'open' THEN (clocks -> 'verify') ->> 'on'
    WHEN 'verified' THEN (clocks -> 'rectify') ->> 'on'
    WHEN 'rectified' THEN (clocks -> 'call_back') ->> 'on'
    WHEN 'raised' THEN (clocks -> 'review') ->> 'on'
    ELSE NULL
END)"""


class BadRating(Base):
    """The loop of one bad rating: verify, rectify, call back; once more further up, if need be."""

    __tablename__ = "bad_rating"
    __table_args__ = (
        one_of("status", LoopStatus),
        one_of("finding", Finding),
        one_of("call_back", CallBack),
        CheckConstraint(
            "(status = 'open') = (verified_at IS NULL)"
            " AND (status IN ('open', 'verified')) = (rectified_at IS NULL)"
            " AND (status IN ('called_back', 'raised', 'reviewed')) = (called_back_at IS NOT NULL)",
            name="steps_in_order",
        ),
        CheckConstraint("called_back_by <> rectified_by", name="another_person_calls"),
        one_of("review", ReviewOutcome),
        CheckConstraint(
            "status NOT IN ('raised', 'reviewed') OR call_back = 'not_satisfied'",
            name="raised_when_not_satisfied",
        ),
        CheckConstraint(
            "(status = 'reviewed') = (reviewed_at IS NOT NULL)"
            " AND (reviewed_at IS NULL) = (review IS NULL)"
            " AND (reviewed_at IS NULL) = (review_reason IS NULL)",
            name="review_is_told",
        ),
        CheckConstraint(
            "reviewed_by <> rectified_by AND reviewed_by <> called_back_by",
            name="another_person_reviews",
        ),
        CheckConstraint("caller <> rectified_by", name="another_person_takes_the_call"),
        Index("ix_bad_rating_area_code", "area_code", "opened_on", "rating_id"),
        Index("ix_bad_rating_opened_on", "opened_on", "rating_id"),
        Index("ix_bad_rating_provider_id", "provider_id", "rating_id"),
        CheckConstraint("late_level BETWEEN 0 AND 3", name="late_level"),
        Index(
            "ix_bad_rating_awaited",
            text(AWAITED_ON),
            postgresql_where="late_level = 0 AND escalates_on IS NULL"
            " AND status NOT IN ('called_back', 'reviewed')",
        ),
        Index(
            "ix_bad_rating_escalates", "escalates_on", postgresql_where="escalates_on IS NOT NULL"
        ),
        {"comment": "差评闭环：核实、整改、回访"},
    )

    rating_id: Mapped[UUID] = mapped_column(ForeignKey("rating.id"), primary_key=True)
    provider_id: Mapped[UUID] = mapped_column(Uuid, comment="承接机构")
    area_code: Mapped[str] = mapped_column(comment="街镇")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    status: Mapped[str] = mapped_column(comment="步骤")
    opened_at: Mapped[datetime] = mapped_column(comment="差评时间")
    opened_on: Mapped[date] = mapped_column(_day_of("opened_at"), comment="差评日期，列表的次序")
    clocks: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="各步期限：日期、规则、是否暂定")
    finding: Mapped[str | None] = mapped_column(comment="核实结论")
    finding_words: Mapped[str | None] = mapped_column(comment="核实情况，加密")
    measures: Mapped[str | None] = mapped_column(comment="整改情况或说明")
    call_back: Mapped[str | None] = mapped_column(comment="回访结果")
    attempts: Mapped[int | None] = mapped_column(SmallInteger, comment="联系次数")
    verified_at: Mapped[datetime | None] = mapped_column(comment="核实时间")
    verified_by: Mapped[str | None] = mapped_column(comment="核实人")
    extended_at: Mapped[datetime | None] = mapped_column(comment="延期时间")
    extended_by: Mapped[str | None] = mapped_column(comment="批准延期的人")
    extension_reason: Mapped[str | None] = mapped_column(comment="延期理由")
    rectified_at: Mapped[datetime | None] = mapped_column(comment="整改时间")
    rectified_by: Mapped[str | None] = mapped_column(comment="整改人")
    called_back_at: Mapped[datetime | None] = mapped_column(comment="回访时间")
    called_back_by: Mapped[str | None] = mapped_column(comment="回访人")
    caller: Mapped[str | None] = mapped_column(comment="承办回访的人，只有此人可见转介编号")
    review: Mapped[str | None] = mapped_column(comment="复核结论")
    review_reason: Mapped[str | None] = mapped_column(comment="复核理由，告知评价人")
    reviewed_at: Mapped[datetime | None] = mapped_column(comment="复核时间")
    reviewed_by: Mapped[str | None] = mapped_column(comment="复核人")
    round: Mapped[int] = mapped_column(
        SmallInteger, default=1, server_default="1", comment="第几轮：好评后再给差评另起一轮"
    )
    late_level: Mapped[int] = mapped_column(
        SmallInteger, default=0, server_default="0", comment="当前步骤逾期的上报层级"
    )
    escalates_on: Mapped[date | None] = mapped_column(
        comment="当前步骤下一次上报的日期；空为期限届满次日"
    )
    version: Mapped[int] = mapped_column(comment="ETag，每次修改加一")


class BadRatingRound(Base):
    """A loop as it ended, before the same rating became bad anew."""

    __tablename__ = "bad_rating_round"
    __table_args__ = ({"comment": "差评闭环的前几轮"},)

    rating_id: Mapped[UUID] = mapped_column(ForeignKey("bad_rating.rating_id"), primary_key=True)
    round: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    steps: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="该轮各步骤")


class Appeal(Record):
    """An appeal against a rating; its id is the rating's, so that there is one."""

    __tablename__ = "rating_appeal"
    __table_args__ = (
        one_of("ground", AppealGround),
        CheckConstraint(
            "(decided_at IS NULL) = (is_upheld IS NULL)"
            " AND (decided_at IS NULL) = (reason IS NULL)",
            name="decided_with_reason",
        ),
        CheckConstraint("decided_by <> created_by", name="another_person_decides"),
        Index("ix_rating_appeal_area_code", "area_code", "appealed_at", "id"),
        Index("ix_rating_appeal_provider_id", "provider_id", "appealed_at", "id"),
        {"comment": "评价申诉：由人裁定，裁定前后的数字都保留"},
    )

    provider_id: Mapped[UUID] = mapped_column(Uuid, comment="承接机构")
    area_code: Mapped[str] = mapped_column(comment="街镇")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    level: Mapped[int] = mapped_column(SmallInteger, comment="申诉时的等级")
    ground: Mapped[str] = mapped_column(comment="申诉理由")
    words: Mapped[str] = mapped_column(comment="申诉说明")
    appealed_at: Mapped[datetime] = mapped_column(comment="申诉时间")
    decided_at: Mapped[datetime | None] = mapped_column(comment="裁定时间")
    decided_by: Mapped[str | None] = mapped_column(comment="裁定人")
    is_upheld: Mapped[bool | None] = mapped_column(comment="是否成立")
    reason: Mapped[str | None] = mapped_column(comment="裁定理由")
