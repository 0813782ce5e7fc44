"""When a room is open and free, day by day. Reads only."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.calendar.official import official_calendar
from common.clock import CITY_ZONE, city_day
from common.contracts.registry.hours import OpeningHours
from common.contracts.registry.spaces import FreeDay, Stretch
from registry.domain.bookings import Period, free, open_on, without
from registry.queries import bookings, spaces
from registry.usecases.booking_steps import terms_of

_MARGIN: Final = timedelta(minutes=240)  # no buffer is longer


async def free_days(
    session: AsyncSession, space_id: UUID, first: date, days: int, *, now: datetime
) -> list[FreeDay]:
    """The days from `first` on: when the room is open, and when it could be booked."""
    found = await spaces.bookable(session, space_id)
    space, terms = found.space, terms_of(found.space)
    hours = OpeningHours.model_validate(found.hours) if found.hours else None
    start = datetime.combine(first, time(), CITY_ZONE)
    span = Period(start - _MARGIN, start + timedelta(days=days) + _MARGIN)
    taken = await bookings.standing(session, space.venue_id, space.cells, span, now=now)
    earliest = now + timedelta(minutes=terms.lead)
    past = Period(span.starts_at, earliest) if earliest > span.starts_at else None
    usable = found.is_usable and space.status == "active"
    last = city_day(now) + timedelta(days=terms.ahead_days)
    told = []
    for ahead in range(days):
        day = first + timedelta(days=ahead)
        opened = open_on(hours, day, official_calendar())
        bookable = without(opened, [past] if past else [])
        left = free(bookable, taken, terms) if usable and day <= last else []
        told.append(FreeDay(on=day, open=_told(opened), free=_told(left)))
    return told


def _told(periods: Sequence[Period]) -> list[Stretch]:
    return [
        Stretch(starts_at=start.astimezone(UTC), ends_at=end.astimezone(UTC))
        for start, end in periods
    ]
