"""Needs 需求, and what is known of whom each is for, as long as the case needs it.

The need is the root: profile and standing carry its id first in their keys.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.matching_needs import DutyReason, StandingKind
from common.contracts.vocabulary import AgeBand
from common.records import one_of
from matching.tables.base import Base, Record
from matching.tables.words import NEED_STATUS, RAISED_BY, UNMET_REASON, URGENCY_TIER


class Need(Record):
    """One person's need of one service."""

    __tablename__ = "need"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="point_is_whole"),
        CheckConstraint("(status = 'unmet') = (unmet_reason IS NOT NULL)", name="unmet_has_reason"),
        CheckConstraint("NOT (is_statutory AND status = 'unmet')", name="entitled_is_never_unmet"),
        Index("ix_need_area_code", "area_code", "id"),
        Index("ix_need_status", "status", "area_code", "id"),
        Index("ix_need_resident", "resident", "id"),
        Index("ix_need_served_at", "served_at", postgresql_where="status = 'served'"),
        Index("ix_need_unmet_at", "unmet_at", postgresql_where="status = 'unmet'"),
        Index("ix_need_entitled", "opened_at", postgresql_where="is_statutory AND status = 'open'"),
        {"comment": "需求：居民需要的一项服务"},
    )

    number: Mapped[str] = mapped_column(comment="需求编号，可告知居民")
    resident: Mapped[str | None] = mapped_column(comment="居民化名（用途 cases），无账号为空")
    rater: Mapped[str | None] = mapped_column(comment="居民化名（用途 ratings），仅供核对评价人")
    area_code: Mapped[str] = mapped_column(comment="所在居村 12 位代码")
    line: Mapped[str] = mapped_column(comment="条线，字典 department_line")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    urgency: Mapped[int] = mapped_column(URGENCY_TIER, comment="1 紧急 2 优先 3 一般")
    urgency_rule: Mapped[str] = mapped_column(comment="定级所依的规则编号")
    is_statutory: Mapped[bool] = mapped_column(comment="应保尽保：未满足即责任部门的义务")
    raised_by: Mapped[str] = mapped_column(RAISED_BY, comment="由谁提出")
    status: Mapped[str] = mapped_column(NEED_STATUS, comment="状态")
    unmet_reason: Mapped[str | None] = mapped_column(UNMET_REASON, comment="未满足原因")
    unmet_rule: Mapped[str | None] = mapped_column(comment="不符合条件时的规则编号")
    words: Mapped[str | None] = mapped_column(comment="需求描述，密文")
    lon: Mapped[float | None] = mapped_column(comment="经度，WGS-84，度")
    lat: Mapped[float | None] = mapped_column(comment="纬度，WGS-84，度")
    wished_weekdays: Mapped[list[int]] = mapped_column(
        ARRAY(SmallInteger), comment="希望的星期 1–7，空为不限"
    )
    wished_from_time: Mapped[str | None] = mapped_column(comment="希望的时段起，HH:MM")
    wished_to_time: Mapped[str | None] = mapped_column(comment="希望的时段止，HH:MM")
    wished_from_on: Mapped[date | None] = mapped_column(comment="最早日期")
    wished_until_on: Mapped[date | None] = mapped_column(comment="最晚日期，含")
    wished_channels: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="希望的方式")
    price_at_most_fen: Mapped[int | None] = mapped_column(BigInteger, comment="价格上限，分")
    opened_at: Mapped[datetime] = mapped_column(comment="提出时间")
    judged_at: Mapped[datetime | None] = mapped_column(comment="最近一次定级时间；空为提出时")
    referred_at: Mapped[datetime | None] = mapped_column(comment="最近一次转介时间")
    served_at: Mapped[datetime | None] = mapped_column(comment="服务时间")
    closed_at: Mapped[datetime | None] = mapped_column(comment="办结时间")
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="撤回时间")
    unmet_at: Mapped[datetime | None] = mapped_column(comment="认定未满足时间")


class Profile(Base):
    """For whom a need is, and how to reach them; erased when the case no longer needs it."""

    __tablename__ = "profile"
    __table_args__ = (
        one_of("age_band", AgeBand),
        Index("ix_profile_phone_index", "phone_index"),
        {"comment": "居民画像：按需最少，办结后清除"},
    )

    need_id: Mapped[UUID] = mapped_column(
        ForeignKey("need.id", ondelete="CASCADE"), primary_key=True
    )
    age_band: Mapped[str | None] = mapped_column(comment="年龄段")
    groups: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="字典 target_group")
    household_area: Mapped[str | None] = mapped_column(comment="户籍地有效位前缀")
    accessibility: Mapped[list[str] | None] = mapped_column(
        ARRAY(Text), comment="载体须具备的无障碍设施；空为不须"
    )
    contact_name: Mapped[str | None] = mapped_column(comment="姓名，密文")
    contact_phone: Mapped[str | None] = mapped_column(comment="电话，密文")
    contact_address: Mapped[str | None] = mapped_column(comment="地址，密文")
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary, comment="电话盲索引")


class Duty(Base):
    """What a department owes somebody who is entitled and whom nobody serves 应保尽保."""

    __tablename__ = "duty"
    __table_args__ = (
        one_of("reason", DutyReason),
        CheckConstraint("met_at IS NULL OR lifted_at IS NULL", name="ends_once"),
        Index("ix_duty_owed", "due_on", postgresql_where="met_at IS NULL AND lifted_at IS NULL"),
        {"comment": "应保未保的落实义务：属责任条线，不计入未满足"},
    )

    need_id: Mapped[UUID] = mapped_column(
        ForeignKey("need.id", ondelete="CASCADE"), primary_key=True
    )
    rule: Mapped[str] = mapped_column(comment="应保尽保所依的规则编号")
    reason: Mapped[str] = mapped_column(comment="何以未落实")
    raised_at: Mapped[datetime] = mapped_column(comment="提出时间")
    due_on: Mapped[date] = mapped_column(comment="应落实的日期")
    is_provisional: Mapped[bool] = mapped_column(comment="节假日安排未公布，日期暂计")
    met_at: Mapped[datetime | None] = mapped_column(comment="落实时间")
    lifted_at: Mapped[datetime | None] = mapped_column(comment="撤销时间：撤回或不再符合")


class Standing(Base):
    """A standing that a right may depend on: claimed, then verified with source and end."""

    __tablename__ = "standing"
    __table_args__ = (
        one_of("kind", StandingKind),
        CheckConstraint("grade BETWEEN 1 AND 6", name="grade"),
        CheckConstraint(
            "(verified_at IS NULL) = (verified_by IS NULL)"
            " AND (verified_at IS NULL) = (source IS NULL)",
            name="verified_by_somebody_from_a_source",
        ),
        CheckConstraint("expires_on >= determined_on", name="expires_on"),
        CheckConstraint(
            "waiting_grade IS NULL OR waiting_since IS NOT NULL AND waiting_grade BETWEEN 1 AND 6",
            name="waiting_grade",
        ),
        Index("ix_standing_expires_on", "expires_on", postgresql_where="expires_on IS NOT NULL"),
        {"comment": "资格：权利所依，自述不作数"},
    )

    need_id: Mapped[UUID] = mapped_column(
        ForeignKey("need.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(primary_key=True, comment="资格种类")
    grade: Mapped[int | None] = mapped_column(SmallInteger, comment="等级")
    declared_at: Mapped[datetime] = mapped_column(comment="自述时间")
    is_refused: Mapped[bool] = mapped_column(comment="核验不符")
    source: Mapped[str | None] = mapped_column(comment="核验依据")
    determined_on: Mapped[date | None] = mapped_column(comment="认定日期")
    expires_on: Mapped[date | None] = mapped_column(comment="有效期末日，含；空为长期")
    verified_by: Mapped[str | None] = mapped_column(comment="核验人")
    verified_at: Mapped[datetime | None] = mapped_column(comment="核验时间")
    waiting_grade: Mapped[int | None] = mapped_column(
        SmallInteger, comment="核验后另称的等级，待核验"
    )
    waiting_since: Mapped[datetime | None] = mapped_column(comment="核验后又自述，自此待核验")
