"""Prices that prove an assignment optimal: the lowest at which everybody stays where they are.

The price of an offering is what one more place there would save, in grains; zero where a place is
free. The price of a street's hub is what its last unserved need costs, or more.
"""

import numpy as np

from matching.allocation.costs import last_steps, paid
from matching.allocation.parts import Part
from matching.allocation.problem import Ints
from matching.allocation.scarcity import Holders, spans


def lowest(part: Part, chosen: Ints, margin: int) -> tuple[Ints, Ints]:
    """Prices of the offerings and of the hubs of an optimal assignment.

    A need pays cost and price where it is. Whatever is cheaper elsewhere must have a price of at
    least the difference; these bounds are passed on, need by need, until nothing rises.
    """
    offerings = len(part.offerings)
    hub = offerings + part.group
    place = np.where(chosen >= 0, chosen, hub)
    holders = Holders.of(place, offerings + len(part.streets))
    cost, penalty = paid(part, chosen, margin), part.penalty(margin)
    price = np.concatenate((np.zeros(offerings, np.int64), last_steps(part, chosen)))
    front = np.arange(len(price))
    while len(front):
        needs = holders.at(front)
        bound = cost[needs] + price[place[needs]]
        pairs, widths = spans(part.starts, needs), np.diff(part.starts)[needs]
        to = np.concatenate((part.to[pairs], hub[needs]))
        least = np.concatenate(
            (np.repeat(bound, widths) - part.grains[pairs], bound - penalty[needs])
        )
        rising = least > price[to]
        np.maximum.at(price, to[rising], least[rising])
        front = np.unique(to[rising])
    return price[:offerings], price[offerings:]
