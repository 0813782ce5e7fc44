"""Editions of the ratings: what the public is told, so that nobody's rating can be worked out.

Pure. Residents' ratings are heard in groups of ten or more, and in each group the two outermost
are heard as their neighbours: whatever one of them said, somebody else could have said (0029).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Final

from common.contracts.shapes import SMALLEST_FIGURE
from common.rules import RulesInForce
from procurement.rating.levels import month_end, month_end_before

MONTHS, SETTLED = "rating.edition.months", "rating.edition.settled"
GROUP, STEP = "rating.edition.group", "rating.edition.step"
CODES: Final = (MONTHS, SETTLED, GROUP, STEP)
TENS: Final = 10
_NOISE: Final = 1e-9  # what floating sums differ by is no difference


@dataclass(frozen=True, slots=True)
class EditionRules:
    """How often there is an edition, and what it may tell."""

    months: int
    settled_days: int
    least: int  # ratings in a group
    step: Decimal


def edition_rules(rules: RulesInForce) -> EditionRules:
    """The numbers in force; no rule lets a group be smaller than the smallest figure."""
    return EditionRules(
        rules.rule(MONTHS).number,
        rules.rule(SETTLED).number,
        max(rules.rule(GROUP).number, SMALLEST_FIGURE),
        rules.rule(STEP).share,
    )


def last_period(day: date, months: int) -> date:
    """The last day of the newest period of so many months that is over on `day`."""
    end = month_end_before(day)
    while end.month % months:
        end = month_end_before(end)
    return month_end(end)


def settled_until(until_on: date, days: int) -> date:
    """The last day of which a rating can be amended no more at the end of a period."""
    return until_on - timedelta(days=days)


def heard(levels: Sequence[int]) -> list[int]:
    """A group as it is heard: how many said each level, the outermost two as their neighbours.

    Whoever of the group said what, another world is told in the same way: where two said different
    things they may have said each other's; where all agree, any one may have said anything.

    Source: winsorised samples (Tukey 1962).
    """
    said = [level for level, count in enumerate(levels) for _ in range(count)]
    said[0], said[-1] = said[1], said[-2]
    return [said.count(level) for level in range(len(levels))]


def tens(count: int) -> int:
    """A count as it is told: in whole tens, the rest left out."""
    return count // TENS * TENS


@dataclass(frozen=True, slots=True)
class Score:
    """An expected score between its bounds."""

    expected: float
    lower: float
    upper: float


def rounded(score: Score, step: Decimal) -> Score:
    """A score as it is told: the bounds no nearer than they are, the middle between them."""
    lower = _steps(score.lower + _NOISE, step, ROUND_FLOOR)
    upper = min(1.0, _steps(score.upper - _NOISE, step, ROUND_CEILING))
    return Score(_steps(score.expected, step, ROUND_HALF_EVEN), lower, upper)


def nearest(share: float, step: Decimal) -> float:
    """A share as it is told."""
    return _steps(share, step, ROUND_HALF_EVEN)


def _steps(value: float, step: Decimal, rounding: str) -> float:
    return float((Decimal(value) / step).quantize(Decimal(1), rounding) * step)
