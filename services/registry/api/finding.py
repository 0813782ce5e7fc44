"""Query parameters of the lists that people search: where, when, near what."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import AwareDatetime

from common.calendar import Calendar
from common.calendar.official import official_calendar
from common.contracts.written import IN_DIGITS
from common.errors import FieldError, Invalid, Text
from common.geo import System
from common.paging import key_of, token
from registry.api.parameters import WGS84, CoordType
from registry.domain.places import locate
from registry.queries.finding import Key, Near

Item = TypeVar("Item")

ExternalCode = Annotated[str | None, Query(alias="code", max_length=64, description="外部编码")]
OpenAt = Annotated[
    AwareDatetime | None,
    Query(
        ge=datetime(1900, 1, 1, tzinfo=UTC),
        le=datetime(2200, 1, 1, tzinfo=UTC),
        description="此刻开放，如 2026-03-02T10:00:00+08:00（+ 写作 %2B） / open at this instant",
        examples=["2026-03-02T10:00:00+08:00"],
    ),
]
OpenNow = Annotated[bool, Query(description="现在开放 / open now")]


class PointNeeded(Invalid):
    """Nearness needs a whole point."""

    slug = "point-needed"
    title = Text("须给出完整的点", "A point is needed")


async def _days() -> Calendar:
    """The calendar of holidays and make-up days of this release."""
    return official_calendar()


Days = Annotated[Calendar, Depends(_days)]


Longitude = Annotated[float | None, Query(description="经度 / longitude of a point"), IN_DIGITS]
Latitude = Annotated[float | None, Query(description="纬度 / latitude of a point"), IN_DIGITS]
Radius = Annotated[
    float | None,
    Query(gt=0, le=50_000, description="半径，米，默认 2000 / metres, default 2000"),
    IN_DIGITS,
]


def near_point(
    lon: float | None, lat: float | None, radius_m: float | None, system: System
) -> Near | None:
    """The point to look around, in WGS-84; results then come nearest first.

    Raises `PointNeeded` for a radius around nothing, `HalfAPoint` and `PlaceOutsideCity`.
    """
    if lon is None and lat is None:
        if radius_m is not None:
            raise PointNeeded(errors=[FieldError("/lon", None, Text("缺少经纬度", "no point"))])
        return None
    place = locate(lon, lat, system)
    assert place is not None  # noqa: S101 - one coordinate is there, and locate refuses half points
    return Near(place.lon, place.lat, radius_m or 2000)


async def _near(
    lon: Longitude = None,
    lat: Latitude = None,
    radius_m: Radius = None,
    coordtype: CoordType = WGS84,
) -> Near | None:
    """The point that the query names."""
    return near_point(lon, lat, radius_m, coordtype)


NearPoint = Annotated[Near | None, Depends(_near)]


def instant(at: datetime | None, now: datetime, *, open_now: bool) -> datetime | None:
    """The instant at which something should be open, if any was asked for."""
    return at if at is not None else now if open_now else None


def key(after: str | None, near: Near | None) -> Key | None:
    """Where the page before ended; a token of the other order is refused."""
    parts = key_of(after, _code if near is None else _finite, UUID)
    return None if parts is None else Key(*parts)


def found_page(
    rows: Sequence[Any],
    limit: int,
    near: Near | None,
    shown: Callable[[Any, System], Item],
    system: System,
) -> dict[str, Any]:
    """A page of rows that came in the order of `queries.finding.paged`."""
    kept = rows[:limit]
    last = None
    if len(rows) > limit:
        rank = kept[-1].area_code if near is None else kept[-1].rank
        last = token(rank, kept[-1].id)
    return {"items": [shown(row, system) for row in kept], "next": last}


def _code(part: object) -> str:
    if not isinstance(part, str) or "\0" in part:
        raise TypeError("not an area code")
    return part


def _finite(part: object) -> float:
    if isinstance(part, bool) or not isinstance(part, int | float):
        raise TypeError("not a distance")
    return float(part)
