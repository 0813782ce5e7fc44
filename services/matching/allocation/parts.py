"""A problem by category, with the exact integers that are minimised.

The unit is the grain, a sixteenth of a metre: a metre is 16 grains and the lot of a pair is less
than 16, so chance decides between equals only, up to a metre. Rows stand in an order that depends
on places and on lots, never on the order they came in: relabelling changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.sparse import csr_array

from matching.allocation.order import along_curve, lot, mixed, seed_word
from matching.allocation.problem import TIERS, Fairness, Ints, Mask, Needs, Offerings, Problem

LOT_BITS: Final = 4
GRAINS: Final = 1 << LOT_BITS


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One category. `to` and `group` count within the part; `needs`, `offerings` are its rows."""

    category: int
    needs: Ints
    offerings: Ints
    tier: Ints
    group: Ints  # street, as counted in this part
    lot: Ints  # grains added when the need stays unserved
    starts: Ints
    to: Ints
    grains: Ints
    places: Ints
    streets: Ints  # street of each group
    bands: Ints  # group x band: how many may stay unserved at the band's step
    steps: Ints  # grains of each band

    def rows(self) -> Ints:
        """The need of each pair."""
        return np.repeat(np.arange(len(self.needs), dtype=np.int32), np.diff(self.starts))

    def only(self, pairs: Mask) -> "Part":
        """The same with some of its pairs."""
        counts = np.bincount(self.rows()[pairs], minlength=len(self.needs))
        starts = np.concatenate(([0], np.cumsum(counts)))
        return replace(self, starts=starts, to=self.to[pairs], grains=self.grains[pairs])

    def penalty(self, margin: int) -> Ints:
        """Grains for leaving each need unserved, fairness aside: a margin per tier, and the lot."""
        return (TIERS - self.tier.astype(np.int64)) * margin + self.lot

    def safe_margin(self) -> int:
        """A margin that no sum of pairings, steps and lots can outweigh."""
        dearest = int(self.grains.max(initial=0)) + int(self.steps[-1]) + GRAINS
        return (len(self.needs) + 1) * dearest


def parts(problem: Problem) -> Iterator[Part]:
    """The categories, those with most pairs first."""
    counts = np.diff(problem.candidates.starts)
    size = np.bincount(problem.needs.category, weights=counts + 1)
    for category in np.argsort(-size, kind="stable"):
        if size[category]:
            yield part(problem, int(category))


def part(problem: Problem, category: int) -> Part:
    """One category in canonical order."""
    word = seed_word(problem.seed)
    needs = _ordered(problem.needs, category, word)
    offerings = _ordered(problem.offerings, category, word)
    starts, to, cost = _pairs(problem, needs, offerings)
    need_key, offering_key = problem.needs.key[needs], problem.offerings.key[offerings]
    lots = lot(word, np.repeat(need_key, np.diff(starts)), offering_key[to], bits=LOT_BITS)
    streets, group = np.unique(problem.needs.street[needs], return_inverse=True)
    return Part(
        category=category,
        needs=needs,
        offerings=offerings,
        tier=problem.needs.tier[needs],
        group=group.astype(np.int32),
        lot=lot(word, need_key, np.zeros_like(need_key), bits=LOT_BITS),
        starts=starts,
        to=to,
        grains=cost * GRAINS + lots,
        places=problem.offerings.places[offerings],
        streets=streets,
        bands=bands(np.bincount(group), problem.fairness),
        steps=np.asarray(problem.fairness.steps, np.int64) * GRAINS,
    )


def bands(members: Ints, fairness: Fairness) -> Ints:
    """How many of a group's needs fall into each band; a group's bands hold it whole."""
    shares = np.asarray([*fairness.shares, 100], np.int64)
    return np.diff(members[:, None].astype(np.int64) * shares // 100, axis=1)


def _ordered(table: Needs | Offerings, category: int, word: np.uint64) -> Ints:
    rows = np.flatnonzero(table.category == category)
    return rows[along_curve(table.x[rows], table.y[rows], mixed(table.key[rows] ^ word))]


def _pairs(problem: Problem, needs: Ints, offerings: Ints) -> tuple[Ints, Ints, Ints]:
    """The pairs of some needs, counted within the part, rising by offering."""
    pairs = problem.candidates
    counts = np.diff(pairs.starts)[needs]
    starts = np.concatenate(([0], np.cumsum(counts)))
    at = np.repeat(pairs.starts[needs] - starts[:-1], counts) + np.arange(starts[-1])
    place = np.full(len(problem.offerings), -1, np.int32)
    place[offerings] = np.arange(len(offerings), dtype=np.int32)
    table = csr_array(
        (pairs.cost[at], place[pairs.offering[at]], starts), shape=(len(needs), len(offerings))
    )
    table.sort_indices()
    return starts, table.indices, table.data
