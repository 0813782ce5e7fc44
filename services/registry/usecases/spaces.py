"""Spaces and their blackouts: opened, changed, closed. What is booked holds a room open."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.contracts.registry.hours import OpeningHours
from common.contracts.registry.spaces import BlackoutIn, SpaceIn, SpacePatch, SpaceStatus
from common.edge import must_match
from common.errors import Conflict, FieldError, Invalid, Text
from common.ids import uuid7
from registry import tables
from registry.domain import opening
from registry.domain.bookings import Period
from registry.queries import bookings as booking_queries
from registry.queries import spaces as queries
from registry.queries.references import UnknownReference
from registry.queries.venues import venue_for_update
from registry.usecases.booking_steps import lapse
from registry.usecases.editing import change, given, made, plain, tell, touch

KIND: Final = "space"
_CLEARED: Final = frozenset({"code", "floor", "floor_area_m2", "opening_hours"})
_TOLD: Final = 10


class SpaceCodeTaken(Conflict):
    """Another room of the venue has the external code."""

    slug = "space-code-taken"
    title = Text("外部编码已使用", "External code taken")
    detail = Text("该载体内已有空间使用此外部编码。", "Another room of the venue has this code.")


class WrongSpace(Invalid):
    """Parts of a room's description that contradict each other."""

    slug = "wrong-space"
    title = Text("空间内容前后矛盾", "The room contradicts itself")


class SpaceInUse(Conflict):
    """Bookings that are not over rely on it."""

    slug = "space-in-use"
    title = Text("空间仍有预约", "The room is booked")
    detail = Text(
        "该空间或含它的厅仍有 {count} 个未结束的预约，请先取消或待其结束。",
        "{count} bookings of this room, or of a hall it belongs to, are not over.",
    )


class BlackoutClashes(Conflict):
    """Something takes the rooms then."""

    slug = "blackout-clashes"
    title = Text("停用时段内已有预约", "Booked then")
    detail = Text(
        "所选房间在该时段已有预约或停用（见 errors），请先处理。",
        "The rooms are booked or blacked out then (see errors); settle that first.",
    )


async def add_space(
    session: AsyncSession, space: SpaceIn, *, by: Actor, now: datetime
) -> tables.Space:
    """A new room or hall of a venue in the caller's area."""
    venue = await venue_for_update(session, space.venue_id)
    by.must_cover(venue.area_code)
    values = space.model_dump()
    _check(values)
    await _must_be_rooms(session, space.venue_id, space.parts)

    values["hours"] = _hours(values.pop("opening_hours"))
    row = tables.Space(**values, **made(by, now))
    session.add(row)
    await session.flush()
    if not row.parts:
        await _shut_in(session, row, by=by, now=now)
    after = space.model_dump(mode="json", exclude_none=True)
    tell(session, by, "space.add", row, area=venue.area_code, after=after)
    return row


async def _shut_in(session: AsyncSession, row: tables.Space, *, by: Actor, now: datetime) -> None:
    """A new room is shut as long as its whole venue is."""
    for blackout in await booking_queries.blackouts(session, row.venue_id, now=now, lock=True):
        if blackout.is_whole:
            blackout.space_ids = sorted([*blackout.space_ids, row.id])
            touch(blackout, by, now)
            held = [(blackout.id, Period(blackout.starts_at, blackout.ends_at))]
            await booking_queries.take(session, row.venue_id, [row.id], held)


async def edit_space(
    session: AsyncSession,
    space_id: UUID,
    patch: SpacePatch,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Space:
    """Change a room; bookings that stand keep the terms on which they were made."""
    row = await queries.space_for_update(session, space_id)
    _, area_code = await queries.place_of(session, space_id)
    by.must_cover(area_code)
    must_match(row.version, version)
    asked = {k: v for k, v in given(patch).items() if v is not None or k in _CLEARED}
    if "opening_hours" in asked:
        asked["hours"] = _hours(asked.pop("opening_hours"))
    _check({name: getattr(row, name) for name in _LENGTHS} | asked)
    if asked.get("status") == SpaceStatus.CLOSED and row.status != SpaceStatus.CLOSED:
        await _must_be_free(session, row, now=now)

    before, after = change(row, asked)
    if after:
        touch(row, by, now)
        tell(session, by, "space.edit", row, area=area_code, before=before, after=after)
    return row


async def black_out(
    session: AsyncSession, blackout: BlackoutIn, *, by: Actor, now: datetime
) -> tables.Blackout:
    """Keep rooms free of bookings for a time. What is booked then has to be settled first."""
    venue = await venue_for_update(session, blackout.venue_id)
    by.must_cover(venue.area_code)
    if blackout.ends_at <= blackout.starts_at:
        message = Text("结束须晚于开始", "it ends after it begins")
        raise WrongSpace(errors=[FieldError("/ends_at", str(blackout.ends_at), message)])
    rooms = await queries.rooms_of(session, venue.id)
    chosen = sorted(set(blackout.space_ids)) or rooms
    await _must_be_rooms(session, venue.id, chosen, "/space_ids")
    period = Period(blackout.starts_at, blackout.ends_at)
    await queries.locked(session, chosen)
    await _must_have_nothing(session, venue.id, chosen, period, now=now)

    row = tables.Blackout(
        id=uuid7(),
        **blackout.model_dump() | {"space_ids": chosen, "is_whole": not blackout.space_ids},
        **made(by, now),
    )
    session.add(row)
    if chosen:
        await booking_queries.take(session, venue.id, chosen, [(row.id, period)])
    after = {k: plain(v) for k, v in blackout.model_dump().items()}
    audit.note(
        session,
        by,
        action="blackout.add",
        target=("blackout", row.id),
        area=venue.area_code,
        after=after,
    )
    return row


async def lift_blackout(session: AsyncSession, blackout_id: UUID, *, by: Actor) -> None:
    """The rooms can be booked again."""
    row, area_code = await booking_queries.blackout_for_update(session, blackout_id)
    by.must_cover(area_code)
    await booking_queries.free_rooms(session, row.space_ids, row.id)
    before = {"starts_at": plain(row.starts_at), "ends_at": plain(row.ends_at)}
    await session.delete(row)
    audit.note(
        session,
        by,
        action="blackout.lift",
        target=("blackout", row.id),
        area=area_code,
        before=before,
    )


_LENGTHS: Final = ("shortest_minutes", "longest_minutes")


def _check(space: dict[str, Any]) -> None:
    if space["shortest_minutes"] > space["longest_minutes"]:
        message = Text("最短时长不得长于最长时长", "the shortest is not longer than the longest")
        raise WrongSpace(
            errors=[FieldError("/shortest_minutes", space["shortest_minutes"], message)]
        )


def _hours(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    hours = OpeningHours.model_validate(value)
    opening.check(hours)
    return hours.model_dump(mode="json")


async def _must_be_rooms(
    session: AsyncSession, venue_id: UUID, parts: list[UUID], pointer: str = "/parts"
) -> None:
    """A hall is made of two rooms at least, each of the venue and itself undivided."""
    if pointer == "/parts" and parts and len(set(parts)) < 2:
        message = Text("至少由两间组成", "made of two rooms at least")
        raise WrongSpace(errors=[FieldError(pointer, len(parts), message)])
    twice = Text("重复的房间", "named twice")
    repeated = [
        FieldError(f"{pointer}/{number}", str(part), twice)
        for number, part in enumerate(parts)
        if part in parts[:number]
    ]
    if repeated:
        raise WrongSpace(errors=repeated)
    known = set(await queries.rooms_of(session, venue_id)) if parts else set()
    message = Text("不是该载体内不可再分的空间", "not an undivided room of the venue")
    wrong = [
        FieldError(f"{pointer}/{number}", str(part), message)
        for number, part in enumerate(parts)
        if part not in known
    ]
    if wrong:
        raise UnknownReference(errors=wrong)


async def _must_be_free(session: AsyncSession, row: tables.Space, *, now: datetime) -> None:
    """Refuse to close a room while it, or a hall that it belongs to, is booked."""
    halls = await queries.halls_of(session, row.venue_id, [row.id])
    if count := await booking_queries.ahead(session, [row.id, *halls], now=now):
        raise SpaceInUse(count=count)


async def _must_have_nothing(
    session: AsyncSession, venue_id: UUID, rooms: list[UUID], period: Period, *, now: datetime
) -> None:
    holders = await booking_queries.holders(session, venue_id, rooms, period)
    lapsed = await booking_queries.lapsed(session, holders, now=now)
    await lapse(session, lapsed, now=now)
    gone = {row.id for row in lapsed}
    message = Text("此预约或停用在该时段占用房间", "this booking or blackout takes a room then")
    left = [FieldError("/starts_at", str(each), message) for each in holders if each not in gone]
    if left:
        raise BlackoutClashes(errors=left[:_TOLD])
