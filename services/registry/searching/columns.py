"""Columns of numbers that grow, and rows to look up in them."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray
from pyroaring import BitMap

_V = TypeVar("_V", bound=Hashable)


class Column:
    """Numbers by row; room doubles, so that adding one costs next to nothing."""

    def __init__(self, kind: DTypeLike) -> None:
        self._room: NDArray[Any] = np.empty(1024, dtype=kind)
        self._size = 0

    def extend(self, values: Sequence[float]) -> None:
        """Add the values of the next rows."""
        size = self._size + len(values)
        while size > len(self._room):
            self._room = np.concatenate([self._room, np.empty_like(self._room)])
        self._room[self._size : size] = values
        self._size = size

    @property
    def values(self) -> NDArray[Any]:
        """All values, without copying them."""
        return self._room[: self._size]


def rows_by(values: Iterable[_V], first: int) -> Mapping[_V, Sequence[int]]:
    """The rows from the first on by their values: what many share is noted once for all."""
    found: defaultdict[_V, list[int]] = defaultdict(list)
    for row, value in enumerate(values, first):
        found[value].append(row)
    return found


def array_of(rows: BitMap) -> NDArray[Any]:
    """Row numbers, ascending, to take values by."""
    return np.frombuffer(rows.to_array(), dtype=np.uint32)
