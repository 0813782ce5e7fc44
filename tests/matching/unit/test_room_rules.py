"""When a session is, for how many its room is asked, and the course of a booking."""

from datetime import date, timedelta

import pytest

from common.calendar import Calendar
from common.clock import CITY_ZONE
from common.contracts.matching_referrals import RoomStatus
from common.contracts.registry.bookings import BookingStatus
from common.contracts.registry.hours import OpeningHours
from common.contracts.registry.offerings import CapacityPeriod
from matching.domain.opening import Hours
from matching.domain.rooms import STEPS, after_feed, pause, persons, session_span, whole_day

MONDAY = date(2026, 11, 30)
DAYS = Calendar.load()
HOURS = OpeningHours.model_validate(
    {
        "weekly": [
            {"weekdays": [1], "opens": "09:00", "closes": "10:30"},
            {"weekdays": [1], "opens": "14:00", "closes": "16:00"},
        ]
    }
)


@pytest.mark.parametrize(
    ("session", "expected"),
    [("", "09:00–10:30"), ("14:00", "14:00–16:00"), ("15:00", "15:00–16:00"), ("10:30", None)],
)
def test_a_session_lasts_to_the_end_of_the_hours_that_it_lies_in(session, expected):
    span = session_span(Hours(HOURS), MONDAY, session, DAYS)
    told = span and "–".join(f"{at.astimezone(CITY_ZONE):%H:%M}" for at in span)
    assert told == expected


def test_without_hours_there_is_no_session_and_a_day_is_the_city_s():
    assert session_span(Hours(), MONDAY, "", DAYS) is None
    assert session_span(Hours(HOURS), MONDAY + timedelta(days=1), "", DAYS) is None
    day = whole_day(MONDAY)
    assert day.starts_at.isoformat() == "2026-11-30T00:00:00+08:00"
    assert day.ends_at - day.starts_at == timedelta(days=1)


def test_a_room_is_asked_for_all_whom_a_session_takes():
    assert persons(12, CapacityPeriod.SESSION, 1) == 12
    assert persons(400, CapacityPeriod.MONTH, 2) == 2
    assert persons(None, CapacityPeriod.SESSION, 3) == 3


@pytest.mark.parametrize(
    ("current", "booking", "expected"),
    [
        (RoomStatus.BOOKED, BookingStatus.CANCELLED, RoomStatus.REFUSED),
        (RoomStatus.WANTED, BookingStatus.EXPIRED, RoomStatus.REFUSED),
        (RoomStatus.LEFT, BookingStatus.CONFIRMED, RoomStatus.LEAVING),
        (RoomStatus.LEAVING, BookingStatus.CONFIRMED, None),
        (RoomStatus.BOOKED, BookingStatus.CONFIRMED, None),
        (RoomStatus.BOOKED, BookingStatus.NO_SHOW, None),
        (RoomStatus.LEFT, BookingStatus.CANCELLED, None),
    ],
)
def test_what_the_registry_tells_moves_a_room(current, booking, expected):
    assert after_feed(current, booking) == expected
    assert expected is None or expected in STEPS[current]


def test_who_does_not_answer_is_asked_more_and_more_seldom():
    pauses = [pause(tries) for tries in range(20)]
    assert pauses == sorted(pauses)
    assert pauses[0] < timedelta(seconds=5)
    assert pauses[-1] == timedelta(minutes=5)
