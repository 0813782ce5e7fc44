"""Idle property: found, surveyed, agreed upon, fitted out, in use."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.dictionaries import Dictionary
from common.contracts.registry.idle_properties import (
    IdlePropertyIn,
    IdlePropertyPatch,
    PropertyMove,
    PropertyStatus,
)
from common.edge import must_match
from common.errors import Conflict, Text
from common.geo import System
from registry import tables
from registry.domain import idle_properties as rules
from registry.domain.places import locate
from registry.queries import dictionaries
from registry.queries import idle_properties as queries
from registry.queries.references import area_id, must_exist
from registry.usecases.editing import change, given, made, plain, touch

KIND: Final = "idle_property"
_NEEDED: Final = frozenset({"name", "area_code"})
_TOGETHER: Final = frozenset({"venue_id", "area_code"})
_FACTS: Final = tuple(IdlePropertyIn.model_fields)


class PropertyCodeTaken(Conflict):
    """Another property has the external code."""

    slug = "property-code-taken"
    title = Text("外部编码已使用", "External code taken")
    detail = Text("已有存量房屋使用该外部编码。", "Another property has this external code.")


class VenueTaken(Conflict):
    """Another property became this venue."""

    slug = "venue-taken"
    title = Text("载体已关联", "The venue is taken")
    detail = Text("该载体已关联另一处存量房屋。", "Another property became this venue.")


async def add_property(
    session: AsyncSession, found: IdlePropertyIn, *, system: System, by: Actor, now: datetime
) -> tables.IdleProperty:
    """A property that was found in the caller's area."""
    by.must_cover(found.area_code)
    values = await _checked(session, found.model_dump(), system=system, now=now)
    rules.check(values)
    await _must_lie_together(session, values)
    row = tables.IdleProperty(
        **values, status=PropertyStatus.FOUND, status_since=now, **made(by, now)
    )
    session.add(row)
    await session.flush()
    after = found.model_dump(mode="json", exclude_none=True)
    audit.note(
        session, by, action="property.add", target=(KIND, row.id), area=row.area_code, after=after
    )
    return row


async def edit_property(
    session: AsyncSession,
    property_id: UUID,
    patch: IdlePropertyPatch,
    *,
    version: int,
    system: System,
    by: Actor,
    now: datetime,
) -> tables.IdleProperty:
    """Change a property; what its step asked for stays."""
    row = await queries.property_for_update(session, property_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    asked = {k: v for k, v in given(patch).items() if not (k in _NEEDED and v is None)}
    by.must_cover(asked.get("area_code", row.area_code))
    values = await _checked(session, asked, system=system, now=now)
    whole = {name: getattr(row, name) for name in _FACTS} | values
    rules.check(whole)
    if not _TOGETHER.isdisjoint(values):
        await _must_lie_together(session, whole)
    rules.must_be_complete(row.status, whole)

    before, after = change(row, values)
    if not after:
        return row
    touch(row, by, now)
    audit.note(
        session,
        by,
        action="property.edit",
        target=(KIND, row.id),
        area=row.area_code,
        before={k: plain(v) for k, v in before.items()},
        after={k: plain(v) for k, v in after.items()},
    )
    return row


async def move_property(
    session: AsyncSession,
    property_id: UUID,
    step: PropertyMove,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.IdleProperty:
    """The next step of a property; what is dropped may be found again."""
    row = await queries.property_for_update(session, property_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    facts = {name: getattr(row, name) for name in _FACTS}
    current = row.status
    row.status = rules.move(current, step.status, facts, reason=step.reason)
    row.status_since = now
    row.drop_reason = step.reason if step.status is PropertyStatus.DROPPED else None
    touch(row, by, now)
    audit.note(
        session,
        by,
        action="property.move",
        target=(KIND, row.id),
        area=row.area_code,
        before={"status": current},
        after={"status": row.status},
        reason=step.reason,
    )
    return row


async def _must_lie_together(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """A property becomes a venue where it stands."""
    if values["venue_id"] is None:
        return
    area_code = await queries.area_of_venue(session, values["venue_id"])
    rules.must_lie_together(values["area_code"], area_code)


async def _checked(
    session: AsyncSession, values: dict[str, Any], *, system: System, now: datetime
) -> dict[str, Any]:
    """The columns that some fields fill, each field checked."""
    words = {"/planned_use": (Dictionary.VENUE_KIND, values.get("planned_use"))}
    await dictionaries.must_know(session, words, on=city_day(now))
    await must_exist(session, tables.Organisation, {"/owner_id": values.get("owner_id")})
    await must_exist(session, tables.Venue, {"/venue_id": values.get("venue_id")})
    if "area_code" in values:
        values["area_id"] = await area_id(session, values["area_code"])
    if "lon" in values or "lat" in values:
        place = locate(values.get("lon"), values.get("lat"), system)
        values |= (
            dict.fromkeys(("lon", "lat", "coord_source"))
            if place is None
            else {"lon": place.lon, "lat": place.lat, "coord_source": place.coord_source}
        )
    return values
