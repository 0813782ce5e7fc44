"""Opening hours as minutes: the stretches of a day, and where an instant lies among them.

Pure. Wall time of the city; a stretch holds its first minute and not its last. Of the rules for one
day the first that applies decides: a dated exception, a public holiday, a make-up working day, the
week.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple, Protocol

from common.clock import CITY_ZONE
from common.contracts.registry.hours import HolidayRule, OpeningHours, Times

DAY_MINUTES: Final = 24 * 60
HOLIDAY_SLOT: Final = 7  # days of the typical week: 0 Monday … 6 Sunday, then these two
MAKEUP_SLOT: Final = 8
EPOCH: Final = date(2000, 1, 1)  # minutes from here fit a 4-byte integer until the year 6083

Stretch = tuple[int, int]


class Days(Protocol):
    """The official calendar, as far as opening hours need it."""

    def is_holiday(self, day: date) -> bool:
        """Whether the day belongs to a public holiday as announced."""
        ...

    def is_makeup_day(self, day: date) -> bool:
        """Whether the day is a Saturday or Sunday that is worked."""
        ...


class Moment(NamedTuple):
    """An instant on the axes of the index: which day it is, and its minute on either axis."""

    day: date
    week_minute: int
    dated_minute: int


@dataclass(frozen=True, slots=True)
class Axes:
    """Hours as an index holds them, of a typical week and of dated exceptions."""

    week: list[Stretch]
    days: list[date]
    dated: list[Stretch]


def minute_of(clock: str) -> int:
    """Minutes since midnight of `HH:MM`; 24:00 is 1440."""
    return int(clock[:2]) * 60 + int(clock[3:])


def clock_of(minute: int) -> str:
    """`HH:MM` of minutes since midnight."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def is_open(hours: OpeningHours, at: datetime, days: Days) -> bool:
    """Whether it is open at an instant."""
    local = at.astimezone(CITY_ZONE)
    minute = local.hour * 60 + local.minute
    _, stretches = stretches_on(hours, local.date(), days)
    return any(start <= minute < end for start, end in stretches)


def axes(hours: OpeningHours) -> Axes:
    """The hours on the two axes of the index. Equal for every day to `hours_on`."""
    week = [
        (slot * DAY_MINUTES + start, slot * DAY_MINUTES + end)
        for slot in range(MAKEUP_SLOT + 1)
        for start, end in _slot(hours, slot)
    ]
    dated = [
        (
            _days_since_epoch(row.on) * DAY_MINUTES + start,
            _days_since_epoch(row.on) * DAY_MINUTES + end,
        )
        for row in hours.exceptions
        for start, end in _sorted(row.hours)
    ]
    return Axes(_joined(week), sorted(row.on for row in hours.exceptions), _joined(sorted(dated)))


def moment(at: datetime, days: Days) -> Moment:
    """Where an instant lies on the axes."""
    local = at.astimezone(CITY_ZONE)
    day, minute = local.date(), local.hour * 60 + local.minute
    return Moment(
        day,
        _slot_of(day, days) * DAY_MINUTES + minute,
        _days_since_epoch(day) * DAY_MINUTES + minute,
    )


def stretches_on(hours: OpeningHours, day: date, days: Days) -> tuple[str, list[Stretch]]:
    """The stretches of one day in order, and the rule they come from."""
    for row in hours.exceptions:
        if row.on == day:
            return "exception", _sorted(row.hours)
    slot = _slot_of(day, days)
    rule = {HOLIDAY_SLOT: "holiday", MAKEUP_SLOT: "makeup_day"}.get(slot, "weekly")
    return rule, _slot(hours, slot)


def _slot_of(day: date, days: Days) -> int:
    if days.is_holiday(day):
        return HOLIDAY_SLOT
    return MAKEUP_SLOT if days.is_makeup_day(day) else day.weekday()


def _slot(hours: OpeningHours, slot: int) -> list[Stretch]:
    """The stretches of one day of the typical week."""
    if slot == HOLIDAY_SLOT:
        match hours.on_holiday:
            case HolidayRule.CLOSED:
                return []
            case HolidayRule.AS_SUNDAY:
                return _weekday(hours, 7)
            case HolidayRule.OWN_HOURS:
                return _sorted(hours.holiday_hours)
    if slot == MAKEUP_SLOT:
        as_weekday = hours.makeup_as_weekday
        return [] if as_weekday is None else _weekday(hours, as_weekday)
    return _weekday(hours, slot + 1)


def _weekday(hours: OpeningHours, weekday: int) -> list[Stretch]:
    return _sorted(row for row in hours.weekly if weekday in row.weekdays)


def _sorted(rows: Iterable[Times]) -> list[Stretch]:
    return sorted((minute_of(row.opens), minute_of(row.closes)) for row in rows)


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Sorted stretches with those that touch made one, as a multirange keeps them."""
    joined: list[Stretch] = []
    for start, end in stretches:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _days_since_epoch(day: date) -> int:
    return (day - EPOCH).days
