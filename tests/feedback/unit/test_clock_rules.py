"""The clocks of cases: golden dates, pauses that lose no day, ladders that only go up."""

from datetime import UTC, date, datetime, time, timedelta

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.calendar import Calendar, Holiday, Notice
from common.clock import CITY_ZONE, city_day
from common.contracts.feedback import CaseKind
from common.rules import RuleTable
from common.rules.reading import packaged_rules
from feedback.domain import clocks
from feedback.domain.clocks import Clock

CALENDAR = Calendar.load()
RULES: RuleTable = packaged_rules("feedback")
SHANGHAI, DANING, XIAYANG = "310101002001", "310106019001", "310118001001"


def morning(day: date) -> datetime:
    return datetime.combine(day, time(9), CITY_ZONE).astimezone(UTC)


def clock_of(day: date, days: int) -> Clock:
    due = CALENDAR.add_working_days(day, days)
    return Clock(day, days, clocks.end_of(due.on), due.provisional, "test")


@pytest.mark.parametrize(
    ("received", "contact", "answer", "extended"),
    [
        (date(2026, 9, 18), date(2026, 9, 20), date(2026, 9, 24), date(2026, 10, 15)),
        (date(2026, 9, 30), date(2026, 10, 8), date(2026, 10, 13), date(2026, 10, 27)),
        (date(2026, 2, 13), date(2026, 2, 14), date(2026, 2, 27), date(2026, 3, 12)),
    ],
)
def test_one_five_and_fifteen_fall_on_the_published_days(received, contact, answer, extended):
    at, rules = morning(received), RULES.at(received, SHANGHAI)
    clock = clocks.received(CaseKind.COMPLAINT, at, rules, CALENDAR)
    longer = clocks.extended(CaseKind.COMPLAINT, clock, rules, CALENDAR)

    assert clocks.first_contact(at, rules, CALENDAR).due_at == clocks.end_of(contact)
    assert (clock.due_on, clock.rule) == (answer, "sh.answer")
    assert (longer.due_on, longer.rule) == (extended, "sh.answer_extended")


@pytest.mark.parametrize(
    ("place", "kind", "rule"),
    [
        (SHANGHAI, CaseKind.COMPLAINT, "sh.answer"),
        (SHANGHAI, CaseKind.CONSULTATION, "case.consultation"),
        (DANING, CaseKind.SUGGESTION, "street.suggestion"),
        (DANING, CaseKind.HELP, "street.help"),
        (XIAYANG, CaseKind.CONSULTATION, "xiayang.first_handling"),
    ],
)
def test_the_table_of_the_place_goes_before_the_citys(place, kind, rule):
    day = date(2026, 3, 2)
    clock = clocks.received(kind, morning(day), RULES.at(day, place), CALENDAR)

    assert clock.rule == rule


@pytest.mark.parametrize("year", range(2005, 2026))
def test_every_day_of_every_year_agrees_with_a_walk_that_shares_no_code(year):
    day = date(year, 1, 1)
    while day.year == year:
        walked, left = day, 5
        while left:
            walked += timedelta(1)
            left -= chinese_calendar.is_workday(walked)
        assert clock_of(day, 5).due_on == walked
        day += timedelta(1)


days = st.dates(date(2024, 1, 1), date(2026, 6, 30))


@settings(max_examples=60)
@given(days, st.integers(2, 15), st.integers(0, 10), st.integers(0, 40))
def test_a_pause_loses_no_working_day_and_wins_none(start, n, before, paused):
    clock = clock_of(start, n)
    pause_on = start + timedelta(before)
    if pause_on >= clock.due_on:
        return
    resume_on = pause_on + timedelta(paused)
    after = clocks.resumed(clock, morning(pause_on), morning(resume_on), CALENDAR)
    used = CALENDAR.working_days_between(start, pause_on)

    assert used + CALENDAR.working_days_between(resume_on, after.due_on) == n
    assert after.due_at >= clock.due_at


@settings(max_examples=60)
@given(days, st.integers(1, 15), st.integers(0, 40))
def test_a_pause_on_the_last_day_gives_the_day_on_which_work_goes_on(start, n, paused):
    clock = clock_of(start, n)
    resume_on = clock.due_on + timedelta(paused)
    after = clocks.resumed(clock, morning(clock.due_on), morning(resume_on), CALENDAR)
    on = resume_on
    while not CALENDAR.is_working(on):
        on += timedelta(1)

    assert after.due_on == on
    assert clocks.again(after, CALENDAR) == after


@settings(max_examples=60)
@given(days, st.integers(1, 15), st.integers(0, 10))
def test_a_pause_that_ends_on_its_day_moves_nothing_however_often(start, n, before):
    clock = clock_of(start, n)
    on = morning(min(start + timedelta(before), clock.due_on))

    assert clocks.resumed(clock, on, on + timedelta(minutes=5), CALENDAR) == clock


@settings(max_examples=60)
@given(days)
def test_a_ladder_goes_up_later_at_each_step_and_ends(start):
    rules, due = RULES.at(date(2026, 3, 2), SHANGHAI), clock_of(start, 5).due_at
    steps = [clocks.escalates(due, level, rules, CALENDAR) for level in range(clocks.TOP + 1)]

    assert steps[0] == due
    assert steps[1] is not None
    assert steps[2] is not None
    assert due < steps[1] < steps[2]
    assert steps[clocks.TOP] is None


def test_a_clock_ends_with_its_day_in_the_city():
    assert clocks.end_of(date(2026, 9, 24)) == datetime(2026, 9, 24, 16, tzinfo=UTC)
    assert clock_of(date(2026, 9, 18), 5).due_on == date(2026, 9, 24)
    assert city_day(clocks.end_of(date(2026, 9, 24))) == date(2026, 9, 25)


def test_beyond_the_horizon_a_deadline_is_provisional_until_the_notice_settles_it():
    clock = clock_of(date(2026, 12, 30), 5)
    notice = Notice(
        "国务院办公厅关于2027年部分节假日安排的通知（测试用假设）",
        (Holiday("元旦", date(2027, 1, 1), date(2027, 1, 3)),),
        frozenset({date(2027, 1, 9)}),
        year=2027,
        issued_on=date(2026, 12, 20),
    )
    settled = clocks.again(clock, CALENDAR.with_notice(notice))

    assert clock.is_provisional
    assert (clock.due_on, settled.due_on) == (date(2027, 1, 7), date(2027, 1, 7))
    assert not settled.is_provisional
