"""Words of areas 区划与片区: the four levels of the division list, and areas outside it.

Codes are division codes of 12 digits; `short_code` are their significant digits. Points are stored
in WGS-84; `coordtype` names the system of what is sent and of what is answered.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.geo import System


class AreaKind(StrEnum):
    """What an area is. The first four are the levels; the last four follow no division code."""

    CITY = "city"
    DISTRICT = "district"
    TOWN = "town"
    NEIGHBOURHOOD = "neighbourhood"
    AGGREGATE = (
        "aggregate"  # 市辖区: kept as it stands in the list, but no level and never a parent
    )
    GRID = "grid"
    ESTATE = "estate"
    CATCHMENT = "catchment"
    SECTOR = "sector"


LEVELS: Final = (AreaKind.CITY, AreaKind.DISTRICT, AreaKind.TOWN, AreaKind.NEIGHBOURHOOD)
DIVISIONS: Final = (*LEVELS, AreaKind.AGGREGATE)


class OwnAreaKind(StrEnum):
    """Kinds of areas that staff draw themselves: 网格, 小区, 服务圈, 片区."""

    GRID = "grid"
    ESTATE = "estate"
    CATCHMENT = "catchment"
    SECTOR = "sector"


class SuccessionKind(StrEnum):
    """How one area follows another. A mere rename or recoding keeps the area and its id."""

    MERGED = "merged"
    SPLIT = "split"
    REPLACED = "replaced"


AreaName = Annotated[str, Field(min_length=1, max_length=100)]
AreaOwnCode = Annotated[
    str,
    Field(
        max_length=40,
        pattern=r"^([0-9]{1,11}|[0-9]{13,}|[0-9]*[A-Za-z][0-9A-Za-z_.-]*)$",
        description="自编代码，不得形如 12 位区划代码 / own code, not 12 digits",
    ),
]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]


class Area(Model):
    """An area as lists show it."""

    id: UUID
    code: str | None = Field(description="12 位区划代码，或自编代码 / division code, or own code")
    short_code: str = Field(
        description="有效位前缀，数据范围以此为准 / significant digits, the data scope"
    )
    kind: AreaKind
    level: int | None = Field(description="1 市 2 区 3 街镇 4 居村；其余为 null")
    division_kind: str | None = Field(
        description="街道、镇、居委会等 / as the division list names it"
    )
    name: str
    path_name: str = Field(description="全路径名称，如 上海市/黄浦区/外滩街道")
    parent_id: UUID | None
    area_type: str | None = Field(description="字典 area_type，用于同类比较 / for peer comparison")
    lon: float | None
    lat: float | None
    coord_source: System | None = Field(description="登记时的坐标系 / the system as delivered")
    valid_from: date
    valid_to: date | None = Field(
        description="终止日期（不含当日） / first day on which it is no more"
    )
    source_edition: str | None = Field(description="区划数据版本 / edition of the list")
    version: int
    updated_at: Instant


class AreaPeriod(Model):
    """What an area was called and where it belonged for a time; `valid_to` is exclusive."""

    valid_from: date
    valid_to: date | None
    code: str | None
    name: str
    path_name: str
    parent_id: UUID | None
    source_edition: str | None


class Succession(Model):
    """One area followed by another."""

    predecessor_id: UUID
    successor_id: UUID
    kind: SuccessionKind
    on: date


class AreaMember(Model):
    """An area that another one contains for a time, other than by the division code."""

    id: UUID
    member_id: UUID
    valid_from: date
    valid_to: date | None


class AreaState(Area):
    """An area with all that hangs on it: the answer for one area, and its state in the feed."""

    history: list[AreaPeriod]
    predecessors: list[Succession]
    successors: list[Succession]
    members: list[AreaMember]


class AreaIn(Input):
    """A new area outside the division code."""

    kind: OwnAreaKind
    code: AreaOwnCode | None = None
    name: AreaName
    parent_id: UUID = Field(description="所在的区划 / the division in which it lies")
    area_type: str | None = None
    lon: Longitude | None = None
    lat: Latitude | None = None
    valid_from: date | None = Field(None, description="默认当天 / today when absent")


class AreaPatch(Input):
    """What can change. Divisions keep name and code: those come with an edition of the list."""

    name: AreaName | None = None
    code: AreaOwnCode | None = None
    area_type: str | None = None
    lon: Longitude | None = None
    lat: Latitude | None = None
    valid_to: date | None = Field(None, description="终止日期 / ends the area")


class AreaMemberIn(Input):
    """An area to be contained in another."""

    member_id: UUID
    valid_from: date | None = Field(None, description="默认当天 / today when absent")
    valid_to: date | None = None


class AreaMemberEnd(Input):
    """The end of a membership."""

    valid_to: date = Field(description="首个不再包含的日期 / first day without it")


class EditionChange(StrEnum):
    """What an edition of the division list does to an area."""

    ADDED = "added"
    RENAMED = "renamed"
    MOVED = "moved"
    MERGED = "merged"
    SPLIT = "split"
    ENDED = "ended"
    PATH = "path"  # an area above it was renamed or moved


class EditionChangeRow(Model):
    """One change; `before` and `after` are path names."""

    change: EditionChange
    code: str
    before: str | None
    after: str | None
    successors: list[str] = Field(description="承接区划代码 / codes that follow it")


class AreaEdition(Model):
    """An edition of the division list and what its import did, or in a dry run would do."""

    id: UUID | None = Field(description="试运行时为 null / null in a dry run")
    name: str
    scope: str = Field(description="覆盖的区划前缀 / prefix that the list covers completely")
    valid_from: date
    source: str
    rows: int
    unchanged: int
    counts: dict[EditionChange, int]
    changes: list[EditionChangeRow] = Field(description="至多 1000 条 / at most 1,000")
    ended_in_use: list[str] = Field(
        description="已终止而仍被引用的区划代码，需人工划转 / ended, yet records point there"
    )
    dry_run: bool
    imported_at: Instant | None
    imported_by: str | None
