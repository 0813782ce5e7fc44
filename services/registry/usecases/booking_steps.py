"""The steps of a booking after it was made: confirmed, approved, given back, used, lapsed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.auth.permissions import Permission
from common.auth.pseudonym import Purpose
from common.auth.roles import ActorKind, Role
from common.clock import city_day
from common.contracts.registry.bookings import (
    Attendance,
    BookingStatus,
    CancelReason,
    Party,
    SpacePurpose,
)
from common.contracts.registry.delegations import Power
from common.errors import Conflict, NotFound, Text
from registry import tables
from registry.domain import attendance
from registry.domain import bookings as domain
from registry.domain.bookings import Period
from registry.queries import bookings as queries
from registry.queries import rules
from registry.usecases.delegations import must_hold
from registry.usecases.editing import touch

KIND: Final = "booking"
CLOCKWORK: Final = Actor("linli", "registry", ActorKind.SERVICE, frozenset({Role.SERVICE}))
_OUTSIDERS: Final = frozenset({Role.PUBLIC, Role.RESIDENT, Role.PROVIDER})


class HoldExpired(Conflict):
    """The time to confirm or to approve it is over."""

    slug = "hold-expired"
    title = Text("暂占或申请已过期", "It has lapsed")
    detail = Text(
        "暂占或申请的时限已过，空间已释放，请重新预约。",
        "The time to confirm or approve it is over and the room is free; book again.",
    )


class BookingBegun(Conflict):
    """Once it has begun only staff take it back; until then the party may."""

    slug = "booking-begun"
    title = Text("预约时段已开始", "It has begun")
    detail = Text(
        "预约时段已开始，不能自行取消，请联系载体工作人员。",
        "The time has begun; ask the venue's staff to give it back.",
    )


async def confirm(
    session: AsyncSession, booking_id: UUID, *, by: Actor, now: datetime
) -> tables.Booking:
    """Its party wants what it held; where the room asks for it, staff decide next."""
    row, area = await _own(session, booking_id, by)
    _must_stand(row, now)
    space = await session.get_one(tables.Space, row.space_id)
    target = domain.wanted_status(terms_of(space), Party(row.party), SpacePurpose(row.purpose))
    if row.status != BookingStatus.HELD:
        raise domain.BookingCannotMove(
            current=domain.NAMES[BookingStatus(row.status)], target=domain.NAMES[target]
        )
    return _moved(session, row, target, area=area, by=by, now=now)


async def approve(
    session: AsyncSession, booking_id: UUID, *, by: Actor, now: datetime
) -> tables.Booking:
    """Staff of the area agree."""
    row, area = await queries.booking_for_update(session, booking_id)
    by.must_cover(area)
    _must_stand(row, now)
    if row.purpose == SpacePurpose.MARKET:
        await must_hold(session, row.venue_id, Power.APPROVE_MARKET, by=by, now=now)
    if row.status == BookingStatus.HELD:  # nobody has asked for it yet
        raise domain.BookingCannotMove(
            current=domain.NAMES[BookingStatus.HELD], target=domain.NAMES[BookingStatus.CONFIRMED]
        )
    return _moved(session, row, BookingStatus.CONFIRMED, area=area, by=by, now=now)


async def reject(
    session: AsyncSession, booking_id: UUID, reason: CancelReason, *, by: Actor, now: datetime
) -> tables.Booking:
    """Staff of the area refuse a request, or take a confirmed booking away."""
    row, area = await queries.booking_for_update(session, booking_id)
    by.must_cover(area)
    await _give_back(session, [row], reason, area=area, by=by, now=now)
    return row


async def cancel(session: AsyncSession, booking_id: UUID, *, by: Actor, now: datetime) -> None:
    """The party gives it back, or staff do so for it. What is over already stays so."""
    row, area = await _own(session, booking_id, by)
    if row.status in {BookingStatus.CANCELLED, BookingStatus.EXPIRED}:
        return
    if row.starts_at <= now and by.roles <= _OUTSIDERS:
        raise BookingBegun
    await _give_back(session, [row], CancelReason.WITHDRAWN, area=area, by=by, now=now)


async def cancel_series(
    session: AsyncSession, series_id: UUID, *, by: Actor, now: datetime
) -> None:
    """Give back every time of a series that has not begun."""
    rows = await queries.of_series_for_update(session, series_id)
    if not rows:
        if await queries.known_series(session, series_id) is None:
            raise NotFound(what=Text("系列预约", "series"), key=series_id)
        return
    _, area = await _own(session, rows[0].id, by)
    ahead = [row for row in rows if row.starts_at > now]
    await _give_back(session, ahead, CancelReason.WITHDRAWN, area=area, by=by, now=now)


async def attend(
    session: AsyncSession, booking_id: UUID, said: Attendance, *, by: Actor, now: datetime
) -> tables.Booking:
    """Staff record that the room was used, or that nobody came: then it is free again.

    What was told by mistake is told otherwise once; who was there after all has the room again,
    unless somebody else was given it meanwhile: the exclusion constraint knows.
    """
    row, area = await queries.booking_for_update(session, booking_id)
    by.must_cover(area)
    if row.status in attendance.TOLD:
        await _correct(session, row, said, area=area, by=by, now=now)
    else:
        target = domain.attend(row.status, row.starts_at, is_used=said.is_used, now=now)
        row.settled_at = now
        _moved(session, row, target, area=area, by=by, now=now, reason=said.reason)
    if not said.is_used:
        await queries.release(session, row.venue_id, [row.id])
    return row


async def _correct(
    session: AsyncSession,
    row: tables.Booking,
    said: Attendance,
    *,
    area: str,
    by: Actor,
    now: datetime,
) -> None:
    in_force = await rules.in_force(session, "booking", area_code=area, on=city_day(now))
    days = in_force.setting("correction_days", "booking")
    told = attendance.Told(BookingStatus(row.status), row.corrected_at is not None)
    target = BookingStatus.USED if said.is_used else BookingStatus.NO_SHOW
    attendance.correct(
        told,
        target,
        reason=said.reason,
        until=city_day(row.settled_at or row.ends_at) + timedelta(days=int(days.number)),
        today=city_day(now),
        rule=days.code,
    )

    row.status, row.corrected_at, row.correction_reason = target, now, said.reason
    touch(row, by, now)
    await session.flush()
    if target is BookingStatus.USED:
        space = await session.get_one(tables.Space, row.space_id)
        taken = terms_of(space).occupied(Period(row.starts_at, row.ends_at))
        await queries.take(session, row.venue_id, space.cells, [(row.id, taken)])
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action="booking.correct",
        target=(KIND, row.id),
        area=area,
        before={"status": told.status},
        after={"status": target},
        reason=said.reason,
    )


def terms_of(space: tables.Space) -> domain.Terms:
    """A room's terms as the rules read them."""
    return domain.Terms(
        capacity=space.capacity,
        purposes=frozenset(space.purposes),
        shortest=space.shortest_minutes,
        longest=space.longest_minutes,
        lead=space.lead_minutes,
        ahead_days=space.ahead_days,
        before=space.buffer_before_minutes,
        after=space.buffer_after_minutes,
        is_approval_needed=space.is_approval_needed,
    )


async def lapse(session: AsyncSession, rows: Sequence[tables.Booking], *, now: datetime) -> None:
    """End overdue holds and unanswered requests; the rows are locked."""
    for row in rows:
        row.settled_at = now
        _moved(session, row, BookingStatus.EXPIRED, area=None, by=CLOCKWORK, now=now)
    for venue_id in {row.venue_id for row in rows}:
        gone = [row.id for row in rows if row.venue_id == venue_id]
        await queries.release(session, venue_id, gone)


async def _own(session: AsyncSession, booking_id: UUID, by: Actor) -> tuple[tables.Booking, str]:
    """A booking that the caller may change, locked. Outsiders' are not there for each other.

    Staff step in for somebody else where they may also take a room away.
    """
    row, area = await queries.booking_for_update(session, booking_id)
    if _is_party(row, by):
        return row, area
    if by.roles <= _OUTSIDERS:
        raise NotFound(what=queries.WHAT, key=booking_id)
    by.must_cover(area)
    is_own = Role.SERVICE in by.roles or row.booker == by.alias(Purpose.BOOKINGS)
    if not is_own:
        by.must(Permission.BOOKING_APPROVE)
    return row, area


def _is_party(row: tables.Booking, by: Actor) -> bool:
    """Whether the caller is for whom it was booked."""
    if Role.PROVIDER in by.roles and by.acts_for(row.organisation_id):
        return True
    mine = row.party == Party.RESIDENT and Role.RESIDENT in by.roles
    return mine and row.booker == by.alias(Purpose.BOOKINGS)


def _must_stand(row: tables.Booking, now: datetime) -> None:
    """Refuse what is overdue, whether or not the clockwork has ended it yet."""
    held_over = row.status == BookingStatus.HELD and row.hold_expires_at is not None
    if held_over and row.hold_expires_at <= now:  # type: ignore[operator]
        raise HoldExpired
    if row.status == BookingStatus.PENDING and row.starts_at <= now:
        raise HoldExpired


async def _give_back(
    session: AsyncSession,
    rows: Sequence[tables.Booking],
    reason: CancelReason,
    *,
    area: str,
    by: Actor,
    now: datetime,
) -> None:
    for row in rows:
        domain.must_not_be_over(row.status, row.ends_at, now=now)
        row.cancelled_at, row.cancel_reason = now, reason
        _moved(session, row, BookingStatus.CANCELLED, area=area, by=by, now=now)
    if rows:
        await queries.release(session, rows[0].venue_id, [row.id for row in rows])


def _moved(
    session: AsyncSession,
    row: tables.Booking,
    target: BookingStatus,
    *,
    area: str | None,
    by: Actor,
    now: datetime,
    reason: str | None = None,
) -> tables.Booking:
    before, row.status = row.status, domain.move(row.status, target)
    if target is BookingStatus.CONFIRMED:
        row.confirmed_at = now
    if target is not BookingStatus.EXPIRED:
        row.hold_expires_at = None
    touch(row, by, now)
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action=f"booking.{target}",
        target=(KIND, row.id),
        area=area,
        before={"status": before},
        after={"status": target, "reason": row.cancel_reason},
        reason=reason,
    )
    return row
