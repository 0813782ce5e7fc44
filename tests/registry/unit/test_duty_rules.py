"""Duty rules: what nobody covers, by bits, equals what a clock finds minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from common.calendar.official import official_calendar
from common.clock import CITY_ZONE
from common.contracts.registry.duties import Corner
from common.contracts.registry.hours import OpeningHours
from common.opening import is_open
from registry.domain.duties import (
    Absence,
    Cover,
    Roster,
    Span,
    bits,
    gaps,
    minute_at,
    periods,
    stretches,
)

FIRST = date(2026, 2, 9)  # Spring Festival and its make-up days lie ahead
DAYS = official_calendar()


@st.composite
def hours(draw: Any) -> OpeningHours:
    def times() -> dict[str, str]:
        start = draw(st.integers(0, 22))
        return {"opens": f"{start:02}:00", "closes": f"{draw(st.integers(start + 1, 24)):02}:00"}

    weekdays = draw(st.lists(st.integers(1, 7), min_size=1, max_size=7, unique=True))
    on = FIRST + timedelta(days=draw(st.integers(0, 20)))
    exceptions = [{"on": str(on), "hours": [times()] if draw(st.booleans()) else []}]
    return OpeningHours.model_validate(
        {
            "weekly": [{"weekdays": weekdays, **times()}],
            "on_holiday": draw(st.sampled_from(["closed", "as_sunday"])),
            "makeup_as_weekday": draw(st.sampled_from([None, 1, 5])),
            "exceptions": exceptions if draw(st.booleans()) else [],
        }
    )


def absences() -> st.SearchStrategy[Absence]:
    start = datetime.combine(FIRST, time(), CITY_ZONE).astimezone(UTC)
    return st.builds(
        lambda post, at, length: Absence(
            post,
            minute_at(start + timedelta(hours=at)),
            minute_at(start + timedelta(hours=at + length)),
        ),
        st.sampled_from(Corner),
        st.integers(-30, 500),
        st.integers(1, 60),
    )


@settings(max_examples=25, deadline=None)
@given(
    opened=hours(),
    a=st.none() | hours(),
    b=st.none() | hours(),
    away=st.lists(absences(), max_size=3),
    first=st.integers(0, 5),
    length=st.integers(1, 18),
)
def test_gaps_are_what_a_clock_finds(
    opened: OpeningHours,
    a: OpeningHours | None,
    b: OpeningHours | None,
    away: list[Absence],
    first: int,
    length: int,
) -> None:
    span = Span.of(FIRST, FIRST + timedelta(days=21), DAYS)
    begins = FIRST + timedelta(days=first)
    ends = begins + timedelta(days=length)
    roster = Roster(begins, ends, a and Cover.of(a), b and Cover.of(b), away)
    found = {
        instant
        for gap in gaps(Cover.of(opened), [roster], span)
        for start, end in periods(gap)
        for instant in half_hours(start, end)
    }

    def covers(post: Corner, own: OpeningHours | None, at: datetime) -> bool:
        gone = any(each.post is post and each.start <= minute_at(at) < each.end for each in away)
        return not gone and (own is None or is_open(own, at, DAYS))

    start = datetime.combine(FIRST, time(), CITY_ZONE)
    for at in half_hours(start, start + timedelta(days=21)):
        on_roster = begins <= at.date() < ends
        held = on_roster and (covers(Corner.A, a, at) or covers(Corner.B, b, at))
        assert (at in found) == (is_open(opened, at, DAYS) and not held), at


def half_hours(start: datetime, end: datetime) -> list[datetime]:
    return [
        start + timedelta(minutes=30 * n)
        for n in range(int((end - start).seconds / 1800) + (end - start).days * 48)
    ]


@given(st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 300)), max_size=6))
def test_bits_and_stretches_tell_the_same(pairs: list[tuple[int, int]]) -> None:
    minutes = 0
    for start, length in pairs:
        minutes |= bits((start, min(start + length, 1440)))

    told = stretches(minutes)

    assert sum(map(bits, told)) == minutes
    assert all(first[1] < second[0] for first, second in pairwise(told))


def test_a_post_without_hours_covers_whatever_is_open() -> None:
    opened = Cover.of(
        OpeningHours.model_validate(
            {"weekly": [{"weekdays": [1, 2, 3], "opens": "09:00", "closes": "17:00"}]}
        )
    )
    span = Span.of(FIRST, FIRST + timedelta(days=3), DAYS)
    whole = Roster(FIRST, FIRST + timedelta(days=2), None, None)

    left = gaps(opened, [whole], span)

    assert [(date.fromordinal(day), minutes.bit_count()) for day, minutes in left] == [
        (FIRST + timedelta(days=2), 480)
    ]
