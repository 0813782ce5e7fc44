"""Needs raised, and those still unserved, by street and month of one year: what may be told. Pure.

Rows are the streets of one district, columns the months of one calendar year, for one category. The
tables are always these, so that no two of them differ by the few. Who is unserved is part of who
came: what is told of one bounds the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from common.suppression.tables import Counts, hidden, is_few

MONTHS: Final = 12
_WITHHELD: Final = -1


class Count(NamedTuple):
    """Needs of a category that were raised in a street in a month, and how many nobody served.

    Closing serves nobody: what is closed as unmet stays unserved. Who withdrew did not want it any
    more, except from what was already unmet.
    """

    street: str
    month: int
    category: str
    raised: int
    unserved: int


class Demand(NamedTuple):
    """Streets, and by street and month what may be told; -1 is withheld."""

    streets: Sequence[str]
    raised: Counts
    unserved: Counts


def demand(found: Iterable[Count], root: str, paths: Mapping[str, Sequence[str]]) -> Demand:
    """The table of a category at the root, with all under it."""
    mine = [each for each in found if paths.get(each.category, [each.category])[0] == root]
    streets = sorted({each.street for each in mine})
    at = {street: number for number, street in enumerate(streets)}
    raised = np.zeros((len(streets), MONTHS), np.int64)
    unserved = np.zeros_like(raised)
    for each in mine:
        raised[at[each.street], each.month - 1] += each.raised
        unserved[at[each.street], each.month - 1] += each.unserved
    return Demand(streets, *told(raised, unserved))


def told(raised: Counts, unserved: Counts) -> tuple[Counts, Counts]:
    """Both tables with -1 wherever a figure, or a difference, would tell of the few."""
    whole = hidden(raised, least=np.where(is_few(unserved), 0, unserved))
    served_are_few = (unserved > 0) & is_few(raised - unserved)
    part = hidden(unserved, most=raised, also=served_are_few)
    return np.where(whole, _WITHHELD, raised), np.where(part, _WITHHELD, unserved)
