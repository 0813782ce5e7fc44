"""How unequally something is spread over people: Gini, and Theil with its parts.

Values are per person (a catchment index, say), `people` how many each value stands for.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.coverage.reach import Floats


class Theil(NamedTuple):
    """Theil's T and its exact parts: between areas and within them."""

    total: float
    between: float
    within: float


def gini(values: Floats, people: Floats) -> float:
    """0 when all have the same, towards 1 when one has all; NaN where there is nothing to share."""
    order = np.argsort(values, kind="stable")
    crowd, held = people[order], (values * people)[order]
    if not held.sum() > 0:
        return float("nan")
    so_far = np.cumsum(held)
    area = (crowd * (so_far - held / 2)).sum() / (crowd.sum() * held.sum())
    return float(1 - 2 * area)


def theil(values: Floats, people: Floats, area_of: NDArray[np.intp]) -> Theil:
    """Theil's T over people, and how much of it lies between areas; NaN where nothing is shared.

    `area_of` gives the area of each value from 0.
    """
    held = values * people
    if not held.sum() > 0:
        return Theil(*[float("nan")] * 3)
    areas = int(area_of.max()) + 1
    held_by: Floats = np.bincount(area_of, held, areas).astype(np.float64)
    people_of: Floats = np.bincount(area_of, people, areas).astype(np.float64)
    total, between = _entropy(held, people), _entropy(held_by, people_of)
    return Theil(total, between, total - between)


def _entropy(held: Floats, people: Floats) -> float:
    """The sum of shares times the logarithm of share held by share of people; 0 log 0 is 0."""
    kept = (held > 0) & (people > 0)
    share, crowd = held[kept] / held.sum(), people[kept] / people.sum()
    return float((share * np.log(share / crowd)).sum())
