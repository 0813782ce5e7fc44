"""Rows by squares of the plane: what may lie near a point without looking at every row."""

from collections.abc import Iterator
from math import floor, sqrt
from typing import Final

from pyroaring import BitMap

SIDE: Final = 0.005  # degrees of latitude: some 550 m, so that a city's square holds few rows
_RAREST: Final = 1e-6
_MANY: Final = 1_000  # squares above which joining them costs more than looking at every row


class Grid:
    """Squares with rows in them. Rows are only added; what is gone is masked by the shelf."""

    def __init__(self) -> None:
        self._squares: dict[tuple[int, int], BitMap] = {}

    def add(self, x: float, y: float, row: int) -> None:
        """Note a row at its place."""
        self._squares.setdefault((floor(x / SIDE), floor(y / SIDE)), BitMap()).add(row)

    def around(self, x: float, y: float, reach: float) -> BitMap | None:
        """All rows within reach of a point and some beyond; None when that is too much to join."""
        if (2 * reach / SIDE + 2) ** 2 > _MANY:
            return None
        across = range(floor((x - reach) / SIDE), floor((x + reach) / SIDE) + 1)
        along = range(floor((y - reach) / SIDE), floor((y + reach) / SIDE) + 1)
        squares = self._squares
        here = [squares[i, j] for i in across for j in along if (i, j) in squares]
        return BitMap.union(*here) if here else BitMap()


def widening(least: float, whole: float, *, share: float) -> Iterator[float]:
    """Distances to look within, each twice the one before, the whole last.

    `share` of all rows are looked for: the rarer they are, the wider the first look.
    """
    reach = least + SIDE / sqrt(max(share, _RAREST))
    while reach < whole / 2:
        yield reach
        reach *= 2
    yield whole
