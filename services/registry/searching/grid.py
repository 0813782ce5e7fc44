"""Rows by squares of the plane: what may lie near a point without looking at every row."""

from collections.abc import Iterator, Sequence
from math import floor, nan, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from registry.searching.columns import Column, array_of, rows_by

SIDE: Final = 0.005  # degrees of latitude: some 550 m, so that a city's square holds few rows
_COARSER: Final = 2
_LEVELS: Final = 6  # the coarsest squares are some 18 km wide
_ACROSS: Final = 3  # half a width of what is looked at, in squares: few to join, few rows too many
_RAREST: Final = 1e-6

_Squares = dict[tuple[int, int], BitMap]


class Grid:
    """Squares with rows in them, in several sizes. Rows are only added; the shelf masks others."""

    def __init__(self) -> None:
        self._levels: list[tuple[float, _Squares]] = [
            (SIDE * _COARSER**level, {}) for level in range(_LEVELS)
        ]

    def add(self, x: float, y: float, rows: BitMap) -> None:
        """Note rows at their place."""
        for side, squares in self._levels:
            place = floor(x / side), floor(y / side)
            if place in squares:
                squares[place] |= rows
            else:
                squares[place] = rows.copy()

    def around(self, x: float, y: float, reach: float) -> BitMap | None:
        """All rows within reach of a point and some beyond; None when that is most of the city."""
        for side, squares in self._levels:
            if reach <= _ACROSS * side:
                return _joined(squares, x, y, reach, side)
        return None


def _joined(squares: _Squares, x: float, y: float, reach: float, side: float) -> BitMap:
    across = range(floor((x - reach) / side), floor((x + reach) / side) + 1)
    along = range(floor((y - reach) / side), floor((y + reach) / side) + 1)
    here = [squares[i, j] for i in across for j in along if (i, j) in squares]
    return BitMap.union(*here) if here else BitMap()


class Plane:
    """The place of each row on the plane of `common.geo.planar`, row after row."""

    def __init__(self) -> None:
        self._x, self._y = Column(np.float64), Column(np.float64)
        self._grid = Grid()

    def extend(self, places: Sequence[tuple[float, float] | None], first: int) -> None:
        """Note where the next rows are; without a place they are nowhere near anything."""
        for axis, column in enumerate((self._x, self._y)):
            column.extend([nan if place is None else place[axis] for place in places])
        for place, rows in rows_by(places, first).items():
            if place is not None:
                self._grid.add(*place, BitMap(rows))

    def within(
        self, found: BitMap, x: float, y: float, reach: float
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Which of some rows are within reach of a point, and how far they are."""
        squares = self._grid.around(x, y, reach)
        rows = array_of(found if squares is None else found & squares)
        here = np.abs(self._y.values[rows] - y) <= reach
        rows = rows[here]
        distances = np.hypot(self._x.values[rows] - x, self._y.values[rows] - y)
        kept = distances <= reach
        return rows[kept], distances[kept]


def widening(least: float, whole: float, *, share: float) -> Iterator[float]:
    """Distances to look within, each twice the one before, the whole last.

    `share` of all rows are looked for: the rarer they are, the wider the first look.
    """
    reach = least + SIDE / sqrt(max(share, _RAREST))
    while reach < whole / 2:
        yield reach
        reach *= 2
    yield whole
