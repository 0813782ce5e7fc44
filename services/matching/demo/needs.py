"""Two years of needs, by season, day and hour, and what became of each. Pure; 演示数据.

A need is raised near an offering that could serve it. The same seed gives the same needs, but for
their ids.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final, TypeVar

from common.clock import CITY_ZONE, city_day
from common.contracts.matching import NeedStatus, RaisedBy, UnmetReason
from common.contracts.vocabulary import AgeBand
from common.demo import DemoOffering

DAYS: Final = 730
RECENT: Final = timedelta(days=7)  # a need of this week may still wait
# Winter is hard on the old, summer holidays bring the children; an office sleeps at night.
BY_MONTH: Final = (1.25, 1.2, 1.0, 0.95, 0.95, 1.0, 1.2, 1.15, 0.95, 0.9, 1.0, 1.2)
BY_WEEKDAY: Final = (1.2, 1.1, 1.0, 1.0, 1.0, 0.6, 0.5)
BY_HOUR: Final = (
    *(1, 1, 1, 1, 1, 2, 6, 15, 60, 100, 90, 60),
    *(25, 55, 85, 75, 55, 30, 20, 16, 12, 8, 4, 2),
)
RAISED: Final = {
    RaisedBy.GRID_WORKER: 40,
    RaisedBy.SOCIAL_WORKER: 25,
    RaisedBy.HOTLINE: 20,
    RaisedBy.FAMILY: 15,
}
OLD: Final = ((AgeBand.FROM_60, 30), (AgeBand.FROM_70, 40), (AgeBand.FROM_80, 30))
ANYBODY: Final = ((AgeBand.FROM_6, 15), (AgeBand.FROM_18, 30), (AgeBand.FROM_35, 35), *OLD[:1])
SERVED, WITHDRAWN = 0.86, 0.07  # the rest stays unmet
UNMET: Final = (
    (UnmetReason.ALL_PLACES_TAKEN, 45),
    (UnmetReason.CLOSED_AT_WANTED_TIME, 30),
    (UnmetReason.TOO_FAR, 15),
    (UnmetReason.OVER_BUDGET, 10),
)
NEAR_DEG: Final = 0.006  # some 600 m

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DemoNeed:
    """One need, and when its service was given if it was."""

    offering: DemoOffering
    raised_by: RaisedBy
    age_band: AgeBand
    lon: float
    lat: float
    opened_at: datetime
    status: NeedStatus
    unmet_reason: UnmetReason | None
    ended_at: datetime | None


def needs_of(
    offerings: Sequence[DemoOffering], count: int, *, seed: int, now: datetime
) -> Iterator[DemoNeed]:
    """So many needs, spread evenly over the offerings."""
    random = Random(f"{seed}:needs")
    days = [city_day(now) - timedelta(days=ago) for ago in range(1, DAYS + 1)]
    weights = [BY_MONTH[day.month - 1] * BY_WEEKDAY[day.weekday()] for day in days]
    drawn = random.choices(days, weights, k=count)
    hours = random.choices(range(24), BY_HOUR, k=count)
    for number, (day, hour) in enumerate(zip(drawn, hours, strict=True)):
        offering = offerings[number % len(offerings)]
        yield _need(offering, _instant(day, hour, random), random, now)


def _need(offering: DemoOffering, opened_at: datetime, random: Random, now: datetime) -> DemoNeed:
    status, ended_at = _fate(opened_at, random, now)
    return DemoNeed(
        offering=offering,
        raised_by=_drawn(tuple(RAISED.items()), random),
        age_band=_drawn(OLD if "elderly" in offering.groups else ANYBODY, random),
        lon=round(offering.lon + random.uniform(-NEAR_DEG, NEAR_DEG), 6),
        lat=round(offering.lat + random.uniform(-NEAR_DEG, NEAR_DEG), 6),
        opened_at=opened_at,
        status=status,
        unmet_reason=_drawn(UNMET, random) if status is NeedStatus.UNMET else None,
        ended_at=ended_at,
    )


def _fate(opened_at: datetime, random: Random, now: datetime) -> tuple[NeedStatus, datetime | None]:
    """Open when it is young, else served within days, taken back or unmet."""
    ended_at = opened_at + timedelta(hours=random.uniform(2, 150))
    if ended_at >= now or (now - opened_at < RECENT and random.random() < 0.5):
        return NeedStatus.OPEN, None
    chance = random.random()
    if chance < SERVED:
        return NeedStatus.SERVED, ended_at
    return (NeedStatus.WITHDRAWN if chance < SERVED + WITHDRAWN else NeedStatus.UNMET), ended_at


def _instant(day: date, hour: int, random: Random) -> datetime:
    moment = time(hour, random.randrange(60), random.randrange(60))
    return datetime.combine(day, moment, CITY_ZONE).astimezone(UTC)


def _drawn(weighted: Sequence[tuple[T, int]], random: Random) -> T:
    words, weights = zip(*weighted, strict=True)
    found: T = random.choices(words, weights)[0]
    return found
