"""Which sites each unit reaches, as a sparse matrix of distances. One look at a tree of points."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from common.geo import METRES_PER_DEGREE

Floats = NDArray[np.float64]
_SECONDS: Final = 60.0
_NEAREST_M: Final = 1e-6  # a distance of nothing would be no entry of a sparse matrix


def metres_on_foot(minutes: float, *, speed_kmh: float, detour: float) -> float:
    """The straight-line metres that a walk of some minutes comes to.

    `speed_kmh` and `detour` are the rules `walk.speed` and `walk.detour`.
    """
    return minutes * _SECONDS * speed_kmh / 3.6 / detour


def distances(units: Floats, sites: Floats, metres: float) -> csr_array:
    """Distances in metres of all pairs within reach: units by rows, sites by columns.

    Both are arrays of points (n, 2) on the plane.
    """
    reach = metres / METRES_PER_DEGREE
    shape = (len(units), len(sites))
    if not len(units) or not len(sites):
        return csr_array(shape, dtype=np.float64)
    near: Any = cKDTree(units).sparse_distance_matrix(
        cKDTree(sites), reach, output_type="coo_matrix"
    )
    found = np.maximum(near.data * METRES_PER_DEGREE, _NEAREST_M)
    return csr_array((found, (near.row, near.col)), shape=shape)


def within(found: csr_array, metres: float) -> csr_array:
    """Ones where the distance is at most so many metres."""
    kept = found.copy()
    kept.data = (kept.data <= metres).astype(np.float64)
    kept.eliminate_zeros()
    return kept
