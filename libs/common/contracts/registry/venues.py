"""Words of venues 载体: the places where services happen, who runs them and when they are open.

Places are stored in WGS-84; `coordtype` names the system of what is sent and of what is answered.
"""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.registry.hours import OpeningHours
from common.contracts.registry.organisations import Phone
from common.contracts.shapes import AreaCode, DictionaryCode
from common.geo import System


class OperatorMode(StrEnum):
    """Who runs a venue day by day: the paper's three modes."""

    NEIGHBOURHOOD_STAFF = "neighbourhood_staff"  # 居村干部
    STREET_STAFF = "street_staff"  # 街道干部或专职社工
    THIRD_PARTY = "third_party"  # 第三方


class VenueStatus(StrEnum):
    """Whether a venue can be visited at all; hours say when."""

    ACTIVE = "active"
    SUSPENDED = "suspended"  # 暂停开放, shown to the public as such
    CLOSED = "closed"  # 撤销, gone from the public lists


class Accessibility(StrEnum):
    """What makes a venue usable for more people 无障碍设施."""

    RAMP = "ramp"  # 坡道
    STEP_FREE = "step_free"  # 无台阶出入口
    LIFT = "lift"  # 电梯
    STAIR_CLIMBER = "stair_climber"  # 爬楼机
    ACCESSIBLE_TOILET = "accessible_toilet"  # 无障碍卫生间
    ACCESSIBLE_PARKING = "accessible_parking"  # 无障碍车位
    TACTILE_PAVING = "tactile_paving"  # 盲道
    HEARING_LOOP = "hearing_loop"  # 助听回路
    SIGN_LANGUAGE = "sign_language"  # 手语服务
    NURSING_ROOM = "nursing_room"  # 母婴室


ExternalCode = Annotated[
    str,
    Field(
        pattern=r"^[0-9A-Za-z][0-9A-Za-z_.:/-]{0,63}$",
        description="外部编码，导入时据此更新 / external code, the key of imports",
    ),
]
VenueName = Annotated[str, Field(min_length=1, max_length=100)]
Address = Annotated[str, Field(min_length=1, max_length=200)]
FloorArea = Annotated[
    float, Field(gt=0, le=1_000_000, allow_inf_nan=False, description="平方米 / m²")
]


class Venue(Model):
    """A venue: the answer for one, a row of the list, and its state in the feed `venue`."""

    id: UUID
    code: str | None
    name: str
    kind: str = Field(description="字典 venue_kind / dictionary code")
    area_id: UUID
    area_code: str
    area_path: str = Field(description="全路径名称，因居村多有重名 / full path: names repeat")
    address: str | None
    lon: float | None
    lat: float | None
    coord_source: System | None = Field(description="登记时的坐标系 / the system as delivered")
    operator_mode: OperatorMode | None
    owner_id: UUID | None
    operator_id: UUID | None
    floor_area_m2: float | None
    phone: str | None
    accessibility: list[Accessibility]
    opening_hours: OpeningHours | None = Field(description="null 为未知 / null: not known")
    status: VenueStatus
    version: int
    updated_at: Instant


class FoundVenue(Venue):
    """A venue in a list; with the distance when a point was asked about."""

    distance_m: float | None


class VenueIn(Input):
    """A new venue. Its place is read in the system that the parameter `coordtype` names."""

    code: ExternalCode | None = None
    name: VenueName
    kind: DictionaryCode
    area_code: AreaCode = Field(description="居村或街镇的 12 位代码 / of a neighbourhood or a town")
    address: Address | None = None
    lon: float | None = Field(None, allow_inf_nan=False)
    lat: float | None = Field(None, allow_inf_nan=False)
    operator_mode: OperatorMode | None = None
    owner_id: UUID | None = None
    operator_id: UUID | None = None
    floor_area_m2: FloorArea | None = None
    phone: Phone | None = None
    accessibility: list[Accessibility] = Field(default=[], max_length=20)
    opening_hours: OpeningHours | None = None
    status: VenueStatus = VenueStatus.ACTIVE


class VenuePatch(Input):
    """What can change; an absent field stays, null clears it where that is allowed."""

    code: ExternalCode | None = None
    name: VenueName | None = None
    kind: DictionaryCode | None = None
    area_code: AreaCode | None = None
    address: Address | None = None
    lon: float | None = Field(None, allow_inf_nan=False)
    lat: float | None = Field(None, allow_inf_nan=False)
    operator_mode: OperatorMode | None = None
    owner_id: UUID | None = None
    operator_id: UUID | None = None
    floor_area_m2: FloorArea | None = None
    phone: Phone | None = None
    accessibility: list[Accessibility] | None = Field(None, max_length=20)
    opening_hours: OpeningHours | None = None
    status: VenueStatus | None = None
