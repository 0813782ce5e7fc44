"""The 15-minute circle: which units reach a place that serves them, and how many people that is.

Source: rule `circle.minutes`; 十五分钟社区生活圈.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from matching.coverage.reach import Floats


def covered(circle: csr_array, places: Floats) -> NDArray[np.bool_]:
    """Whether each unit reaches at least one place.

    `circle` has ones for pairs within the circle (units, sites); `places` how many places each site
    has of each kind (sites, kinds). The answer is (units, kinds).
    """
    offered = (places > 0).astype(np.float64)
    found: NDArray[np.bool_] = np.asarray(circle @ offered) > 0
    return found


def share(is_covered: NDArray[np.bool_], people: Floats, area_of: NDArray[np.intp]) -> Floats:
    """The share of people in each area who live in a covered unit; NaN where nobody lives.

    `people` and `is_covered` are (units, kinds), `area_of` the area of each unit from 0.
    """
    areas = int(area_of.max(initial=-1)) + 1
    reached = _summed(np.where(is_covered, people, 0.0), area_of, areas)
    everyone = _summed(people, area_of, areas)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = reached / everyone
    return found


def _summed(values: Floats, area_of: NDArray[np.intp], areas: int) -> Floats:
    total = np.zeros((areas, values.shape[1]))
    np.add.at(total, area_of, values)
    return total
