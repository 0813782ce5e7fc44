"""Spaces 可预约空间 of a venue. A divisible hall names the rooms it is made of."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.bookings import SpacePurpose
from common.contracts.registry.spaces import Equipment, SpaceStatus
from registry.tables.base import Record, one_of

_PURPOSES = ", ".join(f"'{word}'" for word in SpacePurpose)
_EQUIPMENT = ", ".join(f"'{word}'" for word in Equipment)


class Space(Record):
    """A room, or a hall made of rooms."""

    __tablename__ = "space"
    __table_args__ = (
        one_of("status", SpaceStatus),
        UniqueConstraint("venue_id", "code"),
        CheckConstraint("cardinality(parts) <> 1", name="parts"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("floor_area_m2 > 0", name="floor_area_m2"),
        CheckConstraint(f"equipment <@ ARRAY[{_EQUIPMENT}]", name="equipment"),
        CheckConstraint(
            f"purposes <@ ARRAY[{_PURPOSES}] AND cardinality(purposes) > 0", name="purposes"
        ),
        CheckConstraint(
            "buffer_before_minutes >= 0 AND buffer_after_minutes >= 0 AND lead_minutes >= 0",
            name="minutes_are_not_negative",
        ),
        CheckConstraint("shortest_minutes <= longest_minutes", name="lengths_run_upwards"),
        Index("ix_space_venue_id", "venue_id", "id"),
        {"comment": "可预约空间；可分隔的厅由多间组成"},
    )

    # No foreign key: venues are spread over nodes by their own id, and none is ever deleted.
    venue_id: Mapped[UUID] = mapped_column(comment="所在载体")
    code: Mapped[str | None] = mapped_column(comment="外部编码，载体内唯一")
    name: Mapped[str] = mapped_column(comment="名称")
    floor: Mapped[str | None] = mapped_column(comment="楼层")
    parts: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), comment="组成房间；空为不可分")
    capacity: Mapped[int] = mapped_column(comment="可容纳人数")
    floor_area_m2: Mapped[float | None] = mapped_column(comment="面积，平方米")
    equipment: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="设备")
    purposes: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="允许的用途")
    hours: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="开放时间（原样）；空为按载体"
    )
    is_approval_needed: Mapped[bool] = mapped_column(comment="是否须审批")
    buffer_before_minutes: Mapped[int] = mapped_column(comment="之前预留分钟")
    buffer_after_minutes: Mapped[int] = mapped_column(comment="之后预留分钟")
    lead_minutes: Mapped[int] = mapped_column(comment="至少提前分钟")
    ahead_days: Mapped[int] = mapped_column(comment="最多提前天数")
    shortest_minutes: Mapped[int] = mapped_column(comment="最短时长，分钟")
    longest_minutes: Mapped[int] = mapped_column(comment="最长时长，分钟")
    status: Mapped[str] = mapped_column(comment="状态：可预约、暂停、停用")

    @property
    def cells(self) -> list[UUID]:
        """The rooms that a booking of it takes: its parts, or itself. In the order of locks."""
        return sorted(set(self.parts) or {self.id})
