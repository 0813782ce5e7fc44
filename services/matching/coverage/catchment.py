"""Enhanced two-step floating catchment: places per person who can reach them, distance-weighted.

Step one divides each site's places by the weighted people who reach it; step two adds up, for each
unit, the weighted ratios of the sites that it reaches. Source: Luo & Qi (2009), E2SFCA. All kinds
of places and all groups of people go through one pair of sparse products.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from matching.coverage.reach import Floats


class Band(NamedTuple):
    """Sites up to so many metres (inclusive) count with a weight."""

    metres: float
    weight: float


def weighted(found: csr_array, bands: Sequence[Band]) -> csr_array:
    """The weight of each pair by the band that its distance falls into; none beyond the last.

    Bands ascend. Raises ValueError when they do not.
    """
    edges = [band.metres for band in bands]
    if not bands or sorted(set(edges)) != edges:
        raise ValueError("bands must ascend")
    weights = np.array([*(band.weight for band in bands), 0.0])
    beyond = np.zeros(found.nnz, dtype=np.intp)  # how many bands a distance has left behind
    for edge in edges:
        beyond += found.data > edge
    counted = csr_array((weights[beyond], found.indices, found.indptr), shape=found.shape)
    return counted if counted.data.all() else _without_zeros(counted)


def _without_zeros(counted: csr_array) -> csr_array:
    kept = counted.copy()  # indices are shared with the distances
    kept.eliminate_zeros()
    return kept


def index(weights: csr_array, people: Floats, places: Floats, group_of: NDArray[np.intp]) -> Floats:
    """Places per person for each unit and kind.

    `weights` (units, sites), `people` (units, groups), `places` (sites, kinds); `group_of` says for
    each kind whose places they are. A site that nobody reaches offers nothing to anybody.
    """
    demand = np.asarray(weights.T @ people)[:, group_of]
    ratio = np.divide(places, demand, out=np.zeros_like(places, dtype=np.float64), where=demand > 0)
    found: Floats = np.asarray(weights @ ratio)
    return found
