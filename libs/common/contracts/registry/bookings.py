"""Words of space bookings 空间预约, written before the registry has them: matching uses them.

Served from the release of issue 7. The id is the caller's own UUID, so that a repeated PUT is one
booking.
"""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model


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


class BookingIn(Input):
    """A room for a time, on behalf of an organisation."""

    space_id: UUID
    organisation_id: UUID | None = None
    offering_id: UUID | None = Field(None, description="为哪项服务 / offering that needs the room")
    purpose: SpacePurpose
    starts_at: Instant
    ends_at: Instant
    persons: int = Field(ge=1, le=10_000)


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
    version: int
