"""When offerings happen: each distinct timetable once, half an hour a bit, judged for a moment.

The masks decide for whole half hours of the typical week (seven days, a public holiday, a make-up
working day). What they cannot tell, a stretch that begins within the half hour or a day with an
exception, is looked up exactly.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from common.contracts.registry.hours import OpeningHours
from common.opening import DAY_MINUTES, MAKEUP_SLOT, Axes, Moment, axes
from matching.domain.opening import is_open
from matching.domain.supply import Timetable
from matching.shelf.terms import NO, OPEN, YES

HALF_HOUR: Final = 30
SLOTS: Final = (MAKEUP_SLOT + 1) * DAY_MINUTES // HALF_HOUR
_REMEMBERED: Final = 2_000_000  # bytes of verdicts by moment: many people ask for the same one

Array = NDArray[Any]
Key = tuple[bytes | None, bytes | None, bool]


@dataclass(frozen=True, slots=True)
class _Masks:
    """Half hours that are open from end to end, and those that are open at all, a bit each."""

    whole: Array
    part: Array


class Timetables:
    """Distinct timetables, numbered as they come; they are only added."""

    def __init__(self) -> None:
        self.rows: list[Timetable] = []
        self._keys: list[Key] = []
        self._numbers: dict[Key, int] = {}
        self._axes: dict[bytes, tuple[Axes, _Masks]] = {}
        self._whole: list[Array] = []
        self._part: list[Array] = []
        self._stacked = _Masks(*(np.empty((0, SLOTS // 8), dtype=np.uint8) for _ in range(2)))
        self._exceptions: dict[date, list[int]] = defaultdict(list)
        self._verdicts: dict[Moment, Array] = {}
        self._anytime: Array = np.empty(0, dtype=np.int8)

    def number(self, own: object, venue: object, *, is_only_there: bool) -> int:
        """The number of a timetable, its hours as they stand in the feeds."""
        return self._number((_key(own), _key(venue), is_only_there))

    def again(self, number: int, venue: object, *, is_only_there: bool) -> int:
        """The number of a timetable whose venue has other hours now."""
        return self._number((self._keys[number][0], _key(venue), is_only_there))

    def open(self, moments: Sequence[Moment]) -> Array:
        """The verdict of each timetable: open at one of some moments. Asking none asks nothing."""
        if not moments:
            if len(self._anytime) < len(self.rows):
                self._anytime = np.ones(len(self.rows), dtype=np.int8)
            return self._anytime
        verdicts = [self._at(each) for each in moments]
        return verdicts[0] if len(verdicts) == 1 else np.maximum.reduce(verdicts)

    def _number(self, key: Key) -> int:
        if key not in self._numbers:
            self._keys.append(key)
            self._numbers[key] = self._added(*key)
        return self._numbers[key]

    def _at(self, moment: Moment) -> Array:
        if moment not in self._verdicts:
            if len(self._verdicts) * len(self.rows) > _REMEMBERED:
                self._verdicts.clear()
            self._verdicts[moment] = self._judged(moment)
        return self._verdicts[moment]

    def _judged(self, moment: Moment) -> Array:
        masks = self._masks()
        byte, bit = divmod(moment.week_minute // HALF_HOUR, 8)
        whole, part = (mask[:, byte] & (128 >> bit) > 0 for mask in (masks.whole, masks.part))
        verdict = np.where(whole, YES, NO).astype(np.int8)
        unsure = np.flatnonzero(whole != part).tolist()
        for number in {*unsure, *self._exceptions.get(moment.day, ())}:
            found = is_open(self.rows[number], moment)
            verdict[number] = OPEN if found is None else YES if found else NO
        return verdict

    def _masks(self) -> _Masks:
        if len(self._stacked.whole) < len(self.rows):
            self._stacked = _Masks(np.stack(self._whole), np.stack(self._part))
        return self._stacked

    def _added(self, own: bytes | None, venue: bytes | None, is_only_there: bool) -> int:
        number = len(self.rows)
        mine, theirs = self._known(own), self._known(venue)
        self.rows.append(
            Timetable(mine and mine[0], theirs and theirs[0], is_only_there=is_only_there)
        )
        masks = _combined(mine and mine[1], theirs and theirs[1], is_only_there=is_only_there)
        self._whole.append(masks.whole)
        self._part.append(masks.part)
        for known in (mine, theirs):
            for day in known[0].days if known else ():
                self._exceptions[day].append(number)
        self._verdicts.clear()
        return number

    def _known(self, key: bytes | None) -> tuple[Axes, _Masks] | None:
        if key is None:
            return None
        if key not in self._axes:
            hours = axes(OpeningHours.model_validate_json(key))
            self._axes[key] = hours, _masks_of(hours)
        return self._axes[key]


def _key(hours: object) -> bytes | None:
    return None if hours is None else orjson.dumps(hours)


def _masks_of(hours: Axes) -> _Masks:
    whole, part = (np.zeros(SLOTS, dtype=np.bool_) for _ in range(2))
    for start, end in hours.week:
        whole[-(-start // HALF_HOUR) : end // HALF_HOUR] = True
        part[start // HALF_HOUR : -(-end // HALF_HOUR)] = True
    return _Masks(np.packbits(whole), np.packbits(part))


def _combined(own: _Masks | None, venue: _Masks | None, *, is_only_there: bool) -> _Masks:
    """The masks of both; where nothing is known they differ everywhere, so that it is looked up."""
    if own is None and venue is None:
        nowhere = np.zeros(SLOTS // 8, dtype=np.uint8)
        return _Masks(nowhere, ~nowhere)
    if own is None or venue is None or not is_only_there:
        masks = own or venue
        assert masks is not None  # noqa: S101 - one of them stands
        return masks
    return _Masks(own.whole & venue.whole, own.part & venue.part)
