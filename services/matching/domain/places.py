"""Places and the period they are counted over. Pure; days are the city's, ends inclusive."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from common.contracts.registry.offerings import CapacityPeriod

NO_SESSION = ""
# Places of a day are those of one on which it is open; of longer periods any day will do.
OF_THE_DAY: Final = frozenset({CapacityPeriod.DAY, CapacityPeriod.AT_ONCE})


class Slot(NamedTuple):
    """The key of a capacity: an offering, a period, a session of the day or none."""

    offering_id: UUID
    starts_on: date
    session: str


class Span(NamedTuple):
    """A period, both days included."""

    starts_on: date
    ends_on: date


def span(period: CapacityPeriod, day: date) -> Span:
    """The period that a day lies in. What is counted at once or by session is kept by day.

    Weeks begin on Monday.
    """
    if period is CapacityPeriod.WEEK:
        monday = day - timedelta(days=day.weekday())
        return Span(monday, monday + timedelta(days=6))
    if period is CapacityPeriod.MONTH:
        return Span(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))
    if period is CapacityPeriod.YEAR:
        return Span(date(day.year, 1, 1), date(day.year, 12, 31))
    return Span(day, day)


def slot(offering_id: UUID, period: CapacityPeriod, day: date, session: str | None) -> Slot:
    """Where places are counted for a day; the session matters only where sessions are counted."""
    counted = session if period is CapacityPeriod.SESSION and session else NO_SESSION
    return Slot(offering_id, span(period, day).starts_on, counted)


def fits(places: int | None, taken: int, wanted: int) -> bool:
    """Whether so many more places are left."""
    return places is None or taken + wanted <= places


def excess(places: int | None, taken: int) -> int:
    """How many more are taken than there are."""
    return 0 if places is None else max(taken - places, 0)


def least_taken(taken: Sequence[int], sessions: int) -> int:
    """How many are taken of the emptiest session of a day; nobody has asked for those not named."""
    return min(taken) if len(taken) >= sessions else 0
