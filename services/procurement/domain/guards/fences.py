"""Fences: what lies far outside its peers. Quartiles as Cardinal takes them."""

from collections.abc import Sequence
from typing import NamedTuple

REACH = 1.5  # of the interquartile range, Tukey's and Cardinal's convention


class Fences(NamedTuple):
    """Quartiles of peers and the fences around them."""

    lower: float
    first: float
    middle: float
    third: float
    upper: float


def fences(values: Sequence[float]) -> Fences:
    """Fences at 1.5 interquartile ranges. Needs at least one value."""
    ordered = sorted(values)
    first, middle, third = (_quantile(ordered, share) for share in (0.25, 0.5, 0.75))
    reach = REACH * (third - first)
    return Fences(first - reach, first, middle, third, third + reach)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The median-unbiased quantile (R-8).

    Source: Hyndman & Fan 1996, definition 8; statrs `Data::lower_quartile`.
    """
    place = share * (len(ordered) + 1 / 3) + 1 / 3
    below = min(max(int(place), 1), len(ordered))
    above = min(below + 1, len(ordered))
    part = min(max(place - below, 0.0), 1.0)
    return ordered[below - 1] + part * (ordered[above - 1] - ordered[below - 1])
