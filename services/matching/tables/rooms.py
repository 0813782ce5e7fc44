"""Rooms that sessions need, booked in the registry: one row a booking, and what is to be done."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.matching_referrals import RoomStatus
from common.ids import uuid7
from common.records import one_of
from matching.tables.base import Base


class Room(Base):
    """A room for one session of an offering. Its id is that of the booking in the registry."""

    __tablename__ = "room"
    __table_args__ = (
        one_of("status", RoomStatus),
        CheckConstraint("starts_at < ends_at", name="ends_at"),
        CheckConstraint("persons > 0", name="persons"),
        CheckConstraint("status <> 'refused' OR refusal IS NOT NULL", name="refused_has_a_reason"),
        CheckConstraint(
            "status IN ('booked', 'left') OR due_at IS NOT NULL", name="unfinished_is_due"
        ),
        Index(
            "uq_room_session",
            *("offering_id", "session_on", "session"),
            unique=True,
            postgresql_where="status IN ('wanted', 'booked')",
        ),
        Index("ix_room_due", "due_at", postgresql_where="due_at IS NOT NULL"),
        Index(
            "ix_room_going",
            "space_id",
            postgresql_where="status IN ('refused', 'leaving')",
        ),
        {"comment": "服务场次所需空间：在资源库的预约及待办"},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7, comment="预约标识")
    offering_id: Mapped[UUID] = mapped_column(comment="服务")
    space_id: Mapped[UUID] = mapped_column(comment="资源库中的空间")
    session_on: Mapped[date] = mapped_column(comment="服务日期")
    session: Mapped[str] = mapped_column(comment="场次 HH:MM；不按场计为空串")
    starts_at: Mapped[datetime] = mapped_column(comment="开始时间")
    ends_at: Mapped[datetime] = mapped_column(comment="结束时间")
    persons: Mapped[int] = mapped_column(comment="人数")
    status: Mapped[str] = mapped_column(comment="状态")
    refusal: Mapped[str | None] = mapped_column(comment="未获空间的原因代码")
    due_at: Mapped[datetime | None] = mapped_column(comment="何时再办；空为无事可办")
    tries: Mapped[int] = mapped_column(comment="无人应答的次数")
