"""Columns of numbers that grow, and rows to look up in them."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from pyroaring import BitMap


class Column:
    """Numbers by row; room doubles, so that adding one costs next to nothing."""

    def __init__(self, kind: DTypeLike) -> None:
        self._room: NDArray[Any] = np.empty(1024, dtype=kind)
        self._size = 0

    def append(self, value: float) -> None:
        """Add the value of the next row."""
        if self._size == len(self._room):
            self._room = np.concatenate([self._room, np.empty_like(self._room)])
        self._room[self._size] = value
        self._size += 1

    @property
    def values(self) -> NDArray[Any]:
        """All values, without copying them."""
        return self._room[: self._size]


def array_of(rows: BitMap) -> NDArray[Any]:
    """Row numbers, ascending, to take values by."""
    return np.frombuffer(rows.to_array(), dtype=np.uint32)
