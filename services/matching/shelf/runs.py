"""One set of columns of a shelf, and what a search finds in it."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from matching.shelf.columns import Columns
from matching.shelf.lists import id_of
from matching.shelf.places import When
from matching.shelf.plain import Found

Array = NDArray[Any]


@dataclass(slots=True)
class Run:
    """One set of columns, which of its rows are gone, and under which weights it stands."""

    columns: Columns
    gone: Array
    weights: int
    views: dict[When, Columns] = field(default_factory=dict)
    """The columns with the places that are left at some times."""

    @property
    def count(self) -> int:
        """Rows that stand."""
        return len(self.gone) - int(np.count_nonzero(self.gone))


class Spot(NamedTuple):
    """An offering that was found: what it ranks by, and where it stands.

    `columns` are those of the run with the places that are left at the wished time.
    """

    rank: float
    run: Run
    row: int
    columns: Columns

    @property
    def id(self) -> UUID:
        """Its identity."""
        return id_of(self.columns.rows, self.row)


class Hit(NamedTuple):
    """Rows of one run that were found, and its columns as they are at the wished time."""

    run: Run
    columns: Columns
    found: Found
