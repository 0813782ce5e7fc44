"""Words of space bookings 空间预约: held, asked for, confirmed, used. One at a time, or a series.

The id is the caller's own UUID, so that a repeated PUT is one booking.
"""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from common.contracts.base import Input, Instant, Model

Moment = Annotated[
    AwareDatetime,
    Field(
        ge=datetime(2000, 1, 1, tzinfo=UTC),
        le=datetime(2200, 1, 1, tzinfo=UTC),
        description="2000 至 2200 年间的时刻，须带时区 / between 2000 and 2200, with its zone",
    ),
]


class BookingStatus(StrEnum):
    """The life of a booking; `held`, `pending` and `confirmed` take the room."""

    HELD = "held"  # 暂占
    PENDING = "pending"  # 待审批
    CONFIRMED = "confirmed"
    USED = "used"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class SpacePurpose(StrEnum):
    """What a room is used for, as the ledger of use counts it."""

    SERVICE = "service"  # 社会服务
    ACTIVITY = "activity"  # 居民活动
    DELIBERATION = "deliberation"  # 议事
    ADMINISTRATION = "administration"  # 行政占用
    MARKET = "market"  # 市场经营


class Party(StrEnum):
    """For whom a room is booked."""

    RESIDENT = "resident"  # 居民本人
    ORGANISATION = "organisation"  # 机构，由其自己或工作人员代订
    OFFICE = "office"  # 载体、居村、街镇工作人员


class CancelReason(StrEnum):
    """Why a booking was given back or refused."""

    WITHDRAWN = "withdrawn"  # 预约人取消
    REJECTED = "rejected"  # 审批未通过
    DISPLACED = "displaced"  # 让位于紧急事务
    UNUSABLE = "unusable"  # 场地不可用


class BookingIn(Input):
    """A room for a time: for oneself, or on behalf of an organisation."""

    space_id: UUID
    organisation_id: UUID | None = None
    offering_id: UUID | None = Field(None, description="为哪项服务 / offering that needs the room")
    purpose: SpacePurpose
    starts_at: Moment
    ends_at: Moment
    persons: int = Field(ge=1, le=10_000)
    is_hold: bool = Field(
        default=False,
        description="仅暂占，限时内须确认 / hold it only: to be confirmed before it expires",
    )


class Booking(Model):
    """A booking, also its state in the feed `booking`; who booked is not told."""

    id: UUID
    space_id: UUID
    venue_id: UUID
    offering_id: UUID | None
    purpose: SpacePurpose
    status: BookingStatus
    starts_at: Instant
    ends_at: Instant
    persons: int
    hold_expires_at: Instant | None
    confirmed_at: Instant | None
    cancelled_at: Instant | None
    cancel_reason: str | None = Field(description="原因代码 / reason code")
    settled_at: Instant | None = Field(
        description="登记使用、未到或失效的时间 / when use, no-show or expiry was recorded"
    )
    version: int


class OwnBooking(Booking):
    """A booking as its party and the staff of the area see it."""

    party: Party = Field(description="为谁预约 / for whom")
    organisation_id: UUID | None
    series_id: UUID | None


class Rejection(Input):
    """Why staff take a booking away."""

    reason: CancelReason = CancelReason.REJECTED


class Attendance(Input):
    """What came of a confirmed booking; told otherwise once, within the days of the rule."""

    is_used: bool = Field(description="true 已使用，false 未到 / used, or nobody came")
    reason: str | None = Field(
        None,
        min_length=1,
        max_length=500,
        description="更正已登记的情况时须填；首次登记时可填，记入日志"
        " / needed when what was told is corrected; goes into the log when first told",
    )


class Every(StrEnum):
    """How often a series repeats, by the city's clock."""

    DAY = "day"
    WEEK = "week"
    FORTNIGHT = "fortnight"


class OnClash(StrEnum):
    """What becomes of a series when some of its times cannot be had."""

    FAIL = "fail"  # 全部不订
    SKIP = "skip"  # 跳过该次


class SkipReason(StrEnum):
    """Why a time of a series was left out."""

    TAKEN = "taken"
    CLOSED = "closed"


class SeriesIn(Input):
    """A booking that repeats; `first` is its first time."""

    first: BookingIn
    every: Every
    times: Annotated[int, Field(ge=2, le=60, description="共几次 / how many times")]
    on_clash: OnClash = OnClash.FAIL


class Skipped(Model):
    """A time that was left out."""

    on: date
    reason: SkipReason


class BookingSeries(Model):
    """What a series brought: all of it, or with `skip` all but the times named."""

    id: UUID
    bookings: list[OwnBooking]
    skipped: list[Skipped]
