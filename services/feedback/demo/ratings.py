"""Years of rated services: most are praised, few bodies are better than that tells. Pure; 演示数据.

The ceiling effect is what real ratings show: nine of ten are a five, whoever was rated; what sets
bodies apart is the rest. Each body has a quality of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from common.contracts.feedback import RatingChannel
from common.demo import DemoOffering

DAYS: Final = 1_095
RATED_WITHIN_DAYS: Final = 20.0
CHANNELS: Final = {
    RatingChannel.SELF: 40,
    RatingChannel.QR_CODE: 35,
    RatingChannel.CALL_BACK: 10,
    RatingChannel.DEFAULT: 15,
}
USUAL: Final = (0.012, 0.013, 0.025, 0.06, 0.89)  # levels 1 to 5
WORST: Final = 4.0  # times as many bad ones as usual


@dataclass(frozen=True, slots=True)
class DemoRating:
    """A service that was given and rated; default praise stands for who said nothing."""

    offering: DemoOffering
    served_at: datetime
    rated_at: datetime
    channel: RatingChannel
    level: int


def ratings_of(
    offerings: Sequence[DemoOffering], count: int, *, seed: int, now: datetime
) -> Iterator[DemoRating]:
    """So many ratings, spread evenly over the offerings, in no order of time."""
    random = Random(f"{seed}:ratings")
    qualities: dict[UUID, tuple[float, ...]] = {}
    channels, weights = zip(*CHANNELS.items(), strict=True)
    newest = now - timedelta(days=RATED_WITHIN_DAYS)
    for number, channel in enumerate(random.choices(channels, weights, k=count)):
        offering = offerings[number % len(offerings)]
        if offering.provider_id not in qualities:
            qualities[offering.provider_id] = _levels(random)
        served_at = newest - timedelta(days=random.uniform(0, DAYS))
        (level,) = random.choices(range(1, 6), qualities[offering.provider_id])
        yield DemoRating(
            offering,
            served_at,
            served_at + timedelta(days=random.uniform(0, RATED_WITHIN_DAYS)),
            channel,
            5 if channel is RatingChannel.DEFAULT else level,
        )


def _levels(random: Random) -> tuple[float, ...]:
    """How often each level is given to a body: some deserve more bad ones than others."""
    worse = random.lognormvariate(0.0, 0.5)
    low = [share * min(worse, WORST) for share in USUAL[:-1]]
    return (*low, 1.0 - sum(low))
