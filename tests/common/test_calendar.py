"""Working days, against chinesecalendar and a walk that shares no code with ours."""

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.calendar import (
    Calendar,
    Confidence,
    Holiday,
    NotCovered,
    Notice,
    Reason,
    WrongNotice,
    packaged_notices,
    read_notice,
)

CALENDAR = Calendar.load()
YEARS = range(2004, 2027)
covered = st.dates(date(2004, 1, 1), date(2026, 12, 31))


def notice_of_2027() -> Notice:
    return Notice(
        "国务院办公厅关于2027年部分节假日安排的通知（测试用假设）",
        (
            Holiday("元旦", date(2027, 1, 1), date(2027, 1, 3)),
            Holiday("春节", date(2027, 2, 5), date(2027, 2, 11)),
        ),
        frozenset({date(2027, 1, 30), date(2027, 2, 20)}),
        year=2027,
        issued_on=date(2026, 11, 4),
    )


@pytest.mark.parametrize("year", YEARS)
def test_every_day_of_the_year_is_worked_as_the_oracle_says(year):
    day, ours, theirs = date(year, 1, 1), [], []
    while day.year == year:
        ours.append((day, CALENDAR.is_working(day)))
        theirs.append((day, chinese_calendar.is_workday(day)))
        day += timedelta(1)

    assert ours == theirs


@pytest.mark.parametrize("year", YEARS)
def test_every_deadline_of_the_year_agrees_with_a_brute_force_walk(year):
    for offset in range(0, 366, 3):
        start = date(year, 1, 1) + timedelta(offset)
        day, worked = start, []
        while len(worked) < 30 and day < date(2026, 12, 31):
            day += timedelta(1)
            if chinese_calendar.is_workday(day):
                worked.append(day)
        for n, expected in enumerate(worked, start=1):
            assert CALENDAR.add_working_days(start, n).on == expected


@pytest.mark.parametrize(
    ("received", "n", "due"),
    [
        (date(2026, 9, 18), 1, date(2026, 9, 20)),
        (date(2026, 9, 18), 5, date(2026, 9, 24)),
        (date(2026, 9, 18), 15, date(2026, 10, 15)),
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 9, 30), 5, date(2026, 10, 13)),
        (date(2026, 9, 30), 15, date(2026, 10, 27)),
        (date(2026, 2, 13), 1, date(2026, 2, 14)),
        (date(2026, 2, 13), 5, date(2026, 2, 27)),
        (date(2026, 2, 13), 15, date(2026, 3, 12)),
    ],
)
def test_the_published_examples_fall_due_as_promised(received, n, due):
    assert CALENDAR.add_working_days(received, n).on == due


def test_a_sunday_is_worked_when_it_makes_up_for_a_holiday():
    assert CALENDAR.is_makeup_day(date(2026, 9, 20))
    assert CALENDAR.is_working(date(2026, 9, 20))
    assert not CALENDAR.is_makeup_day(date(2026, 9, 21))


def test_a_holiday_has_its_name_and_other_days_have_none():
    assert CALENDAR.holiday_name(date(2026, 2, 17)) == "春节"
    assert CALENDAR.holiday_name(date(2025, 10, 6)) == "国庆节、中秋节"
    assert CALENDAR.holiday_name(date(2026, 9, 20)) is None
    assert CALENDAR.is_holiday(date(2026, 10, 3))
    assert not CALENDAR.is_holiday(date(2026, 9, 19))


@given(covered, st.integers(1, 60))
def test_counting_back_gives_the_days_that_were_added(start, n):
    due = CALENDAR.add_working_days(start, n)

    assert CALENDAR.is_working(due.on)
    assert CALENDAR.working_days_between(start, due.on) == n
    assert CALENDAR.working_days_between(due.on, start) == -n


@given(covered, st.integers(1, 40))
def test_one_more_working_day_is_never_earlier(start, n):
    assert CALENDAR.add_working_days(start, n).on < CALENDAR.add_working_days(start, n + 1).on


@given(covered, st.integers(1, 30))
def test_a_deadline_explains_every_day_up_to_itself(start, n):
    due = CALENDAR.add_working_days(start, n)
    counted = [step.count for step in due.steps if step.count]

    assert [step.day for step in due.steps] == [
        start + timedelta(k) for k in range(1, (due.on - start).days + 1)
    ]
    assert counted == list(range(1, n + 1))
    assert due.steps[-1].count == n


def test_the_explanation_reads_in_both_languages():
    steps = CALENDAR.add_working_days(date(2026, 9, 18), 5).steps

    assert [step.text.zh for step in steps[:2]] == [
        "2026-09-19（周六）周末，不计",
        "2026-09-20（周日）调休上班，第 1 日",
    ]
    assert steps[1].text.en == "2026-09-20 (Sun) make-up working day, day 1"
    holiday = CALENDAR.add_working_days(date(2026, 9, 24), 1).steps[0]
    assert holiday.text.zh == "2026-09-25（周五）放假（中秋节），不计"


def test_calendar_days_are_all_counted_and_roll_off_a_day_of_rest():
    due = CALENDAR.add_days(date(2026, 9, 10), 21)

    assert due.on == date(2026, 10, 8)
    assert CALENDAR.add_days(date(2026, 9, 10), 10).on == date(2026, 9, 20)
    assert [step.count for step in due.steps][:3] == [1, 2, 3]


def test_the_calendar_knows_its_horizon():
    assert CALENDAR.first == date(2004, 1, 1)
    assert CALENDAR.horizon == date(2026, 12, 31)


def test_a_deadline_beyond_the_horizon_is_provisional_and_says_so():
    settled = CALENDAR.add_working_days(date(2026, 12, 25), 4)
    beyond = CALENDAR.add_working_days(date(2026, 12, 25), 5)

    assert (settled.on, settled.provisional) == (date(2026, 12, 31), False)
    assert beyond.provisional
    assert beyond.on == date(2027, 1, 4)
    assert "尚未公布" in beyond.steps[-1].text.zh
    assert beyond.steps[6].reason is Reason.HOLIDAY


def test_a_new_notice_settles_its_year_and_leaves_the_old_calendar_alone():
    later = CALENDAR.with_notice(notice_of_2027())
    before = CALENDAR.add_working_days(date(2027, 1, 28), 6)
    after = later.add_working_days(date(2027, 1, 28), 6)

    assert before.provisional
    assert not after.provisional
    assert (before.on, after.on) == (date(2027, 2, 5), date(2027, 2, 4))
    assert later.horizon == date(2027, 12, 31)
    assert CALENDAR.horizon == date(2026, 12, 31)


def test_a_corrected_notice_replaces_the_one_of_its_year():
    corrected = read_notice(
        'title = "更正"\nyear = 2026\nholidays = []\nworking = []\nissued_on = 2026-01-02'
    )

    assert CALENDAR.with_notice(corrected).is_working(date(2026, 10, 1))
    assert len(CALENDAR.with_notice(corrected).notices) == len(CALENDAR.notices)


def test_an_amendment_changes_days_that_were_already_arranged():
    before = CALENDAR.known_on(date(2020, 1, 25))

    assert before.is_working(date(2020, 2, 1))
    assert before.is_makeup_day(date(2020, 2, 1))
    assert not CALENDAR.is_working(date(2020, 2, 1))
    assert before.horizon == date(2020, 12, 31)


def test_a_gap_between_years_ends_the_horizon():
    without_2020 = Calendar(n for n in packaged_notices() if n.year != 2020)

    assert without_2020.horizon == date(2019, 12, 31)


def test_days_before_the_first_notice_are_refused():
    with pytest.raises(NotCovered, match="2004-01-01"):
        CALENDAR.is_working(date(2003, 12, 31))
    with pytest.raises(NotCovered):
        CALENDAR.add_working_days(date(2003, 12, 31), 1)


@pytest.mark.parametrize("n", [0, -1, 2501])
def test_a_deadline_needs_a_sensible_number_of_days(n):
    with pytest.raises(ValueError, match="working days"):
        CALENDAR.add_working_days(date(2026, 1, 5), n)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not toml",
        'title = "x"\nyear = 2027\nholidays = []\nworking = [2027-01-04]',
        'title = "x"\nyear = 2027\nholidays = []\nworking = [2029-01-06]',
        'title = "x"\nholidays = [{name="a", first=2027-01-02, last=2027-01-01}]\nworking = []',
        'title = "x"\nholidays = [{name="a", first=2027-01-02, last=2027-01-02}]\n'
        "working = [2027-01-02]",
        'title = "x"\nholidays = [{name="a", first=2027-01-02}]\nworking = []',
        'title = "x"\nholidays = []\nworking = []\nconfidence = "sure"',
    ],
)
def test_a_notice_that_contradicts_itself_is_refused(text):
    with pytest.raises(WrongNotice):
        read_notice(text)


def test_every_packaged_notice_says_where_it_comes_from_and_how_sure_we_are():
    for notice in packaged_notices():
        assert notice.title
        assert (notice.document is None) == (notice.confidence is Confidence.UNVERIFIED)
        assert notice.confidence is not Confidence.VERIFIED or notice.verified_by
