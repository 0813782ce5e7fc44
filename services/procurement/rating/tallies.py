"""Evidence as arrays. In whatever order it comes, it is counted in one order: sums are the same."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LEVELS: Final = 5
SCORES: Final[Floats] = np.arange(LEVELS) / (LEVELS - 1)
NOBODY: Final = 0  # the buyer of evidence that no buyer stands behind


@dataclass(frozen=True, slots=True)
class Tallies:
    """One row: a cell (a provider in a category and dimension), a buyer, a level, a count.

    `weight` is what one piece weighs by its source and age. `cell` runs from 0; `buyer` is any
    number that tells buyers apart.
    """

    cell: Ints
    buyer: Ints
    level: Ints
    weight: Floats
    count: Ints

    def ordered(self) -> "Tallies":
        """The same evidence in the one order in which it is summed."""
        order = np.lexsort((self.weight, self.level, self.buyer, self.cell))
        return Tallies(
            *(getattr(self, name)[order] for name in ("cell", "buyer", "level", "weight", "count"))
        )


@dataclass(frozen=True, slots=True)
class Pairs:
    """The evidence of each buyer in each cell: its mass by level, and how many pieces it is."""

    cell: Ints
    buyer: Ints
    mass: Floats  # pairs x levels
    count: Ints

    @property
    def total(self) -> Floats:
        """The mass of each pair."""
        whole: Floats = self.mass.sum(axis=1)
        return whole


def by_buyer(tallies: Tallies) -> Pairs:
    """Sum up what each buyer's evidence says, cell by cell."""
    told = tallies.ordered()
    stride = int(told.buyer.max(initial=0)) + 1
    keys, place = np.unique(told.cell * stride + told.buyer, return_inverse=True)
    flat = place * LEVELS + told.level - 1
    size = len(keys)
    mass = np.bincount(flat, told.weight * told.count, size * LEVELS).astype(np.float64)
    count = np.bincount(place, told.count, size).astype(np.int64)
    return Pairs(keys // stride, keys % stride, mass.reshape(size, LEVELS), count)
