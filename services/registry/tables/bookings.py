"""Bookings 空间预约 and what they take: the exclusion constraint is the rule of one at a time."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Uuid, false, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.bookings import BookingStatus, CancelReason, Party, SpacePurpose
from registry.tables.base import Base, Record, one_of

_WAITING = text("status IN ('held', 'pending')")


class Booking(Record):
    """A room for a time. Its id is the caller's own."""

    __tablename__ = "booking"
    __table_args__ = (
        one_of("status", BookingStatus),
        one_of("purpose", SpacePurpose),
        one_of("party", Party),
        one_of("cancel_reason", CancelReason),
        CheckConstraint("ends_at > starts_at", name="runs_forward"),
        CheckConstraint("persons > 0", name="persons"),
        CheckConstraint("status <> 'held' OR hold_expires_at IS NOT NULL", name="holds_expire"),
        CheckConstraint(
            "status NOT IN ('confirmed', 'used', 'no_show') OR confirmed_at IS NOT NULL",
            name="confirmed_has_a_time",
        ),
        CheckConstraint(
            "(status = 'cancelled') = (cancelled_at IS NOT NULL AND cancel_reason IS NOT NULL)",
            name="cancelled_says_why",
        ),
        CheckConstraint(
            "(status IN ('used', 'no_show', 'expired')) = (settled_at IS NOT NULL)",
            name="settled_has_a_time",
        ),
        CheckConstraint(
            "num_nulls(corrected_at, correction_reason) <> 1"
            " AND (corrected_at IS NULL OR status IN ('used', 'no_show'))",
            name="correction_says_why",
        ),
        Index("ix_booking_venue_id", "venue_id", "starts_at", "id"),
        Index("ix_booking_space_id", "space_id", "starts_at", "id"),
        Index("ix_booking_starts_at", "starts_at", "id"),
        Index("ix_booking_series_id", "series_id", "id"),
        Index("ix_booking_booker", "booker", "ends_at"),
        Index("ix_booking_organisation_id", "organisation_id", "ends_at"),
        Index("ix_booking_waiting", "id", postgresql_where=_WAITING),
        {"comment": "空间预约"},
    )

    # No foreign keys to venue and space: both are spread over nodes, and none is ever deleted.
    venue_id: Mapped[UUID] = mapped_column(comment="载体")
    space_id: Mapped[UUID] = mapped_column(comment="空间")
    series_id: Mapped[UUID | None] = mapped_column(comment="所属系列")
    party: Mapped[str] = mapped_column(comment="为谁预约：居民、机构、工作人员")
    booker: Mapped[str] = mapped_column(comment="预约人；居民为化名（用途 bookings）")
    organisation_id: Mapped[UUID | None] = mapped_column(comment="预约机构")
    offering_id: Mapped[UUID | None] = mapped_column(comment="为哪项服务")
    purpose: Mapped[str] = mapped_column(comment="用途")
    starts_at: Mapped[datetime] = mapped_column(comment="开始")
    ends_at: Mapped[datetime] = mapped_column(comment="结束，不含")
    persons: Mapped[int] = mapped_column(comment="人数")
    status: Mapped[str] = mapped_column(
        comment="状态：暂占、待审批、已确认、已使用、未到、取消、失效"
    )
    hold_expires_at: Mapped[datetime | None] = mapped_column(comment="暂占到期时间")
    confirmed_at: Mapped[datetime | None] = mapped_column(comment="确认时间")
    cancelled_at: Mapped[datetime | None] = mapped_column(comment="取消时间")
    cancel_reason: Mapped[str | None] = mapped_column(comment="取消原因代码")
    settled_at: Mapped[datetime | None] = mapped_column(comment="登记使用、未到或失效的时间")
    corrected_at: Mapped[datetime | None] = mapped_column(comment="更正使用情况的时间，至多一次")
    correction_reason: Mapped[str | None] = mapped_column(comment="更正原因")


class BookingSeries(Record):
    """A booking that repeats: what was asked, and which times could not be had."""

    __tablename__ = "booking_series"
    __table_args__ = (
        CheckConstraint("jsonb_typeof(skipped) = 'array'", name="skipped_is_a_list"),
        {"comment": "重复预约"},
    )

    venue_id: Mapped[UUID] = mapped_column(comment="载体")
    booker: Mapped[str] = mapped_column(comment="预约人；居民为化名（用途 bookings）")
    asked: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="所提出的内容，重试时据此比对")
    skipped: Mapped[list[Any]] = mapped_column(JSONB, comment="未能预约的各次及原因")


class Blackout(Record):
    """A time in which rooms cannot be booked."""

    __tablename__ = "blackout"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="runs_forward"),
        Index("ix_blackout_venue_id", "venue_id", "starts_at", "id"),
        {"comment": "空间停用时段"},
    )

    venue_id: Mapped[UUID] = mapped_column(comment="载体")
    space_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), comment="停用的房间")
    is_whole: Mapped[bool] = mapped_column(
        server_default=false(), comment="停用整个载体，其后新增的房间也在内"
    )
    starts_at: Mapped[datetime] = mapped_column(comment="开始")
    ends_at: Mapped[datetime] = mapped_column(comment="结束，不含")
    reason: Mapped[str] = mapped_column(comment="原因")


class Occupancy(Base):
    """A room taken for a time, by a booking or a blackout: never by two at once.

    A row stands as long as its holder takes the room, buffers included.
    """

    __tablename__ = "space_occupancy"
    __table_args__ = (
        ExcludeConstraint(
            ("venue_id", "="),
            ("cell_id", "="),
            ("during", "&&"),
            name="ex_space_occupancy_one_at_a_time",
        ),
        CheckConstraint("NOT isempty(during)", name="takes_time"),
        {"comment": "房间占用：预约或停用，同一房间不得重叠"},
    )

    venue_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="载体")
    holder_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="预约或停用的标识")
    cell_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="不可再分的房间")
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE, comment="占用时段，含前后预留")
