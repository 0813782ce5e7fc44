"""Orders that depend on where and on lots, never on the rows' own order."""

from typing import Any, Final

import numpy as np

from common.crypto.digest import sm3
from matching.allocation.problem import Ints, Keys

CELL_M: Final = 512


def seed_word(seed: str) -> np.uint64:
    """The published seed as a number."""
    return np.uint64(int.from_bytes(sm3(seed.encode())[:8], "big"))


def mixed(value: Keys) -> Keys:
    """As good as drawn, the same for everybody. Source: the finaliser of SplitMix64, 2014."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def lot(word: np.uint64, first: Keys, second: Keys, *, bits: int) -> Ints:
    """A number of so many bits for each pair of keys."""
    drawn = mixed(mixed(first ^ word) + second) >> np.uint64(64 - bits)
    return drawn.astype(np.int32)


def along_curve(x: Ints, y: Ints, key: Keys) -> Ints:
    """Rows cell by cell along a Z-shaped curve, then by key: neighbours stand together."""
    curve = np.zeros(len(x), np.int64)
    cells = (np.clip(v // CELL_M + (1 << 15), 0, (1 << 16) - 1).astype(np.int64) for v in (x, y))
    for axis, cell in enumerate(cells):
        for bit in range(16):
            curve |= (cell >> bit & 1) << (2 * bit + axis)
    order: np.ndarray[Any, np.dtype[np.int64]] = np.lexsort((key, curve))
    return order
