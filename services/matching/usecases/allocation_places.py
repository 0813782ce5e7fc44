"""Where needs and offerings of a run stand, in metres on the city's plane, and where those do that
stand nowhere.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from common.geo import METRES_PER_DEGREE, planar
from matching.allocation.problem import Ints, Mask
from matching.queries.allocation_reading import Columns


def is_placed(people: Columns) -> Mask:
    """Whether anybody knows where each need is."""
    known: Mask = ~np.isnan(np.array(people["lon"], float))
    return known


def metres(columns: Columns) -> tuple[Any, Any]:
    """Where all are, nan where nobody knows."""
    degrees: Any = (np.array(columns[name], float) for name in ("lon", "lat"))
    x, y = (axis * METRES_PER_DEGREE for axis in planar(*degrees))
    return x, y


def cornered(places: tuple[Any, Any], others: tuple[Any, Any]) -> Iterator[Any]:
    """Places, those that nobody knows in a corner where nothing else stands."""
    for axis, theirs in zip(places, others, strict=True):
        known = np.concatenate((axis[~np.isnan(axis)], theirs))
        yield np.nan_to_num(axis, nan=(known.min() if len(known) else 0) - 1)


def middled(places: tuple[Any, Any], others: tuple[Any, Any]) -> Iterator[Any]:
    """Places, those that stand nowhere, for they come to people, in the middle of all."""
    for axis, theirs in zip(places, others, strict=True):
        known = np.concatenate((axis, theirs))
        known = known[~np.isnan(known)]
        yield np.nan_to_num(axis, nan=known.mean() if len(known) else 0)


def whole(axis: Any) -> Ints:
    """In whole metres."""
    rounded: Ints = np.rint(axis).astype(np.int64)
    return rounded
