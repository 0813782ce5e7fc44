"""A suspension stops the clocks of who bids: they have afterwards what they had left before."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import day_end
from procurement.domain.holds import Ends, moved
from tests.clock import city

TOLD = Ends(city("2026-03-20 10:00"), city("2026-03-23 10:00"), city("2026-03-23 11:00"))
SPANS = st.timedeltas(timedelta(0), timedelta(days=60))


def after(since: str, until: date | None, now: str) -> list[datetime | None]:
    return list(moved(TOLD, city(since), until, city(now)))


@pytest.mark.parametrize(
    ("since", "until", "now", "ends"),
    [
        # To the end of Monday 03-30 it is ten days and a half: eleven, so that the hour stays.
        (
            *("2026-03-20 12:00", date(2026, 3, 30), "2026-05-01 09:00"),
            ["2026-03-20 10:00", "2026-04-03 10:00", "2026-04-03 11:00"],
        ),
        # It ends early, after two days to the minute.
        (
            *("2026-03-10 09:00", date(2026, 3, 30), "2026-03-12 09:00"),
            ["2026-03-22 10:00", "2026-03-25 10:00", "2026-03-25 11:00"],
        ),
        # In the reveal window: what was handed in stays as it is.
        (
            *("2026-03-23 10:00", None, "2026-03-23 10:01"),
            ["2026-03-20 10:00", "2026-03-23 10:00", "2026-03-23 11:01"],
        ),
        # It ends early after twelve hours: 22:00 is no hour for keys, so all go on to a morning.
        (
            *("2026-03-22 09:00", date(2026, 3, 30), "2026-03-22 21:00"),
            ["2026-03-20 10:00", "2026-03-24 10:00", "2026-03-24 11:00"],
        ),
        # After nineteen, before anybody is in: that morning.
        (
            *("2026-03-22 09:00", date(2026, 3, 30), "2026-03-23 04:00"),
            ["2026-03-20 10:00", "2026-03-24 10:00", "2026-03-24 11:00"],
        ),
    ],
)
def test_ends_that_lie_ahead_move_by_the_time_it_lasted(
    since: str, until: date | None, now: str, ends: list[str]
) -> None:
    assert after(since, until, now) == [city(each) for each in ends]


def test_what_has_no_end_gets_none() -> None:
    since = city("2026-03-10 09:00")

    assert moved(Ends(None, None, None), since, None, since) == (None, None, None)


@given(SPANS, SPANS, st.none() | st.integers(0, 30))
def test_nobody_has_less_time_left_or_a_day_more(
    before: timedelta, held: timedelta, days: int | None
) -> None:
    since = city("2026-02-10 09:30") + before
    until = None if days is None else since.date() + timedelta(days=days)
    now = since + held
    over = now if until is None else min(now, day_end(until))
    for told, end in zip(TOLD, moved(TOLD, since, until, now), strict=True):
        assert told is not None
        assert end is not None
        if told <= since:
            assert end == told
        else:
            assert timedelta(0) <= (end - over) - (told - since) < timedelta(days=1)
            if until is not None and now >= day_end(until):
                assert (end - told) % timedelta(days=1) == timedelta(0)


@given(st.lists(st.timedeltas(timedelta(0), timedelta(minutes=3)), max_size=100), SPANS)
def test_no_number_of_short_holds_gains_more_than_one_night(
    holds: list[timedelta], late: timedelta
) -> None:
    """They take five hours at most, and so reach one evening; each is taken back at once."""
    since = city("2026-02-01 00:00")
    told = first = city("2026-04-10 00:00") + late
    for each in holds:
        ends = moved(Ends(None, told, None), since, date(2026, 4, 30), since + each)
        assert ends.tender_period_end_at is not None
        told = ends.tender_period_end_at
        since += each

    assert told - first <= sum(holds, timedelta(0)) + timedelta(hours=17)
