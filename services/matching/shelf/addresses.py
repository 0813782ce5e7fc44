"""Where arrays lie, and of which kinds: machine code is told that.

To hand over each of the thirty that a search reads costs half as much as the search.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matching.shelf.compiled import IS_HERE, inlined

Array = NDArray[Any]

INT: Final = np.dtype(np.int32)
LONG: Final = np.dtype(np.int64)
SHORT: Final = np.dtype(np.int16)
BYTE: Final = np.dtype(np.uint8)
# What a search reads of every row that it passes: most are left by this, and nothing else of them
# is read.
ASKS: Final = np.dtype([("pair", np.int32), ("timetable", np.int32)])
# What it reads of the others, side by side in memory: there are few in each of many places, and it
# would wait for each column apart.
NEAR: Final = np.dtype(
    [
        *((name, np.float64) for name in ("x", "y", "standing")),
        *(("price", np.int64), ("provider", np.int32), ("venue", np.int32)),
        *(("features", np.uint16), ("channels", np.uint8), ("stands", np.bool_)),
    ]
)
SEGMENT: Final = np.dtype(
    [
        *(("path", np.int32), ("reach", np.uint8)),  # COMES, FIXED or PLACELESS
        *(("start", np.int32), ("end", np.int32)),
        *((name, np.float64) for name in ("x0", "y0", "side")),
        *((name, np.int32) for name in ("across", "along")),
        ("offset", np.int64),  # of the segment's squares in `Squares.first`
        ("least", np.float64),  # standing of its best row
    ]
)


class Kept:
    """Arrays of known kinds, which stay where they are as long as this is kept."""

    __slots__ = ("addresses", "arrays")

    def __init__(self, arrays: Sequence[Array], kinds: Sequence[np.dtype[Any]]) -> None:
        """Raises TypeError for what machine code would read as something else."""
        for array, kind in zip(arrays, kinds, strict=True):
            if array.dtype != kind or not array.flags.c_contiguous:
                raise TypeError(f"{array.dtype} where {kind} is read, or not side by side")
        self.arrays = tuple(arrays)
        places = [(each.__array_interface__["data"][0], len(each)) for each in arrays]
        self.addresses = np.array(places, dtype=np.int64)

    def __reduce__(self) -> Any:
        """A copy lies elsewhere."""
        return Kept, (self.arrays, [each.dtype for each in self.arrays])


def _follower() -> Any:
    """What makes an address something that machine code can follow."""
    types = import_module("numba").types

    def typed(_: Any, __: Any) -> Any:
        def made(context: Any, builder: Any, ___: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(types.voidptr))

        return types.voidptr(types.int64), made

    return import_module("numba.core.extending").intrinsic(typed)


_pointer: Final[Any] = _follower() if IS_HERE else None
_carray: Final[Any] = import_module("numba").carray if IS_HERE else None


@inlined
def array_at(addresses: Any, number: Any, kind: Any) -> Any:
    """One of the arrays of a `Kept`, by its addresses."""
    return _carray(_pointer(addresses[number, 0]), (addresses[number, 1],), kind)


@inlined
def pairs_at(addresses: Any, number: Any, kind: Any) -> Any:
    """One that holds two values in each row."""
    return _carray(_pointer(addresses[number, 0]), (addresses[number, 1], 2), kind)
