"""Steps of a referral, periods of places and ends of holds."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.calendar import Calendar
from common.clock import CITY_ZONE
from common.contracts.matching import ReferralStatus
from common.contracts.matching_referrals import DeclineReason
from common.contracts.registry.hours import OpeningHours
from common.contracts.registry.offerings import CapacityPeriod
from matching.domain import places, referrals
from matching.domain.opening import Hours

S = ReferralStatus
CALENDAR = Calendar.load()
MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
HOURS = OpeningHours.model_validate(
    {
        "weekly": [
            {"weekdays": [1], "opens": "09:00", "closes": "10:30"},
            {"weekdays": [1], "opens": "14:00", "closes": "15:30"},
        ]
    }
)


@given(day=st.dates(date(2020, 1, 1), date(2035, 12, 31)), period=st.sampled_from(CapacityPeriod))
def test_every_day_lies_in_its_period_and_the_period_begins_where_it_begins(day, period):
    first, last = places.span(period, day)

    assert first <= day <= last
    assert places.span(period, first) == places.span(period, last) == (first, last)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        (CapacityPeriod.DAY, date(2026, 3, 5), date(2026, 3, 5)),
        (CapacityPeriod.WEEK, date(2026, 3, 2), date(2026, 3, 8)),
        (CapacityPeriod.MONTH, date(2026, 3, 1), date(2026, 3, 31)),
        (CapacityPeriod.YEAR, date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_weeks_begin_on_monday_months_on_the_first(period, first, last):
    assert places.span(period, date(2026, 3, 5)) == (first, last)


def test_a_session_counts_only_where_sessions_are_counted():
    offering, day = uuid4(), date(2026, 3, 5)

    assert places.slot(offering, CapacityPeriod.SESSION, day, "09:00").session == "09:00"
    assert places.slot(offering, CapacityPeriod.DAY, day, "09:00").session == ""


@pytest.mark.parametrize(("clock", "day"), [("09:01", MONDAY), (None, MONDAY), ("09:00", TUESDAY)])
def test_a_session_begins_when_hours_of_its_day_do(clock, day):
    referrals.check_session(clock, Hours(), day, CALENDAR)
    for start in ("09:00", "14:00"):
        referrals.check_session(start, Hours(HOURS), MONDAY, CALENDAR)
    with pytest.raises(referrals.WrongReferral):
        referrals.check_session(clock, Hours(HOURS), day, CALENDAR)


@given(places_=st.none() | st.integers(0, 50), taken=st.integers(0, 60), wanted=st.integers(1, 20))
def test_what_fits_never_exceeds(places_, taken, wanted):
    assert not places.fits(places_, taken, wanted) or places.excess(places_, taken + wanted) == 0


@given(places_=st.none() | st.integers(0, 50), wanted=st.integers(1, 20))
def test_nobody_waits_for_what_can_never_fit(places_, wanted):
    if places.fits(places_, 0, wanted):
        referrals.check_places(wanted, places_)
        return
    with pytest.raises(referrals.WrongReferral):
        referrals.check_places(wanted, places_)


@pytest.mark.parametrize(
    ("clock", "day", "has_begun"),
    [("09:01", MONDAY, False), ("09:00", MONDAY, True), ("08:00", TUESDAY, False)],
)
def test_a_session_takes_people_until_it_begins(clock, day, has_begun):
    now = datetime(2026, 3, 2, 9, 0, 30, tzinfo=CITY_ZONE)
    referrals.check_ahead(None, day, now)
    if not has_begun:
        referrals.check_ahead(clock, day, now)
        return
    with pytest.raises(referrals.WrongReferral):
        referrals.check_ahead(clock, day, now)


@pytest.mark.parametrize("current", list(S))
@pytest.mark.parametrize("wanted", list(S))
def test_a_step_is_taken_exactly_when_the_table_names_it(current, wanted):
    if wanted in referrals.STEPS.get(current, ()):
        referrals.check_step(current, wanted)
        return
    with pytest.raises(referrals.ReferralCannotMove):
        referrals.check_step(current, wanted)


def test_nobody_is_served_before_the_day():
    today = date(2026, 3, 2)

    referrals.check_answer(S.SERVED, None, today, today)
    with pytest.raises(referrals.TooEarly):
        referrals.check_answer(S.SERVED, None, date(2026, 3, 3), today)
    for status, reason in ((S.DECLINED, None), (S.ACCEPTED, DeclineReason.OTHER)):
        with pytest.raises(referrals.WrongReferral):
            referrals.check_answer(status, reason, today, today)


@pytest.mark.parametrize("day", [date(2026, 3, 1), date(2027, 3, 4)])
def test_a_referral_is_for_today_or_a_day_within_a_year(day):
    with pytest.raises(referrals.WrongReferral):
        referrals.check_day(day, date(2026, 3, 2))


@pytest.mark.parametrize(
    ("made", "session_on", "ends"),
    [
        ("2026-03-02T09:30", date(2026, 3, 20), "2026-03-05T00:00"),
        ("2026-03-06T18:00", date(2026, 3, 20), "2026-03-11T00:00"),  # Friday: Monday, Tuesday
        ("2026-03-02T09:30", date(2026, 3, 2), "2026-03-03T00:00"),  # the day of service is over
        ("2026-09-30T17:00", date(2026, 10, 30), "2026-10-10T00:00"),  # the holiday week
    ],
)
def test_a_hold_ends_with_the_last_of_two_working_days(made, session_on, ends):
    now = datetime.fromisoformat(made).replace(tzinfo=CITY_ZONE).astimezone(UTC)

    found = referrals.hold_expires(now, session_on, 2, CALENDAR)

    assert found == datetime.fromisoformat(ends).replace(tzinfo=CITY_ZONE)
