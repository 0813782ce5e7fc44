"""Bookings: whose they are, what takes a room, what is overdue, and the feed's states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    and_,
    delete,
    false,
    func,
    insert,
    literal,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.pseudonym import Purpose
from common.auth.roles import Role
from common.contracts.registry import bookings as contracts
from common.contracts.registry.bookings import BookingStatus, Party
from common.errors import NotFound, Text
from common.scope import by_area
from registry import tables
from registry.domain.bookings import OPEN, Period
from registry.queries.finding import chosen
from registry.queries.venues import area_of

B, V, Q = tables.Booking, tables.Venue, tables.Occupancy
WHAT: Final = Text("预约", "booking")
_OPEN: Final = B.status.in_(sorted(OPEN))


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of bookings is asked for; times of their beginning."""

    venue_id: UUID | None = None
    space_id: UUID | None = None
    series_id: UUID | None = None
    status: BookingStatus | None = None
    begins_from: datetime | None = None
    begins_before: datetime | None = None


def own(actor: Actor) -> ColumnElement[bool]:
    """Bookings that are the caller's business: staff by area, a body its own, a resident own."""
    ways: list[ColumnElement[bool]] = [false(), by_area(actor, V.area_code)]
    if Role.PROVIDER in actor.roles and actor.org is not None:
        ways.append(B.organisation_id == actor.org)
    if Role.RESIDENT in actor.roles:
        mine = and_(B.party == Party.RESIDENT, B.booker == actor.alias(Purpose.BOOKINGS))
        ways.append(mine)
    return or_(*ways)


async def page(
    session: AsyncSession,
    actor: Actor,
    filters: Filters,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[tables.Booking]:
    """A page of bookings within the caller's reach, by their beginning."""
    statement = select(B).join(V, V.id == B.venue_id).where(own(actor), *_wanted(filters))
    if after is not None:
        statement = statement.where(tuple_(B.starts_at, B.id) > tuple_(*map(literal, after)))
    statement = statement.order_by(B.starts_at, B.id).limit(limit + 1)
    return (await session.scalars(statement)).all()


def _wanted(filters: Filters) -> list[ColumnElement[bool]]:
    return chosen(
        (filters.venue_id, B.venue_id.__eq__),
        (filters.space_id, B.space_id.__eq__),
        (filters.series_id, B.series_id.__eq__),
        (filters.status, B.status.__eq__),
        (filters.begins_from, B.starts_at.__ge__),
        (filters.begins_before, B.starts_at.__lt__),
    )


async def found(session: AsyncSession, actor: Actor, booking_id: UUID) -> tables.Booking:
    """One booking within the caller's reach."""
    statement = select(B).join(V, V.id == B.venue_id).where(B.id == booking_id, own(actor))
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=booking_id)
    return row


async def booking_for_update(session: AsyncSession, booking_id: UUID) -> tuple[tables.Booking, str]:
    """A booking, locked until the transaction ends, and the area it lies in."""
    statement = select(B).where(B.id == booking_id).with_for_update()
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=booking_id)
    return row, await area_of(session, row.venue_id)


async def known(session: AsyncSession, booking_id: UUID) -> tables.Booking | None:
    """The booking that has an id, read anew."""
    statement = select(B).where(B.id == booking_id).execution_options(populate_existing=True)
    return (await session.scalars(statement)).one_or_none()


async def known_series(session: AsyncSession, series_id: UUID) -> tables.BookingSeries | None:
    """The series that has an id."""
    return await session.get(tables.BookingSeries, series_id, populate_existing=True)


async def of_series(session: AsyncSession, series_id: UUID) -> Sequence[tables.Booking]:
    """The bookings of a series, by their beginning."""
    statement = select(B).where(B.series_id == series_id).order_by(B.starts_at)
    return (await session.scalars(statement)).all()


async def of_series_for_update(session: AsyncSession, series_id: UUID) -> Sequence[tables.Booking]:
    """The open bookings of a series, locked one after the other in order of their ids."""
    statement = select(B).where(B.series_id == series_id, _OPEN).order_by(B.id).with_for_update()
    return (await session.scalars(statement)).all()


async def taken(
    session: AsyncSession, venue_id: UUID, cells: Sequence[UUID], period: Period
) -> list[Period]:
    """The times within a period in which some of the rooms are taken, buffers included."""
    statement = select(Q.during).where(*_overlapping(venue_id, cells, period)).order_by(Q.during)
    found = await session.scalars(statement)
    return [Period(each.lower, each.upper) for each in found if each.lower and each.upper]


async def standing(
    session: AsyncSession, venue_id: UUID, cells: Sequence[UUID], period: Period, *, now: datetime
) -> list[Period]:
    """As `taken`, without what is overdue; looks without a lock."""
    statement = (
        select(Q.during)
        .outerjoin(B, B.id == Q.holder_id)
        .where(*_overlapping(venue_id, cells, period), or_(B.id.is_(None), not_(_overdue(now))))
        .order_by(Q.during)
    )
    found = await session.scalars(statement)
    return [Period(each.lower, each.upper) for each in found if each.lower and each.upper]


async def holders(
    session: AsyncSession, venue_id: UUID, cells: Sequence[UUID], period: Period
) -> list[UUID]:
    """Which bookings take some of the rooms within a period."""
    statement = select(Q.holder_id).where(*_overlapping(venue_id, cells, period)).distinct()
    return list(await session.scalars(statement))


def _overlapping(
    venue_id: UUID, cells: Sequence[UUID], period: Period
) -> tuple[ColumnElement[bool], ...]:
    span = Range(period.starts_at, period.ends_at, bounds="[)")
    return (Q.venue_id == venue_id, Q.cell_id.in_(cells), Q.during.overlaps(span))


async def lapsed(
    session: AsyncSession, ids: Sequence[UUID], *, now: datetime
) -> Sequence[tables.Booking]:
    """Those of some holders that are overdue, locked in order of their ids."""
    statement = select(B).where(B.id.in_(ids), _overdue(now)).order_by(B.id).with_for_update()
    return (await session.scalars(statement)).all()


async def overdue(session: AsyncSession, *, now: datetime, limit: int) -> Sequence[tables.Booking]:
    """Holds and requests whose time is over, locked; those that somebody works on are left."""
    statement = select(B).where(_overdue(now)).order_by(B.id).limit(limit)
    return (await session.scalars(statement.with_for_update(skip_locked=True))).all()


def _overdue(now: datetime) -> ColumnElement[bool]:
    """A hold after its end, a request that nobody answered before its time began."""
    return or_(
        and_(B.status == literal_column("'held'"), B.hold_expires_at <= now),
        and_(B.status == literal_column("'pending'"), B.starts_at <= now),
    )


async def take(
    session: AsyncSession,
    venue_id: UUID,
    cells: Sequence[UUID],
    held: Sequence[tuple[UUID, Period]],
) -> None:
    """Take rooms for the times of some holders. The exclusion constraint has the last word."""
    rows = [
        {
            "venue_id": venue_id,
            "holder_id": holder,
            "cell_id": cell,
            "during": Range(period.starts_at, period.ends_at, bounds="[)"),
        }
        for holder, period in held
        for cell in cells
    ]
    await session.execute(insert(Q), rows)


async def release(session: AsyncSession, venue_id: UUID, holders: Sequence[UUID]) -> None:
    """The rooms of these holders are free again."""
    await session.execute(delete(Q).where(Q.venue_id == venue_id, Q.holder_id.in_(holders)))


async def free_rooms(session: AsyncSession, rooms: Sequence[UUID], holder: UUID) -> None:
    """Rooms are free of a holder, in whichever venues they are by now."""
    theirs = select(tables.Space.venue_id).where(tables.Space.id.in_(rooms))
    await session.execute(delete(Q).where(Q.venue_id.in_(theirs), Q.holder_id == holder))


async def open_count(session: AsyncSession, party: Party, name: str, *, now: datetime) -> int:
    """How many bookings of a party are not over."""
    own = B.organisation_id == UUID(name) if party is Party.ORGANISATION else B.booker == name
    statement = select(func.count()).where(own, B.party == party, B.ends_at > now, _OPEN)
    return int(await session.scalar(statement) or 0)


async def ahead(session: AsyncSession, space_ids: Sequence[UUID], *, now: datetime) -> int:
    """How many bookings of some rooms are neither over nor given back."""
    stands = (_OPEN, B.ends_at > now, not_(_overdue(now)))
    statement = select(func.count()).where(B.space_id.in_(space_ids), *stands)
    return int(await session.scalar(statement) or 0)


async def ahead_in(session: AsyncSession, venue_id: UUID, *, now: datetime) -> int:
    """The same for all rooms of a venue; they are locked, nobody books them meanwhile."""
    rooms = select(tables.Space.id).where(tables.Space.venue_id == venue_id)
    held = await session.scalars(rooms.order_by(tables.Space.id).with_for_update(key_share=True))
    return await ahead(session, held.all(), now=now)


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, contracts.Booking]:
    """The feed's states; who booked is not told."""
    rows = await session.scalars(select(B).where(B.id.in_(ids)))
    return {row.id: contracts.Booking.model_validate(row) for row in rows}


async def blackout_for_update(
    session: AsyncSession, blackout_id: UUID
) -> tuple[tables.Blackout, str]:
    """A blackout, locked, and the area it lies in."""
    statement = select(tables.Blackout).where(tables.Blackout.id == blackout_id).with_for_update()
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(what=Text("停用时段", "blackout"), key=blackout_id)
    return row, await area_of(session, row.venue_id)


async def blackouts(
    session: AsyncSession, venue_id: UUID, *, now: datetime, lock: bool = False
) -> Sequence[tables.Blackout]:
    """The blackouts of a venue that are not over; locked, nobody lifts them meanwhile."""
    row = tables.Blackout
    statement = select(row).where(row.venue_id == venue_id, row.ends_at > now)
    statement = statement.order_by(row.starts_at, row.id)
    return (await session.scalars(statement.with_for_update() if lock else statement)).all()
