"""Scores: drawn towards the mean of the category, with an interval; ties instead of false ranks.

Pure. A level of 1 to 5 is a score of 0 to 1. A body's score is the mean of a Beta distribution
whose prior is the category's mean, weighing as many ratings as bodies really differ (method of
moments); the interval is the middle 95 % of it.
Source: reference practice (Bayesian average, HCAHPS minimum); rules `rank.minimum`, this file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from scipy.special import betaincinv

LEVELS: Final = (1, 2, 3, 4, 5)
SATISFIED_FROM: Final = 3  # 基本满意 and better
SURE: Final = 0.95
WEAKEST, STRONGEST = 2.0, 200.0  # ratings that a prior weighs at least and at most
MIDDLE: Final = 0.5
_EDGE: Final = 1e-6  # a Beta distribution has no parameter of nought


@dataclass(frozen=True, slots=True)
class Levels:
    """How many ratings there are of each level, from 1 to 5."""

    counts: tuple[int, int, int, int, int]

    @classmethod
    def of(cls, counts: Mapping[int, int]) -> Self:
        """From counts by level."""
        one, two, three, four, five = (counts.get(level, 0) for level in LEVELS)
        return cls((one, two, three, four, five))

    def __add__(self, other: "Levels") -> "Levels":
        """Both together."""
        one, two, three, four, five = map(sum, zip(self.counts, other.counts, strict=True))
        return Levels((one, two, three, four, five))

    @property
    def number(self) -> int:
        """How many ratings."""
        return sum(self.counts)

    @property
    def total(self) -> float:
        """The sum of their scores."""
        return sum(count * at for at, count in enumerate(self.counts)) / (len(LEVELS) - 1)

    @property
    def mean(self) -> float | None:
        """The raw mean; None of nothing."""
        return self.total / self.number if self.number else None

    @property
    def bad(self) -> int:
        """How many are below 基本满意."""
        return sum(self.counts[: SATISFIED_FROM - 1])

    @property
    def variance(self) -> float:
        """How much single scores differ from their mean."""
        if not self.number:
            return 0.0
        squares = sum(count * at * at for at, count in enumerate(self.counts))
        steps = (len(LEVELS) - 1) ** 2
        return squares / steps / self.number - (self.total / self.number) ** 2


@dataclass(frozen=True, slots=True)
class Prior:
    """What is thought of a body before anybody has rated it."""

    mean: float
    strength: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A score with its interval."""

    score: float
    lower: float
    upper: float


def prior_of(bodies: Sequence[Levels]) -> Prior:
    """The prior of a category: its mean, and how alike its bodies are.

    Where bodies differ no more than chance would have it, the prior is strong; where they differ
    much, their own ratings soon count alone.
    """
    rated = [each for each in bodies if each.number]
    together = sum(rated, Levels.of({}))
    if not rated or together.mean is None:
        return Prior(MIDDLE, WEAKEST)
    mean, number = together.mean, together.number
    within = sum(each.number * each.variance for each in rated) / number
    spread = sum(each.number * ((each.mean or 0.0) - mean) ** 2 for each in rated)
    apart = number - sum(each.number**2 for each in rated) / number
    between = (spread - (len(rated) - 1) * within) / apart if apart > 0 else 0.0
    strength = within / between if between > 0 else STRONGEST
    return Prior(mean, min(max(strength, WEAKEST), STRONGEST))


def scored(levels: Levels, prior: Prior) -> Scored:
    """The score of a body: nothing rated gives the prior, much rated gives its own mean."""
    weight = levels.number + prior.strength
    good = prior.mean * prior.strength + levels.total
    shape = max(good, _EDGE), max(weight - good, _EDGE)
    lower, upper = (betaincinv(*shape, tail) for tail in ((1 - SURE) / 2, (1 + SURE) / 2))
    score = good / weight
    return Scored(score, min(float(lower), score), max(float(upper), score))


def bands(scores: Mapping[str, Scored]) -> dict[str, int]:
    """Tie bands from 1, the best: a new one begins where an interval ends below the first's.

    Within a band nobody is better than anybody as far as the ratings tell.
    """
    found: dict[str, int] = {}
    band, floor = 0, 0.0
    for key in sorted(scores, key=lambda each: (-scores[each].score, each)):
        if not band or scores[key].upper < floor:
            band, floor = band + 1, scores[key].lower
        found[key] = band
    return found
