"""What is taken at a time is what a look at every period says, whatever was told in which order."""

from datetime import date, datetime, timedelta
from random import Random

import pytest

from common.calendar import Calendar
from common.clock import CITY_ZONE
from common.opening import moment
from matching.domain.places import least_taken
from matching.shelf.places import Period, Places, Taken

DAYS = Calendar.load()
MONDAY = date(2026, 11, 30)
PERIODS = [
    *(Period(MONDAY + timedelta(days=n), MONDAY + timedelta(days=n), "") for n in range(3)),
    *(Period(MONDAY, MONDAY, clock) for clock in ("09:00", "14:00")),
    Period(MONDAY, MONDAY + timedelta(days=6), ""),
    Period(date(2026, 11, 1), date(2026, 11, 30), ""),
]
ATOM = [bytes([n] * 16) for n in range(12)]


def by_hand(told: dict[bytes, Taken], at: datetime) -> dict[bytes, int]:
    """Of each offering the session's count, else that of the day, week or month."""
    found = {}
    for offering, taken in told.items():
        running = {p: n for p, n in taken.items() if p.covers(at.date(), f"{at:%H:%M}")}
        for _, count in sorted(running.items(), key=lambda each: each[0].session):
            found[offering] = count
    return found


@pytest.mark.parametrize("seed", range(5))
def test_every_look_gives_what_a_look_at_every_period_gives(seed: int) -> None:
    random, places, told = Random(seed), Places(), dict[bytes, Taken]()
    for _ in range(200):
        offering, kind = random.choice(ATOM), random.choice(["day", "long"])
        pool = PERIODS[:5] if kind == "day" else [random.choice(PERIODS[5:])]
        taken = {
            p: random.randrange(1, 9) for p in random.sample(pool, random.randrange(len(pool)))
        }
        if random.random() < 0.05:
            places.replace(told)
        told[offering] = taken
        places.put(offering, taken)
        at = datetime.combine(MONDAY, datetime.min.time(), CITY_ZONE) + timedelta(
            days=random.randrange(-3, 9), hours=random.choice([9, 11, 14])
        )
        (when,) = places.when((moment(at, DAYS),))
        assert places.on(when) == by_hand(told, at)


def test_days_on_which_the_same_periods_run_are_one_time() -> None:
    places = Places()
    places.put(ATOM[0], {PERIODS[5]: 1})
    noon = datetime.combine(MONDAY, datetime.min.time(), CITY_ZONE) + timedelta(hours=12)
    tuesday, wednesday = (moment(noon + timedelta(days=n), DAYS) for n in (1, 2))
    assert places.when((tuesday,)) == places.when((wednesday,)) == places.when((tuesday, wednesday))
    places.today = MONDAY
    assert places.when(()) == ((PERIODS[5],),)


def test_a_day_is_as_full_as_its_emptiest_session() -> None:
    assert least_taken([3, 5], sessions=2) == 3
    assert least_taken([3, 5], sessions=3) == 0  # nobody has asked for the third
