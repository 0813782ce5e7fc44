"""Which rows are open at a moment: each distinct schedule is judged once, not each row."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from pyroaring import BitMap

from common.contracts.registry.hours import OpeningHours
from common.opening import Axes, Moment, Stretch, axes

_REMEMBERED: Final = 64  # moments: many people ask for the same minute


class Schedules:
    """Rows by their own hours and by those of their venue, written as JSON text."""

    def __init__(self) -> None:
        self._axes: dict[str, Axes] = {}
        self._own: dict[str, BitMap] = {}
        self._there: dict[str, BitMap] = {}
        self._without_own = BitMap()
        self._only_there = BitMap()
        self._known: dict[Moment, BitMap] = {}

    def add(self, own: str | None, venue: str | None, only_there: bool, rows: BitMap) -> None:
        """Note the hours of rows; `only_there`: what happens in the venue and nowhere else."""
        for hours, known in ((own, self._own), (venue, self._there)):
            if hours is not None:
                if hours not in self._axes:
                    self._axes[hours] = axes(OpeningHours.model_validate_json(hours))
                known.setdefault(hours, BitMap()).update(rows)
        if own is None:
            self._without_own |= rows
        if only_there:
            self._only_there |= rows
        self._known.clear()

    def open(self, moment: Moment) -> BitMap:
        """Rows open by their own hours, and by the venue's where they happen only there.

        Without hours of its own the venue's decide; with neither nothing is known: not open.
        """
        if moment not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[moment] = self._judged(moment)
        return self._known[moment]

    def _judged(self, moment: Moment) -> BitMap:
        there = BitMap.union(BitMap(), *self._open_of(self._there, moment))
        own = BitMap.union(BitMap(), *self._open_of(self._own, moment))
        return (there & self._without_own) | (own - self._only_there) | (own & there)

    def _open_of(self, rows: dict[str, BitMap], moment: Moment) -> Iterator[BitMap]:
        return (found for hours, found in rows.items() if _is_open(self._axes[hours], moment))


def _is_open(hours: Axes, moment: Moment) -> bool:
    if moment.day in hours.days:
        return _holds(hours.dated, moment.dated_minute)
    return _holds(hours.week, moment.week_minute)


def _holds(stretches: list[Stretch], minute: int) -> bool:
    """Whether a minute lies in one of some stretches in order, none over another."""
    place = bisect_right(stretches, minute, key=lambda stretch: stretch[0])
    return place > 0 and minute < stretches[place - 1][1]
