"""Whether an offering happens at a moment, by its own hours and those of its venue. Pure."""

from bisect import bisect_right
from collections.abc import Sequence

from common.opening import Axes, Moment, Stretch
from matching.domain.supply import Timetable


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
