"""Opening hours against a walk over every minute, and hours that nobody could follow."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from common.clock import CITY_ZONE
from common.contracts.registry.hours import (
    ExceptionDay,
    HolidayRule,
    OpeningHours,
    Times,
    WeeklyTimes,
)
from common.opening import axes, clock_of, is_open, minute_of, moment
from registry.domain import opening

FIRST = date(2026, 9, 28)  # a Monday, the week of the National Day
HOLIDAYS = {date(2026, 10, d) for d in range(1, 8)}
MAKEUP = {date(2026, 9, 27), date(2026, 10, 10)}


class NationalDay:
    """The calendar around the National Day of 2026."""

    def is_holiday(self, day: date) -> bool:
        return day in HOLIDAYS

    def is_makeup_day(self, day: date) -> bool:
        return day in MAKEUP


DAYS = NationalDay()


def times(opens: str, closes: str) -> Times:
    return Times(opens=opens, closes=closes)


def weekly(weekdays: list[int], opens: str, closes: str) -> WeeklyTimes:
    return WeeklyTimes(weekdays=weekdays, opens=opens, closes=closes)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE)


WORKDAYS = OpeningHours(
    weekly=[weekly([1, 2, 3, 4, 5], "09:00", "11:30"), weekly([1, 2, 3, 4, 5], "13:00", "17:00")]
)


def test_a_lunch_break_is_closed_and_the_last_minute_is_too() -> None:
    assert is_open(WORKDAYS, at("2026-09-28T09:00"), DAYS)
    assert is_open(WORKDAYS, at("2026-09-28T11:29"), DAYS)
    assert not is_open(WORKDAYS, at("2026-09-28T11:30"), DAYS)
    assert not is_open(WORKDAYS, at("2026-09-28T12:00"), DAYS)


def test_instants_are_read_on_the_citys_clock() -> None:
    assert is_open(WORKDAYS, datetime(2026, 9, 28, 1, 0, tzinfo=UTC), DAYS)
    assert not is_open(WORKDAYS, datetime(2026, 9, 28, 9, 0, tzinfo=UTC), DAYS)


def test_a_public_holiday_is_closed_unless_the_hours_say_otherwise() -> None:
    holiday = at("2026-10-01T10:00")  # a Thursday
    as_sunday = WORKDAYS.model_copy(
        update={
            "on_holiday": HolidayRule.AS_SUNDAY,
            "weekly": [*WORKDAYS.weekly, weekly([7], "10:00", "12:00")],
        }
    )
    own = WORKDAYS.model_copy(
        update={"on_holiday": HolidayRule.OWN_HOURS, "holiday_hours": [times("09:30", "10:30")]}
    )

    assert not is_open(WORKDAYS, holiday, DAYS)
    assert is_open(as_sunday, holiday, DAYS)
    assert opening.hours_on(own, date(2026, 10, 1), DAYS).hours == [times("09:30", "10:30")]


def test_a_worked_saturday_has_the_hours_of_the_weekday_it_stands_for() -> None:
    saturday = date(2026, 10, 10)
    closed = WORKDAYS.model_copy(update={"makeup_as_weekday": None})

    assert opening.hours_on(WORKDAYS, saturday, DAYS).rule == "makeup_day"
    assert opening.hours_on(WORKDAYS, saturday, DAYS).hours == [
        times("09:00", "11:30"),
        times("13:00", "17:00"),
    ]
    assert opening.hours_on(closed, saturday, DAYS).hours == []


def test_a_dated_exception_outranks_the_holiday() -> None:
    hours = WORKDAYS.model_copy(
        update={"exceptions": [ExceptionDay(on=date(2026, 10, 1), hours=[times("08:00", "09:00")])]}
    )

    told = opening.hours_on(hours, date(2026, 10, 1), DAYS)

    assert (told.rule, told.hours) == ("exception", [times("08:00", "09:00")])


def test_the_next_opening_skips_the_whole_holiday() -> None:
    assert opening.next_opening(WORKDAYS, at("2026-09-30T17:00"), DAYS) == at("2026-10-08T09:00")
    assert opening.next_opening(WORKDAYS, at("2026-09-28T12:00"), DAYS) == at("2026-09-28T13:00")
    open_now = at("2026-09-28T14:00")
    assert opening.next_opening(WORKDAYS, open_now, DAYS) == open_now


def test_what_never_opens_has_no_next_opening() -> None:
    assert opening.next_opening(OpeningHours(weekly=[]), at("2026-09-28T12:00"), DAYS) is None


def test_overlapping_rows_are_refused_with_the_row_and_the_other_one() -> None:
    hours = OpeningHours(
        weekly=[weekly([1, 2], "09:00", "12:00"), weekly([2, 3], "11:30", "14:00")]
    )

    with pytest.raises(opening.WrongHours) as refused:
        opening.check(hours)

    (error,) = refused.value.errors
    assert error.pointer == "/opening_hours/weekly/1"
    assert "第 1 行 09:00–12:00" in error.message.zh


def test_stretches_that_touch_do_not_overlap() -> None:
    opening.check(
        OpeningHours(weekly=[weekly([1], "09:00", "12:00"), weekly([1], "12:00", "17:00")])
    )


def test_a_stretch_inside_a_long_one_is_found_behind_a_short_one() -> None:
    rows = [
        weekly([1], "08:00", "20:00"),
        weekly([1], "09:00", "10:00"),
        weekly([1], "11:00", "12:00"),
    ]

    pointers = [error.pointer for error in opening.faults(OpeningHours(weekly=rows))]

    assert pointers == ["/opening_hours/weekly/1", "/opening_hours/weekly/2"]


def test_a_night_in_one_stretch_is_refused_with_the_way_to_write_it() -> None:
    (error,) = opening.faults(OpeningHours(weekly=[weekly([5], "22:00", "06:00")]))

    assert error.pointer == "/opening_hours/weekly/0/closes"
    assert "22:00–24:00" in error.message.zh


def test_a_night_in_two_stretches_is_open_at_midnight() -> None:
    hours = OpeningHours(weekly=[weekly([1], "22:00", "24:00"), weekly([2], "00:00", "06:00")])

    opening.check(hours)
    assert is_open(hours, at("2026-09-28T23:59"), DAYS)
    assert is_open(hours, at("2026-09-29T00:00"), DAYS)
    assert not is_open(hours, at("2026-09-29T06:00"), DAYS)


@pytest.mark.parametrize(
    ("hours", "pointer"),
    [
        (
            OpeningHours(weekly=[], on_holiday=HolidayRule.OWN_HOURS),
            "/opening_hours/holiday_hours",
        ),
        (
            OpeningHours(weekly=[], holiday_hours=[times("09:00", "10:00")]),
            "/opening_hours/holiday_hours",
        ),
        (
            OpeningHours(weekly=[], exceptions=[ExceptionDay(on=FIRST), ExceptionDay(on=FIRST)]),
            "/opening_hours/exceptions/1/on",
        ),
        (
            OpeningHours(weekly=[], exceptions=[ExceptionDay(on=date(9998, 1, 1))]),
            "/opening_hours/exceptions/0/on",
        ),
        (
            OpeningHours(weekly=[weekly([1, 1], "09:00", "10:00")]),
            "/opening_hours/weekly/0/weekdays",
        ),
    ],
    ids=["own-hours-missing", "hours-without-the-rule", "day-twice", "day-far", "weekday-twice"],
)
def test_contradictions_are_refused_by_row(hours: OpeningHours, pointer: str) -> None:
    assert [error.pointer for error in opening.faults(hours)] == [pointer]


clocks = st.builds(
    lambda h, m: f"{h:02d}:{m:02d}", st.integers(0, 23), st.sampled_from([0, 1, 30, 59])
)
ends = st.one_of(clocks, st.just("24:00"))


@st.composite
def stretches(draw: st.DrawFn) -> Times:
    opens, closes = draw(clocks), draw(ends)
    assume(opens < closes)
    return times(opens, closes)


@st.composite
def free_days(draw: st.DrawFn, most: int = 3) -> list[Times]:
    """Up to `most` stretches of one day that do not overlap; some touch."""
    edges = sorted(draw(st.sets(st.integers(0, 48), max_size=2 * most)))
    faces = [clock_of(edge * 30) for edge in edges[: len(edges) // 2 * 2]]
    return [times(a, b) for a, b in zip(faces[::2], faces[1::2], strict=True)]


@st.composite
def any_hours(draw: st.DrawFn) -> OpeningHours:
    """Any hours that pass the check: each weekday belongs to one of three patterns, or to none."""
    pattern = draw(st.lists(st.integers(0, 3), min_size=7, max_size=7))
    rows = [
        weekly([day + 1 for day in range(7) if pattern[day] == each], row.opens, row.closes)
        for each in range(3)
        if each in pattern
        for row in draw(free_days())
    ]
    own = draw(free_days(2))
    exceptional = draw(st.sets(st.integers(0, 13), max_size=3))
    rule = HolidayRule.OWN_HOURS if own else draw(st.sampled_from(["closed", "as_sunday"]))
    return OpeningHours(
        weekly=draw(st.permutations(rows)),
        on_holiday=HolidayRule(rule),
        holiday_hours=own,
        makeup_as_weekday=draw(st.none() | st.integers(1, 7)),
        exceptions=[
            ExceptionDay(on=FIRST + timedelta(days=n), hours=draw(free_days(2)))
            for n in exceptional
        ],
    )


def open_by_hand(hours: OpeningHours, day: date, clock: str) -> bool:
    """The rules read aloud, comparing clock faces as text."""
    for row in hours.exceptions:
        if row.on == day:
            return any(t.opens <= clock < t.closes for t in row.hours)
    weekday: int | None = day.isoweekday()
    if day in HOLIDAYS:
        if hours.on_holiday == "own_hours":
            return any(t.opens <= clock < t.closes for t in hours.holiday_hours)
        weekday = 7 if hours.on_holiday == "as_sunday" else None
    elif day in MAKEUP:
        weekday = hours.makeup_as_weekday
    return any(weekday in r.weekdays and r.opens <= clock < r.closes for r in hours.weekly)


@settings(max_examples=40, deadline=None)
@given(hours=any_hours())
def test_a_walk_over_every_minute_of_a_fortnight_agrees(hours: OpeningHours) -> None:
    assert opening.faults(hours) == []
    index = axes(hours)
    exceptional = set(index.days)
    start = datetime.combine(FIRST, datetime.min.time(), CITY_ZONE)
    for step in range(0, 14 * 24 * 60, 7):  # 7 and a day are coprime: every minute of a day is met
        instant = start + timedelta(minutes=step)
        wanted = open_by_hand(hours, instant.date(), instant.strftime("%H:%M"))
        place = moment(instant, DAYS)
        row, minute = (
            (index.dated, place.dated_minute)
            if place.day in exceptional
            else (index.week, place.week_minute)
        )
        assert is_open(hours, instant, DAYS) is wanted
        assert any(begin <= minute < end for begin, end in row) is wanted


@settings(max_examples=60, deadline=None)
@given(hours=any_hours(), minutes=st.integers(0, 13 * 24 * 60))
def test_nothing_is_open_before_the_next_opening(hours: OpeningHours, minutes: int) -> None:
    asked = datetime.combine(FIRST, datetime.min.time(), CITY_ZONE) + timedelta(minutes=minutes)

    found = opening.next_opening(hours, asked, DAYS)

    limit = found or asked + timedelta(days=10)
    walked = asked
    while walked < min(limit, asked + timedelta(days=3)):
        assert not is_open(hours, walked, DAYS)
        walked += timedelta(minutes=1)
    assert found is None or is_open(hours, found, DAYS)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(stretches(), min_size=1, max_size=5))
def test_overlap_is_found_exactly_when_some_minute_is_held_twice(rows: list[Times]) -> None:
    hours = OpeningHours(weekly=[weekly([3], row.opens, row.closes) for row in rows])
    held = [minute for row in rows for minute in range(minute_of(row.opens), minute_of(row.closes))]

    assert bool(opening.faults(hours)) is (len(held) > len(set(held)))
