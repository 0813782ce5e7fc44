"""Where places are too few: who competes with whom, and why nobody more can be served.

From an unserved need step to all it might take, from there to those who hold the places, and so on.
When no free place and no less urgent holder is met, as many needs as places stand there and some
over: they prove the maximum (Hall 1935, König 1931).
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from matching.allocation.parts import Part
from matching.allocation.problem import TIERS, Ints, Mask


@dataclass(frozen=True, slots=True, eq=False)
class Holders:
    """The needs of each offering: of offering `j` those at `starts[j]:starts[j + 1]`."""

    starts: Ints
    needs: Ints

    @classmethod
    def of(cls, chosen: Ints, offerings: int) -> "Holders":
        """From the assignment."""
        served = np.flatnonzero(chosen >= 0)
        needs = served[np.argsort(chosen[served], kind="stable")]
        counts = np.bincount(chosen[served], minlength=offerings)
        return cls(np.concatenate(([0], np.cumsum(counts))), needs)

    def at(self, offerings: Ints) -> Ints:
        """All needs of some offerings."""
        return self.needs[spans(self.starts, offerings)]


def spans(starts: Ints, rows: Ints) -> Ints:
    """The positions of some rows of a compressed table, one row after the other."""
    counts = starts[rows + 1] - starts[rows]
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts[rows] - ends + counts, counts) + np.arange(total)


def contested(part: Part, chosen: Ints, holders: Holders, tier: int) -> tuple[Mask, Mask]:
    """Needs and offerings reached from the unserved needs up to a tier."""
    needs = (chosen < 0) & (part.tier <= tier)
    offerings = np.zeros(len(part.offerings), bool)
    front: Ints = np.flatnonzero(needs)
    while len(front):
        met = part.to[spans(part.starts, front)]
        met = np.unique(met[~offerings[met]])
        offerings[met] = True
        front = holders.at(met)
        needs[front] = True
    return needs, offerings


def crowds(part: Part, chosen: Ints) -> tuple[Mask, bool]:
    """Tier by offering: what is contested up to each tier; and whether each tier is at its maximum.

    All is at its maximum when contested places are all taken, by needs up to that tier: then tiers
    are served as the nested maximum matchings would serve them.
    """
    holders = Holders.of(chosen, len(part.offerings))
    is_full = np.diff(holders.starts) == part.places
    masks = np.zeros((TIERS, len(part.offerings)), bool)
    holds = True
    for tier in range(TIERS):
        needs, masks[tier] = contested(part, chosen, holders, tier)
        holds &= bool((part.tier[needs] <= tier).all() and is_full[masks[tier]].all())
    return masks, holds


def competitions(part: Part, crowd: Mask, tier: int) -> tuple[Ints, Ints]:
    """The separate competitions among the offerings contested up to a tier.

    For each need its competition, for each offering its competition; -1 where there is none. A need
    takes part when all it might take is contested.
    """
    inside = np.logical_and.reduceat(np.append(crowd[part.to], True), part.starts[:-1])
    inside &= (part.tier <= tier) & (np.diff(part.starts) > 0)
    rows = part.rows()
    kept = inside[rows]
    size = len(part.needs) + len(part.offerings)
    ends = rows[kept], len(part.needs) + part.to[kept]
    graph = coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(size, size))
    _, label = connected_components(graph.tocsr(), directed=False)
    of_need = np.where(inside, label[: len(part.needs)], -1)
    of_offering = np.where(crowd, label[len(part.needs) :], -1)
    found, both = np.unique(np.concatenate((of_need, of_offering)), return_inverse=True)
    both = both - int(len(found) > 0 and found[0] == -1)
    return both[: len(part.needs)].astype(np.int32), both[len(part.needs) :].astype(np.int32)
