"""Words of the use of space: how much of the open time is booked and used, by whom for what.

Minutes are room-minutes: a booked hall counts once for each room that it is made of.
"""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Model
from common.contracts.registry.bookings import SpacePurpose

Month = Annotated[
    str,
    Field(
        pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", description="月份 / month", examples=["2026-05"]
    ),
]


class PurposeUse(Model):
    """One purpose in a month."""

    purpose: SpacePurpose
    booked_minutes: int
    used_minutes: int = Field(description="登记为已使用 / recorded as used")


class VenueUse(Model):
    """The rooms of a venue in a month, and what administration takes of them."""

    venue_id: UUID
    venue_name: str
    area_code: str
    rooms: int = Field(description="不可再分的房间数 / rooms that divide no further")
    open_minutes: int
    booked_minutes: int
    used_minutes: int
    purposes: list[PurposeUse]
    administration_share: float | None = Field(
        description="行政占用占开放时长的比例 0–1；无开放时长为 null / share of the open time"
    )
    administration_cap: float = Field(description="上限 0–1 / cap")
    rule: str = Field(description="上限依据的规则编号 / rule of the cap")
    is_over_cap: bool


class RoomUse(Model):
    """A room in a month."""

    space_id: UUID
    venue_id: UUID
    name: str
    open_minutes: int
    booked_minutes: int
    used_minutes: int
    booked_share: float = Field(description="预约占开放时长的比例 0–1 / share of the open time")
    rule: str = Field(description="闲置线依据的规则编号 / rule of the line")
