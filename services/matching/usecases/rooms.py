"""The room of a session: asked for with its first referral, given back with its last.

What is written here is what is to be done; `booking_rooms` does it, outside of any transaction.
Locks: a room after the referral and its capacity.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from common.calendar.official import official_calendar
from common.contracts.matching_referrals import RoomStatus
from common.contracts.registry.bookings import BookingStatus
from common.contracts.registry.offerings import CapacityPeriod
from common.errors import FieldError, Text
from common.feed.client import Change
from common.ids import uuid7
from matching import tables
from matching.domain import rooms as rules
from matching.domain.referrals import WrongReferral
from matching.queries import hours
from matching.queries import places as place_queries
from matching.queries import rooms as queries
from matching.queries.referring import Facts

NO_HOURS: Final = "no-session-then"


def must_have_hours(facts: Facts, day: date, clock: str | None) -> None:
    """Refuse a referral to a session that has no time, where a room is needed for it."""
    if facts.supply.space_id is None:
        return
    if rules.session_span(facts.hours, day, clock or "", official_calendar()) is None:
        told = Text("该服务此时没有场次，无法预约空间", "no session then: no room can be booked")
        raise WrongReferral(errors=[FieldError("/session", clock, told)])


async def want(session: AsyncSession, row: tables.Referral, *, now: datetime) -> None:
    """See that the session of a referral that has its place has a room, or will be asked one."""
    supply = await place_queries.supply(session, row.offering_id)
    if supply.space_id is None:
        return
    key = row.offering_id, row.session_on, row.clock
    room = await queries.standing(session, *key)
    if room is None:
        asked = await _asked(session, supply, row)
        await queries.add(session, {**asked, "due_at": now, "tries": 0})
        # Somebody may have asked at the same moment; what has no hours stands nowhere.
        room = await queries.standing(session, *key) or await queries.locked(session, asked["id"])
    if room is not None:
        row.booking_id = room.id
        await queries.assign(session, row.id, room.id)


async def leave(session: AsyncSession, row: tables.Referral, *, now: datetime) -> None:
    """Give the room of a session back when nobody comes to it any more."""
    if row.booking_id is None:
        return
    await session.flush()
    room = await queries.locked(session, row.booking_id)
    if room is None or room.status not in rules.STANDING:
        return
    if not await queries.is_held(session, room.id):
        move(room, RoomStatus.LEAVING, due_at=now)


async def heed(session: AsyncSession, changes: Sequence[Change], *, now: datetime) -> None:
    """Take over the feed `booking`: rooms that were taken away, and those that stand too long."""
    states = {change.id: change.data for change in changes if change.data is not None}
    for room in await queries.some(session, states):
        state = states[room.id]
        target = rules.after_feed(RoomStatus(room.status), BookingStatus(state["status"]))
        if target is not None:
            reason = state["cancel_reason"] or state["status"]
            move(room, target, due_at=now, refusal=reason)


async def _asked(
    session: AsyncSession, supply: tables.Supply, row: tables.Referral
) -> dict[str, Any]:
    """The columns of a new room; one whose session has no hours is refused from the start."""
    [happens] = await hours.of(session, [supply])
    span = rules.session_span(happens, row.session_on, row.clock, official_calendar())
    period = CapacityPeriod(supply.capacity_period)
    return {
        "id": uuid7(),
        "offering_id": row.offering_id,
        "space_id": supply.space_id,
        "session_on": row.session_on,
        "session": row.clock,
        **(span or rules.whole_day(row.session_on))._asdict(),
        "persons": rules.persons(supply.capacity, period, row.places),
        "status": RoomStatus.WANTED if span else RoomStatus.REFUSED,
        "refusal": None if span else NO_HOURS,
    }


def move(
    room: tables.Room,
    target: RoomStatus,
    *,
    due_at: datetime | None = None,
    refusal: str | None = None,
) -> None:
    """A step of a locked room, and when somebody has to see to it next."""
    if target not in rules.STEPS[RoomStatus(room.status)]:
        raise ValueError(f"a room that is {room.status} does not become {target}")
    room.status, room.due_at, room.tries = target, due_at, 0
    if target is RoomStatus.REFUSED:
        room.refusal = refusal
