"""Words of bookable spaces 可预约空间: rooms of a venue, what they allow, and when they are free.

A divisible hall is a space whose `parts` are the rooms it can be divided into; who books the hall
books all of them, and who books one of them takes the hall. `parts` never change.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.registry.bookings import Moment, SpacePurpose
from common.contracts.registry.hours import OpeningHours
from common.contracts.registry.venues import ExternalCode, FloorArea

SpaceName = Annotated[str, Field(min_length=1, max_length=100)]
Persons = Annotated[int, Field(ge=1, le=10_000, description="可容纳人数 / persons at most")]
Purposes = Annotated[
    list[SpacePurpose],
    Field(min_length=1, max_length=5, description="允许的用途 / what it may be used for"),
]
BufferMinutes = Annotated[
    int, Field(ge=0, le=240, description="前后预留分钟 / minutes kept free before or after")
]
LeadMinutes = Annotated[
    int, Field(ge=0, le=43_200, description="至少提前多少分钟 / booked at least so long ahead")
]
AheadDays = Annotated[
    int, Field(ge=1, le=366, description="最多提前多少天 / booked at most so many days ahead")
]
Minutes = Annotated[int, Field(ge=5, le=1440)]


class SpaceStatus(StrEnum):
    """Whether a room can be booked at all."""

    ACTIVE = "active"
    SUSPENDED = "suspended"  # 暂停预约
    CLOSED = "closed"  # 不再使用


class Equipment(StrEnum):
    """What stands in a room."""

    PROJECTOR = "projector"  # 投影
    SCREEN = "screen"  # 大屏
    SOUND = "sound"  # 音响
    MICROPHONE = "microphone"  # 话筒
    WHITEBOARD = "whiteboard"  # 白板
    VIDEO_CALL = "video_call"  # 视频会议
    STAGE = "stage"  # 舞台
    MIRRORS = "mirrors"  # 镜面墙
    PIANO = "piano"  # 钢琴
    KITCHEN = "kitchen"  # 厨具
    TABLES = "tables"  # 可移动桌椅
    SPORTS = "sports"  # 运动器材
    CHILDREN = "children"  # 儿童设施
    HEARING_LOOP = "hearing_loop"  # 助听回路


class Space(Model):
    """A bookable room or hall, also its state in the feed `space`."""

    id: UUID
    venue_id: UUID
    code: str | None
    name: str
    floor: str | None = Field(description="楼层 / storey")
    parts: list[UUID] = Field(description="可分隔的房间，空为不可分 / rooms it divides into")
    capacity: int = Field(description="可容纳人数 / persons at most")
    floor_area_m2: float | None
    equipment: list[Equipment] = Field(description="设备 / equipment")
    purposes: list[SpacePurpose] = Field(description="允许的用途 / allowed uses")
    opening_hours: OpeningHours | None = Field(
        description="null 为按载体开放时间 / null: those of the venue"
    )
    is_approval_needed: bool = Field(
        description="是否须审批；市场用途一律须审批 / staff approve each booking; market use always"
    )
    buffer_before_minutes: int = Field(description="之前预留分钟 / kept free before")
    buffer_after_minutes: int = Field(description="之后预留分钟 / kept free after")
    lead_minutes: int = Field(description="至少提前分钟 / shortest notice")
    ahead_days: int = Field(description="最多提前天数 / days ahead at most")
    shortest_minutes: int = Field(description="最短时长，分钟 / shortest booking")
    longest_minutes: int = Field(description="最长时长，分钟 / longest booking")
    status: SpaceStatus
    version: int
    updated_at: Instant


class SpaceIn(Input):
    """A new room of a venue, or a hall made of rooms of the same venue."""

    venue_id: UUID
    code: ExternalCode | None = None
    name: SpaceName
    floor: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    parts: list[UUID] = Field(
        default=[], max_length=20, description="可分隔的房间，至少两间 / two rooms at least"
    )
    capacity: Persons
    floor_area_m2: FloorArea | None = None
    equipment: list[Equipment] = Field(default=[], max_length=14)
    purposes: Purposes = Field(
        default=[SpacePurpose.SERVICE, SpacePurpose.ACTIVITY, SpacePurpose.DELIBERATION]
    )
    opening_hours: OpeningHours | None = None
    is_approval_needed: bool = False
    buffer_before_minutes: BufferMinutes = 0
    buffer_after_minutes: BufferMinutes = 0
    lead_minutes: LeadMinutes = 0
    ahead_days: AheadDays = 90
    shortest_minutes: Minutes = 30
    longest_minutes: Minutes = 480
    status: SpaceStatus = SpaceStatus.ACTIVE


class SpacePatch(Input):
    """What can change; an absent field stays, null clears it where that is allowed."""

    code: ExternalCode | None = None
    name: SpaceName | None = None
    floor: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    capacity: Persons | None = None
    floor_area_m2: FloorArea | None = None
    equipment: list[Equipment] | None = Field(None, max_length=14)
    purposes: Purposes | None = None
    opening_hours: OpeningHours | None = None
    is_approval_needed: bool | None = None
    buffer_before_minutes: BufferMinutes | None = None
    buffer_after_minutes: BufferMinutes | None = None
    lead_minutes: LeadMinutes | None = None
    ahead_days: AheadDays | None = None
    shortest_minutes: Minutes | None = None
    longest_minutes: Minutes | None = None
    status: SpaceStatus | None = None


class Stretch(Model):
    """A stretch of time; its end does not belong to it."""

    starts_at: Instant
    ends_at: Instant


class FreeDay(Model):
    """A day of a space: when it is open, and when it could be booked."""

    on: date
    open: list[Stretch] = Field(description="开放时段 / open")
    free: list[Stretch] = Field(description="可预约时段，已扣除前后预留 / free, buffers considered")


class BlackoutIn(Input):
    """Rooms of a venue that cannot be booked for a time; without `space_ids` the whole venue.

    A room that is added to a venue while the whole of it is shut is shut as well.
    """

    venue_id: UUID
    space_ids: list[UUID] = Field(default=[], max_length=100)
    starts_at: Moment
    ends_at: Moment
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class Blackout(Model):
    """A time in which rooms cannot be booked."""

    id: UUID
    venue_id: UUID
    space_ids: list[UUID]
    starts_at: Instant
    ends_at: Instant
    reason: str
    version: int
