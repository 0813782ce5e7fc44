"""Opening hours of venues: what is told to a visitor, and hours that nobody could follow.

Pure. How hours become minutes stands in `common.opening`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from common.clock import CITY_ZONE
from common.contracts.registry.hours import (
    DayHours,
    HolidayRule,
    OpeningHours,
    OpeningState,
    Times,
)
from common.errors import FieldError, Invalid, Text
from common.opening import Days, clock_of, is_open, minute_of, stretches_on

_FIRST_YEAR, _LAST_YEAR = 2000, 2200  # of exceptions: what lies beyond is a slip of the pen
SEARCHED_DAYS: Final = 400  # how far ahead `next_opening` looks: more than a year of exceptions


class WrongHours(Invalid):
    """Hours that overlap, run backwards or contradict each other."""

    slug = "wrong-hours"
    title = Text("开放时间有误", "Wrong opening hours")


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
    rule, stretches = stretches_on(hours, day, days)
    times = [Times(opens=clock_of(start), closes=clock_of(end)) for start, end in stretches]
    return DayHours(on=day, rule=rule, hours=times)


def next_opening(hours: OpeningHours, at: datetime, days: Days) -> datetime | None:
    """The first instant at or after `at` when it is open: `at` itself when it is open then.

    None when it does not open within `SEARCHED_DAYS`.
    """
    local = at.astimezone(CITY_ZONE)
    if is_open(hours, at, days):
        return at
    for ahead in range(SEARCHED_DAYS):
        day = local.date() + timedelta(days=ahead)
        for start, _ in stretches_on(hours, day, days)[1]:
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
