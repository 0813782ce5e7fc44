"""Places that are taken, as a hint for the search: by offering and period, and at a wished time.

The truth is in the table `capacity`; this is a copy of it, less than a second old. Who wishes no
time is told of today, the day that a referral is for when it names none. Offerings are known by the
bytes of their ids. Times at which the same periods run share what was worked out for one of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final, NamedTuple

import numpy as np

from common.opening import DAY_MINUTES, Moment, clock_of
from matching.domain.places import NO_SESSION
from matching.shelf.columns import Array, Columns

REMEMBERED: Final = 64  # combinations of periods
TIMES: Final = 2_000  # days and clock times that were asked about


class Period(NamedTuple):
    """Days, both included, and a session of each or any."""

    starts_on: date
    ends_on: date
    session: str

    def covers(self, day: date, clock: str) -> bool:
        """Whether who comes then takes a place of this period."""
        return self.starts_on <= day <= self.ends_on and self.session in {NO_SESSION, clock}


At = tuple[Period, ...]  # the periods that run at a time, a session after the whole day
When = tuple[At, ...]  # one of some times
_NOTHING_TAKEN: Final[When] = ((),)
Taken = Mapping[Period, int]


class Places:
    """What is taken, and of that what counts at the times that are asked about."""

    def __init__(self) -> None:
        self.today = date.min
        self._taken: dict[bytes, Taken] = {}
        self._periods: dict[Period, dict[bytes, int]] = {}
        self._running: dict[tuple[date, str], At] = {}
        self._at: dict[At, dict[bytes, int]] = {}

    def when(self, moments: Sequence[Moment]) -> When:
        """The times at which a place is looked for: those wished, or today."""
        if not self._periods:
            return _NOTHING_TAKEN
        if not moments:
            return (self._at_time(self.today, NO_SESSION),)
        times = [
            self._at_time(each.day, clock_of(each.week_minute % DAY_MINUTES)) for each in moments
        ]
        return tuple(dict.fromkeys(times))

    def on(self, at: At) -> Mapping[bytes, int]:
        """How many places are taken of each offering while some periods run."""
        found = self._at.get(at)
        if found is None:
            if len(self._at) >= REMEMBERED:
                self._at.clear()
            found = {}
            for period in at:
                found.update(self._periods.get(period, {}))
            self._at[at] = found
        return found

    def put(self, offering: bytes, taken: Taken) -> None:
        """What is taken of one offering in the periods that are not over."""
        for period in self._taken.pop(offering, {}):
            self._periods[period].pop(offering, None)
        self._know(offering, taken)
        for at, counts in self._at.items():
            counts.pop(offering, None)
            for period in at:
                if period in taken:
                    counts[offering] = taken[period]

    def replace(self, taken: Mapping[bytes, Taken]) -> None:
        """What is taken of all offerings."""
        self._taken, self._periods, self._running, self._at = {}, {}, {}, {}
        for offering, each in taken.items():
            self._know(offering, each)

    def _know(self, offering: bytes, taken: Taken) -> None:
        if taken:
            self._taken[offering] = taken
        for period, count in taken.items():
            if period not in self._periods:
                self._periods[period] = {}
                self._running.clear()
            self._periods[period][offering] = count

    def _at_time(self, day: date, clock: str) -> At:
        found = self._running.get((day, clock))
        if found is None:
            if len(self._running) >= TIMES:
                self._running.clear()
            running = (each for each in self._periods if each.covers(day, clock))
            found = tuple(sorted(running, key=lambda each: each.session))
            self._running[day, clock] = found
        return found


def left_after(there: Any, taken: Any) -> Any:
    """What is left of places when some are taken; places that are not counted stay so."""
    return np.where(np.less(there, 0), there, np.maximum(np.subtract(there, taken), 0))


def with_left(columns: Columns, taken: Sequence[Mapping[bytes, int]]) -> Columns:
    """The columns with what is left at the best of some times, each told by what is taken."""
    left = np.maximum.reduce([_left(columns, each) for each in taken])
    return replace(columns, rows=replace(columns.rows, left=left))


def _left(columns: Columns, taken: Mapping[bytes, int]) -> Array:
    known = list(taken.items())  # in one step: others may count meanwhile
    rows = columns.rows_of(_ids_of(offering for offering, _ in known))
    counts = np.array([count for _, count in known], dtype=np.int64)[rows >= 0]
    rows, left = rows[rows >= 0], columns.rows.left.copy()
    left[rows] = left_after(left[rows], counts)
    return left


def _ids_of(offerings: Iterable[bytes]) -> Any:
    """The halves of ids, as columns hold them."""
    return np.frombuffer(b"".join(offerings), dtype=">u8").reshape(-1, 2).astype(np.uint64)
