"""Venues: opened, moved, closed. What happens in a venue follows it, and holds it open."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.dictionaries import Dictionary
from common.contracts.registry.hours import OpeningHours
from common.contracts.registry.venues import VenueIn, VenuePatch, VenueStatus
from common.edge import must_match
from common.errors import Conflict, Text
from common.geo import System
from registry import tables
from registry.domain import opening
from registry.domain.places import Place, locate
from registry.domain.searching import venue_tokens
from registry.queries import bookings, dictionaries, followers
from registry.queries import venues as queries
from registry.queries.opening import stored
from registry.queries.references import GROUND, area_id, must_exist
from registry.usecases import duties
from registry.usecases.editing import PURPOSE, change, given, made, plain, touch

KIND: Final = "venue"
_NEEDED: Final = frozenset({"name", "kind", "area_code", "accessibility", "status"})
_COPIED: Final = frozenset({"name", "address", "area_code", "lon", "lat"})


class VenueCodeTaken(Conflict):
    """Another venue has the external code."""

    slug = "venue-code-taken"
    title = Text("外部编码已使用", "External code taken")
    detail = Text("已有载体使用该外部编码。", "Another venue has this external code.")


class VenueInUse(Conflict):
    """Published offerings happen there."""

    slug = "venue-in-use"
    title = Text("载体内仍有已发布的服务", "The venue is in use")
    detail = Text(
        "该载体内有 {count} 项已发布的服务依赖{what}，请先暂停、终止或迁移。",
        "{count} published offerings rely on {what}; suspend, retire or move them first.",
    )


class VenueBooked(Conflict):
    """Somebody has booked a room there."""

    slug = "venue-booked"
    title = Text("载体内仍有预约", "Rooms of the venue are booked")
    detail = Text(
        "该载体的空间仍有 {count} 个未结束的预约，请先取消或待其结束。",
        "{count} bookings of its rooms are not over; give them back first, or wait.",
    )


async def add_venue(
    session: AsyncSession, venue: VenueIn, *, system: System, by: Actor, now: datetime
) -> tables.Venue:
    """A new venue in the caller's area."""
    by.must_cover(venue.area_code)
    values = await _checked(session, venue.model_dump(), system=system, now=now)

    row = tables.Venue(
        **values,
        search=venue_tokens(venue.name, venue.address, venue.code),
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    feed.mark(session, KIND, row.id)
    after = venue.model_dump(mode="json", exclude_none=True)
    audit.note(
        session, by, action="venue.add", target=(KIND, row.id), area=row.area_code, after=after
    )
    return row


async def edit_venue(
    session: AsyncSession,
    venue_id: UUID,
    patch: VenuePatch,
    *,
    version: int,
    system: System,
    by: Actor,
    now: datetime,
) -> tables.Venue:
    """Change a venue; its offerings move with it. It closes only when nothing happens there."""
    row = await queries.venue_for_update(session, venue_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    asked = {k: v for k, v in given(patch).items() if not (k in _NEEDED and v is None)}
    by.must_cover(asked.get("area_code", row.area_code))
    values = await _checked(session, asked, system=system, now=now)
    await _must_stay_useful(session, row, values, now=now)

    before, after = _change(row, values)
    if not after:
        return row
    row.search = venue_tokens(row.name, row.address, row.code)
    touch(row, by, now)
    feed.mark(session, KIND, row.id)
    await session.flush()
    moves = not _COPIED.isdisjoint(after)
    if moves:
        granted = await followers.follow_concessions(
            session, [row.id], by=by.alias(PURPOSE), now=now
        )
        feed.mark_many(session, "concession", granted)
    if "hours" in after:
        await duties.recount(session, [row.id], by=by, now=now)
    if moves:
        moved = await followers.follow(session, [row.id], by=by.alias(PURPOSE), now=now)
        feed.mark_many(session, "offering", moved)
    audit.note(
        session,
        by,
        action="venue.edit",
        target=(KIND, row.id),
        area=row.area_code,
        before=before,
        after=after,
    )
    return row


async def _checked(
    session: AsyncSession, values: dict[str, Any], *, system: System, now: datetime
) -> dict[str, Any]:
    """The columns that some fields fill, each field checked."""
    known = {"/kind": (Dictionary.VENUE_KIND, values.get("kind"))}
    await dictionaries.must_know(session, known, on=city_day(now))
    owners = {f"/{name}": values.get(name) for name in ("owner_id", "operator_id")}
    await must_exist(session, tables.Organisation, owners)
    if "area_code" in values:
        values["area_id"] = await area_id(session, values["area_code"], kinds=GROUND)
    if "accessibility" in values:
        values["accessibility"] = list(dict.fromkeys(values["accessibility"]))
    if "lon" in values or "lat" in values:
        values |= _located(locate(values.get("lon"), values.get("lat"), system))
    if "opening_hours" in values:
        values |= _hours(values.pop("opening_hours"))
    return values


def _located(place: Place | None) -> dict[str, Any]:
    if place is None:
        return dict.fromkeys(("lon", "lat", "coord_source", "place"))
    lon, lat, coord_source, plane = place
    return {"lon": lon, "lat": lat, "coord_source": coord_source, "place": plane}


def _hours(value: Any) -> dict[str, Any]:
    hours = None if value is None else OpeningHours.model_validate(value)
    if hours is not None:
        opening.check(hours)
    return stored(hours)


def _change(row: tables.Venue, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set the values; facts for the audit log without what only an index needs."""
    derived = {"area_id", "place", "open_minutes", "exception_days", "exception_minutes"}
    facts = {name: value for name, value in values.items() if name not in derived}
    before, after = change(row, facts)
    if after:
        for name in derived & values.keys():
            setattr(row, name, values[name])
    return {k: plain(v) for k, v in before.items()}, {k: plain(v) for k, v in after.items()}


async def _must_stay_useful(
    session: AsyncSession, row: tables.Venue, values: Mapping[str, Any], *, now: datetime
) -> None:
    """Refuse to close what published offerings or bookings use, or to drop the hours relied on."""
    closes = values.get("status") == VenueStatus.CLOSED and row.status != VenueStatus.CLOSED
    forgets = "hours" in values and values["hours"] is None and row.hours is not None
    if not closes and not forgets:
        return
    if count := await followers.relying(session, row.id, on_hours=not closes):
        what = Text("该载体", "it") if closes else Text("其开放时间", "its opening hours")
        raise VenueInUse(count=count, what=what)
    if closes and (count := await bookings.ahead_in(session, row.id, now=now)):
        raise VenueBooked(count=count)
