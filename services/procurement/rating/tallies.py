"""Evidence as arrays. In whatever order it comes, it is counted in one order: sums are the same."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LEVELS: Final = 5
SCORES: Final[Floats] = np.arange(LEVELS) / (LEVELS - 1)
NOBODY: Final = 0  # the buyer of evidence that no buyer stands behind
NEVER: Final = float("inf")  # the half-life of evidence that does not fade


def ints(values: Iterable[int]) -> Ints:
    """Whole numbers as an array."""
    return np.fromiter(values, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Tallies:
    """One row: a cell (a provider in a category and dimension), a buyer, a level, an age, a count.

    `weight` is what one piece weighs by its source, `age` is in whole steps. `cell` runs from 0;
    `buyer` is any number that tells buyers apart.
    """

    cell: Ints
    buyer: Ints
    level: Ints
    weight: Floats
    age: Ints
    count: Ints

    def ordered(self) -> "Tallies":
        """The same evidence in the one order in which it is summed."""
        order = np.lexsort((self.weight, self.age, self.level, self.buyer, self.cell))
        return Tallies(*(getattr(self, field.name)[order] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Pairs:
    """The evidence of each buyer in each cell: its faded mass, and how many pieces it is."""

    cell: Ints
    buyer: Ints
    mass: Floats  # pairs x ages x levels
    fade: Floats  # what is left of a piece at each age
    count: Ints

    @property
    def by_level(self) -> Floats:
        """The mass of each pair by level."""
        return np.asarray(self.mass.sum(axis=1))

    @property
    def by_age(self) -> Floats:
        """The mass of each pair by age."""
        return np.asarray(self.mass.sum(axis=2))

    @property
    def total(self) -> Floats:
        """The mass of each pair."""
        return np.asarray(self.by_level.sum(axis=1))


def by_buyer(tallies: Tallies, half_life: float = NEVER) -> Pairs:
    """Sum up what each buyer's evidence says, cell by cell; `half_life` is in steps of age."""
    told = tallies.ordered()
    stride = int(told.buyer.max(initial=0)) + 1
    ages = int(told.age.max(initial=0)) + 1
    fade = 0.5 ** (np.arange(ages) / half_life)
    keys, place = np.unique(told.cell * stride + told.buyer, return_inverse=True)
    flat = (place * ages + told.age) * LEVELS + told.level - 1
    size = len(keys)
    mass = np.bincount(flat, told.weight * told.count * fade[told.age], size * ages * LEVELS)
    count = np.bincount(place, told.count, size).astype(np.int64)
    shaped = mass.astype(np.float64).reshape(size, ages, LEVELS)
    return Pairs(keys // stride, keys % stride, shaped, fade, count)
