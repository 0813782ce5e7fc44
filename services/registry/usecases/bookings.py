"""Booking a room, once or in series. The exclusion constraint decides; locks keep it civil."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.auth.pseudonym import Purpose
from common.clock import city_day
from common.contracts.registry.bookings import (
    BookingIn,
    OnClash,
    SeriesIn,
    Skipped,
    SkipReason,
)
from common.errors import Conflict, FieldError, Text
from registry import tables
from registry.domain import bookings as domain
from registry.domain.bookings import Period
from registry.queries import bookings as queries
from registry.usecases.booking_plans import (
    Plan,
    QuotaReached,
    SlotTaken,
    is_same,
    lock_rooms,
    must_have_quota,
    new_booking,
    planned,
    taken,
)
from registry.usecases.booking_steps import KIND
from registry.usecases.editing import made, plain

_REASONS: Final[Mapping[SkipReason, Text]] = {
    SkipReason.TAKEN: Text("该日已被占用", "taken on that day"),
    SkipReason.CLOSED: Text("该日该时段不开放", "not open then on that day"),
}


class BookingIdReused(Conflict):
    """The id belongs to another booking."""

    slug = "booking-id-reused"
    title = Text("预约标识已使用", "Id used already")
    detail = Text(
        "该标识已用于另一预约，请为新的预约生成新的标识。",
        "This id belongs to another booking; make a new id for a new booking.",
    )


async def book(
    session: AsyncSession, booking_id: UUID, wish: BookingIn, *, by: Actor, now: datetime
) -> tuple[tables.Booking, bool]:
    """A booking, and whether it is new: the same id with the same wish is the same booking."""
    if (row := await queries.known(session, booking_id)) is not None:
        return _again(row, wish, by), False
    plan = await planned(session, wish, by=by, now=now)
    asked = Period(wish.starts_at, wish.ends_at)
    if not plan.is_open(asked):
        raise domain.SpaceClosedThen
    try:
        await _must_be_free(session, plan, asked, now=now)
    except (SlotTaken, QuotaReached):
        # Taken by the caller's own first attempt, perhaps, which was still under way above.
        if (row := await queries.known(session, booking_id)) is None:
            raise
        return _again(row, wish, by), False

    row = await _keep(session, plan, [(booking_id, asked)], None, by=by, now=now)
    return row, True


async def book_series(
    session: AsyncSession, series_id: UUID, wish: SeriesIn, *, by: Actor, now: datetime
) -> bool:
    """Book a series as a whole, or with `skip` all times that can be had. Whether it is new."""
    asked = wish.model_dump(mode="json")
    if await _known_series(session, series_id, asked, by):
        return False
    plan = await planned(session, wish.first, by=by, now=now)
    first = Period(wish.first.starts_at, wish.first.ends_at)
    periods = domain.repeated(first, wish.every, wish.times)
    _must_be_near(plan, periods[-1], now)
    try:
        await must_have_quota(session, plan, len(periods), now=now)
    except QuotaReached:
        # Reached by the caller's own first attempt, perhaps, which was still under way above.
        if await _known_series(session, series_id, asked, by):
            return False
        raise
    occupied = [plan.terms.occupied(period) for period in periods]
    span = Period(occupied[0].starts_at, occupied[-1].ends_at)
    clashes = await lock_rooms(session, plan, span, now=now)
    if await _known_series(session, series_id, asked, by):
        return False
    skipped = _unfit(plan, periods, clashes)
    if skipped and (wish.on_clash is OnClash.FAIL or len(skipped) == len(periods)):
        raise _refusal(skipped)

    kept = [(_nth(series_id, n), p) for n, p in enumerate(periods) if p not in skipped]
    left = [Skipped(on=city_day(p.starts_at), reason=why) for p, why in skipped.items()]
    session.add(
        tables.BookingSeries(
            id=series_id,
            venue_id=plan.space.venue_id,
            booker=plan.booker,
            asked=asked,
            skipped=[each.model_dump(mode="json") for each in left],
            **made(by, now),
        )
    )
    await _keep(session, plan, kept, series_id, by=by, now=now)
    return True


async def _must_be_free(session: AsyncSession, plan: Plan, asked: Period, *, now: datetime) -> None:
    """Lock the rooms and refuse what is taken. Most losers of a race never come to the locks."""
    wanted = plan.terms.occupied(asked)
    space = plan.space
    if found := await queries.standing(session, space.venue_id, space.cells, wanted, now=now):
        raise taken(found)
    await must_have_quota(session, plan, 1, now=now)
    if found := await lock_rooms(session, plan, wanted, now=now):
        raise taken(found)


def _unfit(plan: Plan, periods: list[Period], clashes: list[Period]) -> dict[Period, SkipReason]:
    """The times of a series that cannot be had, and why; a series may clash with itself."""
    found: dict[Period, SkipReason] = {}
    held = list(clashes)
    for period in periods:
        occupied = plan.terms.occupied(period)
        if not plan.is_open(period):
            found[period] = SkipReason.CLOSED
        elif any(occupied.meets(clash) for clash in held):
            found[period] = SkipReason.TAKEN
        else:
            held.append(occupied)
    return found


def _refusal(skipped: dict[Period, SkipReason]) -> Conflict:
    """Why a series cannot be had, with each day in the way."""
    days = [
        FieldError("/first/starts_at", str(city_day(period.starts_at)), _REASONS[why])
        for period, why in skipped.items()
    ]
    closed = SkipReason.CLOSED in skipped.values()
    return (domain.SpaceClosedThen if closed else SlotTaken)(errors=days)


def _must_be_near(plan: Plan, last: Period, now: datetime) -> None:
    """The last time of a series obeys the same horizon as a single booking."""
    wish = plan.wish
    domain.check(domain.Wish(last, wish.purpose, wish.persons, plan.party), plan.terms, now=now)


async def _keep(
    session: AsyncSession,
    plan: Plan,
    wanted: list[tuple[UUID, Period]],
    series_id: UUID | None,
    *,
    by: Actor,
    now: datetime,
) -> tables.Booking:
    """Write bookings and what they take; the first of them."""
    stamp = made(by, now)
    rows = [
        tables.Booking(**new_booking(each, plan, period, now=now), series_id=series_id, **stamp)
        for each, period in wanted
    ]
    session.add_all(rows)
    held = [(each, plan.terms.occupied(period)) for each, period in wanted]
    await session.flush()
    await queries.take(session, plan.space.venue_id, plan.space.cells, held)
    feed.mark_many(session, KIND, [row.id for row in rows])
    told = ("space_id", "party", "organisation_id", "purpose", "starts_at", "ends_at", "status")
    for row in rows:
        after = {name: plain(getattr(row, name)) for name in told}
        audit.note(
            session,
            by,
            action="booking.add",
            target=(KIND, row.id),
            area=plan.area_code,
            after=after,
        )
    return rows[0]


def _again(row: tables.Booking, wish: BookingIn, by: Actor) -> tables.Booking:
    if not is_same(row, wish, by):
        raise BookingIdReused
    return row


async def _known_series(
    session: AsyncSession, series_id: UUID, asked: dict[str, object], by: Actor
) -> bool:
    row = await queries.known_series(session, series_id)
    if row is None:
        return False
    if row.asked != asked or row.booker != by.alias(Purpose.BOOKINGS):
        raise BookingIdReused
    return True


def _nth(series_id: UUID, number: int) -> UUID:
    """The id of a time of a series: the same whenever the series is sent again."""
    return uuid5(series_id, str(number))
