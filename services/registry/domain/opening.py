"""Opening hours: when something is open, and what one index needs to answer that.

Pure. Wall time of the city; a stretch holds its first minute and not its last. Of the rules for one
day the first that applies decides: a dated exception, a public holiday, a make-up working day, the
week.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple, Protocol

from common.clock import CITY_ZONE
from common.contracts.registry.hours import (
    DayHours,
    HolidayRule,
    OpeningHours,
    OpeningState,
    Times,
)
from common.errors import FieldError, Invalid, Text

DAY_MINUTES: Final = 24 * 60
HOLIDAY_SLOT: Final = 7  # days of the typical week: 0 Monday … 6 Sunday, then these two
MAKEUP_SLOT: Final = 8
EPOCH: Final = date(2000, 1, 1)  # minutes from here fit a 4-byte integer until the year 6083
_FIRST_YEAR, _LAST_YEAR = 2000, 2200  # of exceptions: what lies beyond is a slip of the pen
SEARCHED_DAYS: Final = 400  # how far ahead `next_opening` looks: more than a year of exceptions

Stretch = tuple[int, int]


class Days(Protocol):
    """The official calendar, as far as opening hours need it."""

    def is_holiday(self, day: date) -> bool:
        """Whether the day belongs to a public holiday as announced."""
        ...

    def is_makeup_day(self, day: date) -> bool:
        """Whether the day is a Saturday or Sunday that is worked."""
        ...


class WrongHours(Invalid):
    """Hours that overlap, run backwards or contradict each other."""

    slug = "wrong-hours"
    title = Text("开放时间有误", "Wrong opening hours")


class Moment(NamedTuple):
    """An instant on the axes of the index: which day it is, and its minute on either axis."""

    day: date
    week_minute: int
    dated_minute: int


@dataclass(frozen=True, slots=True)
class Axes:
    """Hours as an index holds them, see `registry.tables.opening`."""

    week: list[Stretch]
    days: list[date]
    dated: list[Stretch]


def minute_of(clock: str) -> int:
    """Minutes since midnight of `HH:MM`; 24:00 is 1440."""
    return int(clock[:2]) * 60 + int(clock[3:])


def clock_of(minute: int) -> str:
    """`HH:MM` of minutes since midnight."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def check(hours: OpeningHours, pointer: str = "/opening_hours") -> None:
    """Refuse hours that nobody could follow. Raises `WrongHours` naming each row."""
    if found := faults(hours, pointer):
        raise WrongHours(errors=found)


def faults(hours: OpeningHours, pointer: str = "/opening_hours") -> list[FieldError]:
    """Each fault of the hours, with the row it stands in."""
    return [
        *_week_faults(hours, f"{pointer}/weekly"),
        *_holiday_faults(hours, f"{pointer}/holiday_hours"),
        *_exception_faults(hours, f"{pointer}/exceptions"),
    ]


def hours_on(hours: OpeningHours, day: date, days: Days) -> DayHours:
    """The stretches of one day, in order, and the rule they come from."""
    rule, stretches = _stretches_on(hours, day, days)
    times = [Times(opens=clock_of(start), closes=clock_of(end)) for start, end in stretches]
    return DayHours(on=day, rule=rule, hours=times)


def is_open(hours: OpeningHours, at: datetime, days: Days) -> bool:
    """Whether it is open at an instant."""
    local = at.astimezone(CITY_ZONE)
    minute = local.hour * 60 + local.minute
    _, stretches = _stretches_on(hours, local.date(), days)
    return any(start <= minute < end for start, end in stretches)


def next_opening(hours: OpeningHours, at: datetime, days: Days) -> datetime | None:
    """The first instant at or after `at` when it is open: `at` itself when it is open then.

    None when it does not open within `SEARCHED_DAYS`.
    """
    local = at.astimezone(CITY_ZONE)
    if is_open(hours, at, days):
        return at
    for ahead in range(SEARCHED_DAYS):
        day = local.date() + timedelta(days=ahead)
        for start, _ in _stretches_on(hours, day, days)[1]:
            opens = datetime.combine(day, time(start // 60, start % 60), CITY_ZONE)
            if opens > local:
                return opens
    return None


def state_on(
    hours: OpeningHours | Mapping[str, Any] | None, day: date, now: datetime, days: Days
) -> OpeningState:
    """What a visitor asks: open now, the hours of a day, the next opening."""
    if hours is None:
        return OpeningState(known=False, open_now=None, day=None, next_opening_at=None)
    known = OpeningHours.model_validate(hours)
    return OpeningState(
        known=True,
        open_now=is_open(known, now, days),
        day=hours_on(known, day, days),
        next_opening_at=next_opening(known, now, days),
    )


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


def _stretches_on(hours: OpeningHours, day: date, days: Days) -> tuple[str, list[Stretch]]:
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


def _week_faults(hours: OpeningHours, pointer: str) -> Iterator[FieldError]:
    yield from _backwards(hours.weekly, pointer)
    for index, row in enumerate(hours.weekly):
        if len(set(row.weekdays)) < len(row.weekdays):
            message = Text("同一行中星期重复", "a weekday stands twice in this row")
            yield FieldError(f"{pointer}/{index}/weekdays", row.weekdays, message)
    told: set[tuple[int, int]] = set()
    for weekday in range(1, 8):
        rows = [(index, row) for index, row in enumerate(hours.weekly) if weekday in row.weekdays]
        for first, second in _overlaps(rows):
            if (first, second) not in told:
                told.add((first, second))
                yield _overlap(hours.weekly, first, second, pointer)


def _holiday_faults(hours: OpeningHours, pointer: str) -> Iterator[FieldError]:
    yield from _row_faults(hours.holiday_hours, pointer)
    if (hours.on_holiday is HolidayRule.OWN_HOURS) != bool(hours.holiday_hours):
        message = Text(
            "节假日时段与 on_holiday=own_hours 须同时填写或同时不填",
            "holiday hours go with on_holiday=own_hours, and only with it",
        )
        yield FieldError(pointer, len(hours.holiday_hours), message)


def _exception_faults(hours: OpeningHours, pointer: str) -> Iterator[FieldError]:
    seen: set[date] = set()
    for index, row in enumerate(hours.exceptions):
        yield from _row_faults(row.hours, f"{pointer}/{index}/hours")
        if row.on in seen:
            message = Text("同一日期出现两次", "the same day stands twice")
            yield FieldError(f"{pointer}/{index}/on", str(row.on), message)
        if not _FIRST_YEAR <= row.on.year <= _LAST_YEAR:
            message = Text(
                f"日期须在 {_FIRST_YEAR} 至 {_LAST_YEAR} 年之间",
                f"a day between {_FIRST_YEAR} and {_LAST_YEAR}",
            )
            yield FieldError(f"{pointer}/{index}/on", str(row.on), message)
        seen.add(row.on)


def _row_faults(rows: Sequence[Times], pointer: str) -> Iterator[FieldError]:
    yield from _backwards(rows, pointer)
    for first, second in _overlaps(list(enumerate(rows))):
        yield _overlap(rows, first, second, pointer)


def _backwards(rows: Sequence[Times], pointer: str) -> Iterator[FieldError]:
    for index, row in enumerate(rows):
        if minute_of(row.opens) >= minute_of(row.closes):
            message = Text(
                "结束须晚于开始；跨午夜请拆成两段，如 22:00–24:00 与次日 00:00–06:00",
                "a stretch ends after it begins; write a night as 22:00–24:00 and 00:00–06:00",
            )
            yield FieldError(f"{pointer}/{index}/closes", f"{row.opens}–{row.closes}", message)


def _overlaps(rows: Sequence[tuple[int, Times]]) -> Iterator[tuple[int, int]]:
    """Pairs of row numbers, the later row second, where one stretch runs into another."""
    ordered = sorted((minute_of(r.opens), minute_of(r.closes), index) for index, r in rows)
    reach, holder = -1, -1
    for start, end, index in ordered:
        if start < reach and start < end:
            yield min(holder, index), max(holder, index)
        if end > reach:
            reach, holder = end, index


def _overlap(rows: Sequence[Times], first: int, second: int, pointer: str) -> FieldError:
    other, row = rows[first], rows[second]
    message = Text(
        f"与第 {first + 1} 行 {other.opens}–{other.closes} 重叠",
        f"overlaps row {first + 1}, {other.opens}–{other.closes}",
    )
    return FieldError(f"{pointer}/{second}", f"{row.opens}–{row.closes}", message)
