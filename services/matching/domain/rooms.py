"""Rooms for sessions: when a session is, for how many, and the course of its booking. Pure.

A room is asked for once a session, by whoever is referred to it first, and given back when the last
one leaves before it was held.
"""

from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from common.clock import CITY_ZONE
from common.contracts.matching_referrals import RoomStatus
from common.contracts.registry.bookings import BookingStatus
from common.contracts.registry.offerings import CapacityPeriod
from common.opening import Days, minute_of
from matching.domain.opening import Hours, stretches

R = RoomStatus
STANDING: Final = frozenset({R.WANTED, R.BOOKED})
STEPS: Final = {
    R.WANTED: frozenset({R.BOOKED, R.REFUSED, R.LEAVING}),
    R.BOOKED: frozenset({R.REFUSED, R.LEAVING}),
    R.REFUSED: frozenset({R.LEAVING}),
    R.LEAVING: frozenset({R.LEFT}),
    R.LEFT: frozenset({R.LEAVING}),  # the registry says that it still stands
}
ALIVE: Final = frozenset({BookingStatus.HELD, BookingStatus.PENDING, BookingStatus.CONFIRMED})
DEAD: Final = frozenset({BookingStatus.CANCELLED, BookingStatus.EXPIRED})
LEASE: Final = timedelta(minutes=2)  # longer than the slowest call: nobody else calls meanwhile
_FIRST_PAUSE: Final = timedelta(seconds=2)
_LONGEST_PAUSE: Final = timedelta(minutes=5)
_BY_SESSION: Final = frozenset({CapacityPeriod.SESSION, CapacityPeriod.DAY, CapacityPeriod.AT_ONCE})


class Span(NamedTuple):
    """From an instant up to another."""

    starts_at: datetime
    ends_at: datetime


def session_span(hours: Hours, day: date, session: str, days: Days) -> Span | None:
    """When a session is: from its start to the end of the hours that it lies in.

    Without a session the first hours of the day; None when there are none then.
    """
    minute = minute_of(session) if session else None
    for start, end in stretches(hours, day, days) or ():
        if minute is None or start <= minute < end:
            return Span(_at(day, start if minute is None else minute), _at(day, end))
    return None


def whole_day(day: date) -> Span:
    """A day from midnight to midnight."""
    return Span(_at(day, 0), _at(day, 24 * 60))


def persons(capacity: int | None, period: CapacityPeriod, places: int) -> int:
    """For how many a room is asked: all whom a session takes, where that is known."""
    return capacity if capacity is not None and period in _BY_SESSION else places


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries that nobody answered."""
    return min(_FIRST_PAUSE * (1 << min(tries, 10)), _LONGEST_PAUSE)


def after_feed(current: RoomStatus, booking: BookingStatus) -> RoomStatus | None:
    """Where a room goes when the registry tells of its booking; None: it stays."""
    if booking in DEAD and current in STANDING:
        return R.REFUSED
    if booking in ALIVE and current is R.LEFT:
        return R.LEAVING
    return None


def _at(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(), CITY_ZONE) + timedelta(minutes=minute)
