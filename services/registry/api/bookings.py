"""Bookings over HTTP. A PUT with the caller's own UUID may be repeated: it is one booking."""

from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, NotYourOrganisation, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.calendar import NotCovered
from common.contracts.base import Page
from common.contracts.registry import bookings as contracts
from common.edge import Now, Session, tag
from common.errors import NotFound, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from registry import tables
from registry.domain.attendance import AttendanceCorrected, CorrectionLate, WrongAttendance
from registry.domain.bookings import (
    BookingCannotMove,
    BookingNotBegun,
    BookingOver,
    BookingUnfit,
    SpaceClosedThen,
)
from registry.domain.delegations import NotDelegated
from registry.queries import bookings as queries
from registry.queries.references import UnknownReference
from registry.usecases import booking_steps as steps
from registry.usecases import bookings as usecases
from registry.usecases.booking_plans import QuotaReached, SlotTaken, SpaceNotBookable

router = APIRouter(prefix="/v1", tags=["bookings"], route_class=TransactionRoute)

_INSTANT: Final = "%Y-%m-%dT%H:%M:%S.%f"
Reader = Annotated[Actor, needs(Permission.BOOKING_READ)]
Booker = Annotated[Actor, needs(Permission.BOOKING_WRITE)]
Approver = Annotated[Actor, needs(Permission.BOOKING_APPROVE)]
_BOOK = problems(
    *(NotFound, OutOfArea, NotYourOrganisation, UnknownReference, BookingUnfit, SpaceClosedThen),
    *(SlotTaken, SpaceNotBookable, QuotaReached, usecases.BookingIdReused),
    *(NotCovered, NoRule, RuleNotSet, NotDelegated),
)
_STEP = problems(NotFound, OutOfArea, BookingCannotMove, BookingOver, steps.HoldExpired)


@router.get("/bookings", responses=problems(BadPageToken))
async def list_bookings(
    session: Session,
    actor: Reader,
    venue_id: UUID | None = None,
    space_id: UUID | None = None,
    series_id: UUID | None = None,
    status: contracts.BookingStatus | None = None,
    begins_from: Annotated[
        contracts.Moment | None, Query(description="开始不早于 / begins at or after")
    ] = None,
    begins_before: Annotated[
        contracts.Moment | None, Query(description="开始早于 / begins before")
    ] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.OwnBooking]:
    """Bookings of the caller's area, organisation or own, by their beginning."""
    wanted = queries.Filters(venue_id, space_id, series_id, status, begins_from, begins_before)
    at = key_of(after, _instant, UUID)
    rows = await queries.page(session, actor, wanted, after=at and (at[0], at[1]), limit=limit)
    told = page(rows, limit, lambda row: (row.starts_at.astimezone(UTC).strftime(_INSTANT), row.id))
    items = [contracts.OwnBooking.model_validate(row) for row in told["items"]]
    return Page[contracts.OwnBooking](items=items, next=told["next"])


@router.get("/bookings/{booking_id}", responses=problems(NotFound))
async def read_booking(
    session: Session, actor: Reader, response: Response, booking_id: UUID
) -> contracts.OwnBooking:
    """One booking of the caller's area, organisation or own."""
    return _answer(await queries.found(session, actor, booking_id), response)


@router.put(
    "/bookings/{booking_id}",
    responses={201: {"description": "已预约 / booked", "model": contracts.OwnBooking}, **_BOOK},
)
async def book(
    booking_id: UUID,
    wish: contracts.BookingIn,
    session: Session,
    actor: Booker,
    now: Now,
    response: Response,
) -> contracts.OwnBooking:
    """Book or hold a room under an id of the caller's own; the same again is the same booking.

    居民为本人，机构为自己，工作人员为本单位或代机构预约。同一时段只有一人能订到。
    """
    row, is_new = await usecases.book(session, booking_id, wish, by=actor, now=now)
    response.status_code = 201 if is_new else 200
    return _answer(row, response)


@router.post("/bookings/{booking_id}/confirmation", responses=_STEP)
async def confirm_booking(
    booking_id: UUID, session: Session, actor: Booker, now: Now, response: Response
) -> contracts.OwnBooking:
    """Keep what was held; where the room needs approval, staff decide next."""
    return _answer(await steps.confirm(session, booking_id, by=actor, now=now), response)


@router.post(
    "/bookings/{booking_id}/approval",
    responses=problems(NotFound, OutOfArea, BookingCannotMove, steps.HoldExpired, NotDelegated),
)
async def approve_booking(
    booking_id: UUID, session: Session, actor: Approver, now: Now, response: Response
) -> contracts.OwnBooking:
    """Agree to a request; for market use a venue's head needs the power to."""
    return _answer(await steps.approve(session, booking_id, by=actor, now=now), response)


@router.post("/bookings/{booking_id}/rejection", responses=_STEP)
async def reject_booking(
    booking_id: UUID,
    rejection: contracts.Rejection,
    session: Session,
    actor: Approver,
    now: Now,
    response: Response,
) -> contracts.OwnBooking:
    """Refuse a request, or take a confirmed booking away for a reason."""
    row = await steps.reject(session, booking_id, rejection.reason, by=actor, now=now)
    return _answer(row, response)


@router.post(
    "/bookings/{booking_id}/attendance",
    responses=problems(
        *(NotFound, OutOfArea, BookingCannotMove, BookingNotBegun, SlotTaken, NoRule, RuleNotSet),
        *(AttendanceCorrected, CorrectionLate, WrongAttendance),
    ),
)
async def record_attendance(
    booking_id: UUID,
    attendance: contracts.Attendance,
    session: Session,
    actor: Approver,
    now: Now,
    response: Response,
) -> contracts.OwnBooking:
    """Record that the room was used, or that nobody came; correct it once, and say why."""
    row = await steps.attend(session, booking_id, attendance, by=actor, now=now)
    return _answer(row, response)


@router.delete(
    "/bookings/{booking_id}",
    status_code=204,
    responses=problems(NotFound, OutOfArea, BookingCannotMove, BookingOver, steps.BookingBegun),
)
async def cancel_booking(booking_id: UUID, session: Session, actor: Booker, now: Now) -> None:
    """Give a room back; what was given back already stays so.

    他人的预约，只有可审批预约的工作人员能代为取消 / Others' only who may approve bookings.
    """
    await steps.cancel(session, booking_id, by=actor, now=now)


@router.put(
    "/booking-series/{series_id}",
    responses={
        201: {"description": "已预约 / booked", "model": contracts.BookingSeries},
        **_BOOK,
    },
)
async def book_series(
    series_id: UUID,
    wish: contracts.SeriesIn,
    session: Session,
    actor: Booker,
    now: Now,
    response: Response,
) -> contracts.BookingSeries:
    """Book a repeating time as a whole, or skip what cannot be had; never a part by accident."""
    is_new = await usecases.book_series(session, series_id, wish, by=actor, now=now)
    response.status_code = 201 if is_new else 200
    series = await session.get_one(tables.BookingSeries, series_id)
    rows = await queries.of_series(session, series_id)
    return contracts.BookingSeries.model_validate(
        {"id": series_id, "bookings": rows, "skipped": series.skipped}
    )


@router.delete(
    "/booking-series/{series_id}", status_code=204, responses=problems(NotFound, OutOfArea)
)
async def cancel_series(series_id: UUID, session: Session, actor: Booker, now: Now) -> None:
    """Give back every time of a series that has not begun."""
    await steps.cancel_series(session, series_id, by=actor, now=now)


def _instant(text: str) -> datetime:
    """The instant of a page token, always in UTC. Raises ValueError."""
    return datetime.strptime(text, _INSTANT).replace(tzinfo=UTC)


def _answer(row: tables.Booking, response: Response) -> contracts.OwnBooking:
    tag(response, row.version)
    return contracts.OwnBooking.model_validate(row)
