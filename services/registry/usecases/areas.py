"""Areas that staff draw themselves: grids, estates, catchments, sectors."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed, geo, text
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.areas import DIVISIONS, AreaIn, AreaPatch
from common.contracts.registry.dictionaries import Dictionary
from common.edge import must_match
from common.errors import FieldError, Invalid, Text
from registry import tables
from registry.domain.areas import DivisionsComeByEdition, check_past, check_period, path_of
from registry.queries import area_periods as periods
from registry.queries import areas as queries
from registry.queries import dictionaries
from registry.usecases.editing import change, given, made, touch

KIND: Final = "area"
_HISTORICAL: Final = frozenset({"name", "code"})


class HalfPoint(Invalid):
    """Longitude without latitude, or the other way round."""

    slug = "half-point"
    title = Text("坐标不完整", "Half a point")
    detail = Text(
        "经度和纬度须同时填写或同时留空。", "Give both longitude and latitude, or neither."
    )


class WrongParent(Invalid):
    """The area in which a new one should lie has ended, or is no division."""

    slug = "wrong-parent"
    title = Text("所在区划无效", "Wrong parent")


async def add_area(
    session: AsyncSession, area: AreaIn, *, system: geo.System, by: Actor, now: datetime
) -> tables.Area:
    """A new area outside the division code, within a division that the caller covers."""
    parent = await queries.area(session, area.parent_id, lock=True)
    _must_be_home(parent)
    by.must_cover(parent.short_code)
    today = city_day(now)
    await dictionaries.must_know(session, _words(area.area_type), on=today)
    check_past(area.valid_from, today, pointer="/valid_from")

    row = tables.Area(
        kind=area.kind,
        code=area.code,
        name=area.name,
        short_code=parent.short_code,
        path_name=path_of(parent.path_name, area.name),
        parent_id=parent.id,
        area_type=area.area_type,
        valid_from=area.valid_from or today,
        search=text.tokens(area.name, area.code),
        **_point(area.lon, area.lat, system),
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    session.add(periods.opened(row, row.valid_from))
    feed.mark(session, KIND, row.id)
    after = area.model_dump(mode="json")
    audit.note(
        session, by, action="area.add", target=(KIND, row.id), area=row.short_code, after=after
    )
    return row


async def edit_area(
    session: AsyncSession,
    area_id: UUID,
    patch: AreaPatch,
    *,
    version: int,
    system: geo.System,
    by: Actor,
    now: datetime,
) -> tables.Area:
    """Change an area; a change of name or code opens a new period of its history."""
    row = await queries.area(session, area_id, lock=True)
    by.must_cover(row.short_code)
    must_match(row.version, version)
    values = _allowed(row, patch, system)
    today = city_day(now)
    await dictionaries.must_know(session, _words(values.get("area_type")), on=today)
    check_past(values.get("valid_to"), today + timedelta(days=1), pointer="/valid_to")
    check_period(row.valid_from, values.get("valid_to", row.valid_to))
    if values.get("name", row.name) != row.name:
        values["path_name"] = path_of(row.path_name.rpartition("/")[0], values["name"])

    before, after = change(row, values)
    if not after:
        return row
    touch(row, by, now)
    await _keep_history(session, row, before, today)
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action="area.edit",
        target=(KIND, row.id),
        area=row.short_code,
        before=before,
        after=after,
    )
    return row


async def _keep_history(
    session: AsyncSession, row: tables.Area, before: dict[str, Any], today: date
) -> None:
    """Carry the change into the periods: a new name opens one, an end closes the last."""
    last = (await periods.last_periods(session, [row.id]))[row.id]
    if row.valid_to is not None:
        check_period(last.valid_from, row.valid_to)
    last.valid_to = row.valid_to
    if _HISTORICAL.isdisjoint(before):
        return
    await periods.renew(session, [row], on=today)
    row.search = text.tokens(row.name, row.code, *await periods.names(session, row.id))


def _must_be_home(parent: tables.Area) -> None:
    """Own areas lie in a division that stands."""
    if parent.valid_to is None and parent.level is not None:
        return
    message = Text("须为现行的市、区、街镇或居村", "must be a present division")
    raise WrongParent(errors=[FieldError("/parent_id", str(parent.id), message)])


def _words(area_type: str | None) -> dict[str, tuple[Dictionary, str | None]]:
    return {"/area_type": (Dictionary.AREA_TYPE, area_type)}


def _point(lon: float | None, lat: float | None, system: geo.System) -> dict[str, Any]:
    if (lon is None) != (lat is None):
        raise HalfPoint
    if lon is None or lat is None:
        return {"lon": None, "lat": None, "coord_source": None}
    point = geo.to_wgs84(lon, lat, system)
    return {"lon": point.lon, "lat": point.lat, "coord_source": system}


def _allowed(row: tables.Area, patch: AreaPatch, system: geo.System) -> dict[str, Any]:
    """The new values of a patch; a division's own facts are refused."""
    values = given(patch)
    if values.get("name", "") is None:
        del values["name"]
    if row.kind in DIVISIONS:
        for name in ("name", "code", "valid_to"):
            if name in values and values[name] != getattr(row, name):
                raise DivisionsComeByEdition(
                    field=_FIELDS[name],
                    errors=[FieldError(f"/{name}", values[name], _FIELDS[name])],
                )
    if "lon" in values or "lat" in values:
        values |= _point(values.get("lon"), values.get("lat"), system)
    return values


_FIELDS: Final = {
    "name": Text("名称", "name"),
    "code": Text("代码", "code"),
    "valid_to": Text("终止日期", "end"),
}
