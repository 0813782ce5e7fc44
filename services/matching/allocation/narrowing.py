"""The optimum of one category with its prices, found among few pairs where places are plenty.

There hardly anybody goes far down the list. The solver sees the nearest few of each need; what is
cheaper at its prices is added, and it solves again. When nothing is cheaper any more, the prices
prove the optimum of the whole.
"""

from typing import Final, NamedTuple

import numpy as np

from matching.allocation.costs import paid
from matching.allocation.flow import cheapest
from matching.allocation.parts import Part
from matching.allocation.prices import lowest
from matching.allocation.problem import Ints, Mask

PLENTY: Final = 1.4  # places a need
FEW: Final = 14
ROUNDS: Final = 3  # then it is not as plenty as it looked


class Optimum(NamedTuple):
    """Where each need goes, and the prices that prove it."""

    chosen: Ints
    prices: Ints
    hub_prices: Ints


def optimum(part: Part, margin: int) -> Optimum:
    """The least total of pairings, penalties and steps."""
    seen = _nearest(part) if _are_plenty(part, part.places) else None
    if seen is not None and _are_plenty(part, part.places[np.unique(part.to[seen])]):
        for _ in range(ROUNDS):
            found = _priced(part.only(seen), margin)
            tempting = _tempting(part, found, margin)
            if not tempting.any():
                return found
            seen |= tempting
    return _priced(part, margin)


def _are_plenty(part: Part, places: Ints) -> bool:
    """Not where all look at the same few at first: those that come are near to everybody."""
    return bool(places.sum(dtype=np.int64) >= PLENTY * len(part.needs))


def _priced(part: Part, margin: int) -> Optimum:
    chosen = cheapest(part, margin)
    return Optimum(chosen, *lowest(part, chosen, margin))


def _nearest(part: Part) -> Mask:
    """The cheapest few pairs of each need."""
    counts = np.diff(part.starts)
    table = np.full((len(counts), max(int(counts.max(initial=0)), FEW)), np.iinfo(np.int64).max)
    table[np.arange(table.shape[1]) < counts[:, None]] = part.grains
    limit = np.partition(table, FEW - 1, axis=1)[:, FEW - 1]
    are_near: Mask = part.grains <= limit[part.rows()]
    return are_near


def _tempting(part: Part, found: Optimum, margin: int) -> Mask:
    """Pairs that cost a need less, with their price, than where it is."""
    stay = found.hub_prices[part.group]
    price = np.where(found.chosen >= 0, np.append(found.prices, 0)[found.chosen], stay)
    here = paid(part, found.chosen, margin) + price
    is_cheaper: Mask = part.grains + found.prices[part.to] < here[part.rows()]
    return is_cheaper
