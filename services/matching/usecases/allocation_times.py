"""When people would come and when offerings are open, as bits: half hours, and any time of the day.

Each different wish and each different timetable is read once.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

import numpy as np

from common.opening import Days, minute_of
from matching.allocation.candidates import ANYTIME, NO_DAY
from matching.allocation.problem import Ints
from matching.domain.opening import Hours, stretches
from matching.queries import hours
from matching.queries.allocation_reading import NO_VENUE, Columns, Venue
from matching.usecases.allocation_kinds import numbered

HALF_HOURS: Final = 48
ALL_DAY: Final = (1 << HALF_HOURS) - 1
NEVER: Final = 1 << 61  # a wish for another day of the week: nothing is open then
_SLOT_MINUTES: Final = 30


def wishes(people: Columns, span: Sequence[date]) -> Ints:
    """The half hours that each need wishes for, or `ANYTIME`."""
    names = ("is_over", "weekdays", "wished_from_time", "wished_to_time")
    asked, which = numbered(zip(*(people[name] for name in names), strict=True))
    days = {str(day.isoweekday()) for day in span}
    return np.array([_wished(days, *each) for each in asked], np.int64)[which]


def opened(offers: Columns, venues: Mapping[UUID, Venue], span: Sequence[date], days: Days) -> Ints:
    """The half hours in which each offering is open on one of the days, and whether at any time."""
    there = (venues.get(each, NO_VENUE).hours for each in offers["there"])
    asked, which = numbered(zip(offers["schedule"], there, strict=True))
    known = [_half_hours(hours.told(*each), span, days) for each in asked]
    found = np.array(known, np.int64)[which]
    found[(found != 0) | np.array(offers["is_longer"], np.bool_)] |= ANYTIME
    return found


def _wished(
    days: set[str], is_over: bool, weekdays: str | None, since: str | None, until: str | None
) -> int:
    if is_over:
        return NO_DAY
    if weekdays and days.isdisjoint(weekdays):
        return NEVER
    if since is None and until is None:
        return ANYTIME
    first, last = minute_of(since or "00:00"), minute_of(until or "24:00")
    return _bits([(first, max(last, first + 1))])


def _half_hours(known: Hours, span: Sequence[date], days: Days) -> int:
    """The half hours of one timetable; all when nobody knows."""
    if known == Hours():
        return ALL_DAY
    found = 0
    for day in span:
        found |= _bits(stretches(known, day, days) or ())
    return found


def _bits(stretches: Sequence[tuple[int, int]]) -> int:
    found = 0
    for start, end in stretches:
        for slot in range(start // _SLOT_MINUTES, -(-end // _SLOT_MINUTES)):
            found |= 1 << min(slot, HALF_HOURS - 1)
    return found
