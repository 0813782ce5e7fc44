"""What an assignment of one category costs, in grains."""

import numpy as np

from matching.allocation.parts import Part
from matching.allocation.problem import Ints


def paid(part: Part, chosen: Ints, margin: int) -> Ints:
    """Grains of each need where it is, before any price: its pairing, or its penalty."""
    rows = part.rows()
    taken = part.to == chosen[rows]
    cost = part.penalty(margin)
    cost[rows[taken]] = part.grains[taken]
    return cost


def last_steps(part: Part, chosen: Ints) -> Ints:
    """What the last unserved need of each group costs its street."""
    unserved = np.bincount(part.group[chosen < 0], minlength=len(part.streets))
    filled = np.cumsum(part.bands, axis=1) < unserved[:, None]
    return np.where(unserved > 0, part.steps[filled.sum(axis=1)], 0)


def next_steps(part: Part, chosen: Ints) -> Ints:
    """What one more unserved need of each group would cost its street; the limit if none."""
    unserved = np.bincount(part.group[chosen < 0], minlength=len(part.streets))
    filled = np.cumsum(part.bands, axis=1) <= unserved[:, None]
    following: Ints = np.append(part.steps, np.iinfo(np.int64).max)[filled.sum(axis=1)]
    return following


def objective(part: Part, chosen: Ints) -> int:
    """Pairings, lots of the unserved and fairness steps, in grains."""
    unserved = np.bincount(part.group[chosen < 0], minlength=len(part.streets))
    used = np.clip(unserved[:, None] - np.cumsum(part.bands, axis=1) + part.bands, 0, part.bands)
    return int(paid(part, chosen, 0).sum() + (used * part.steps).sum())
