"""How many people live in a demo neighbourhood, by age band and group. All figures are 演示数据."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from common.contracts.vocabulary import AgeBand, TargetGroup

MEAN_PEOPLE: Final = 3_800  # so that 6,509 neighbourhoods make a city of some 25 million

# Shares of the whole by type of area: the centre is older than the suburbs, the countryside oldest.
SHARES: Final[Mapping[str, tuple[float, ...]]] = {
    "central": (0.016, 0.021, 0.044, 0.038, 0.20, 0.32, 0.19, 0.112, 0.059),
    "suburban": (0.021, 0.027, 0.052, 0.041, 0.27, 0.36, 0.13, 0.065, 0.034),
    "rural": (0.012, 0.017, 0.035, 0.031, 0.14, 0.33, 0.24, 0.13, 0.065),
}

# Of which band, and how large a share of it, a group is drawn.
GROUPS: Final[tuple[tuple[TargetGroup, AgeBand, float], ...]] = (
    (TargetGroup.LIVING_ALONE, AgeBand.FROM_70, 0.09),
    (TargetGroup.LIVING_ALONE, AgeBand.FROM_80, 0.16),
    (TargetGroup.CARE_DEPENDENT, AgeBand.FROM_70, 0.04),
    (TargetGroup.CARE_DEPENDENT, AgeBand.FROM_80, 0.14),
    (TargetGroup.DISABLED, AgeBand.FROM_35, 0.022),
    (TargetGroup.DISABLED, AgeBand.FROM_60, 0.048),
    (TargetGroup.MINIMUM_LIVING, AgeBand.FROM_35, 0.006),
    (TargetGroup.MINIMUM_LIVING, AgeBand.FROM_60, 0.009),
    (TargetGroup.JOB_SEEKER, AgeBand.FROM_18, 0.035),
    (TargetGroup.NEWCOMER, AgeBand.FROM_18, 0.38),
)


@dataclass(frozen=True, slots=True)
class Count:
    """People of an age band; of one group, or of all when `group` is None."""

    age_band: AgeBand
    group: TargetGroup | None
    count: int


def people_of(area_type: str, random: Random) -> Iterator[Count]:
    """The people of one neighbourhood."""
    whole = MEAN_PEOPLE * random.lognormvariate(-0.08, 0.4)
    bands: dict[AgeBand, int] = {}
    for band, share in zip(AgeBand, SHARES[area_type], strict=True):
        bands[band] = round(whole * share * random.uniform(0.85, 1.15))
        yield Count(band, None, bands[band])
    for group, band, share in GROUPS:
        yield Count(band, group, round(bands[band] * share * random.uniform(0.7, 1.3)))
