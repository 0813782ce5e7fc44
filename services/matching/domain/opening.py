"""Whether an offering happens at a moment or on a day, by its own hours and its venue's. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from common.contracts.registry.hours import OpeningHours
from common.opening import Axes, Days, Moment, Stretch, stretches_on
from matching.domain.supply import Timetable


class Hours(NamedTuple):
    """Hours of its own, and its venue's where they count: it has none, or happens only there."""

    own: OpeningHours | None = None
    venue: OpeningHours | None = None


def stretches(hours: Hours, day: date, days: Days) -> list[Stretch] | None:
    """When it happens on a day, within all hours that count. None when none are known."""
    told = _told(hours, day, days)
    return _common(told) if told else None


def sessions(hours: Hours, day: date, days: Days) -> list[int] | None:
    """When its sessions of a day begin, in minutes: while its venue is open. None: unknown."""
    told = _told(hours, day, days)
    if not told:
        return None
    begins = {start for start, _ in told[0]}
    return [start for start, _ in _common(told) if start in begins]


def is_shut(hours: Hours, day: date, days: Days) -> bool:
    """Whether it does not happen on a day at all, as far as is known."""
    return stretches(hours, day, days) == []


def is_open(timetable: Timetable, at: Moment) -> bool | None:
    """Open or not; None when no hours are known.

    Without hours of its own the venue's decide; what happens only in the venue needs both.
    """
    own = None if timetable.own is None else holds(timetable.own, at)
    there = None if timetable.venue is None else holds(timetable.venue, at)
    if own is None:
        return there
    return own and there is not False if timetable.is_only_there else own


def holds(hours: Axes, at: Moment) -> bool:
    """Whether a moment lies within some hours; a dated exception stands for its whole day."""
    if at.day in hours.days:
        return _in_one(hours.dated, at.dated_minute)
    return _in_one(hours.week, at.week_minute)


def _in_one(stretches: Sequence[Stretch], minute: int) -> bool:
    place = bisect_right(stretches, minute, key=lambda stretch: stretch[0])
    return place > 0 and minute < stretches[place - 1][1]


def _told(hours: Hours, day: date, days: Days) -> list[list[Stretch]]:
    return [stretches_on(each, day, days)[1] for each in hours if each is not None]


def _common(told: Sequence[list[Stretch]]) -> list[Stretch]:
    """What lies within all of them, in order."""
    mine, *others = told
    for theirs in others:
        both = ((max(a, c), min(b, d)) for a, b in mine for c, d in theirs)
        mine = [(start, end) for start, end in both if start < end]
    return mine
