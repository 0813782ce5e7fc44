"""Whether a certificate holds, without a solver: sums and comparisons over columns.

Everybody is at a candidate and no offering over its places; at the published prices nobody would
move, and prices stand only where places or steps are used up, so no allocation costs less; the
contested sets bound how many of each tier any allocation could serve.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from matching.allocation.certificate import Certificate
from matching.allocation.costs import last_steps, next_steps, objective, paid
from matching.allocation.parts import part
from matching.allocation.problem import TIERS, Ints, Mask, Problem

RANGE: Final = 1 << 60  # prices and margins beyond it could make sums overflow


class FaultKind(StrEnum):
    """What is wrong with a certificate."""

    OTHER_PROBLEM = "other_problem"  # its digest is of other inputs
    MISSHAPEN = "misshapen"  # columns that do not fit the problem
    NOT_A_CANDIDATE = "not_a_candidate"  # a need at an offering it may not go to
    TOO_MANY = "too_many"  # an offering over its places
    WRONG_SERVED = "wrong_served"  # tier counts are not those of the assignment
    WRONG_OBJECTIVE = "wrong_objective"  # the total is not that of the assignment
    IDLE_PRICE = "idle_price"  # negative, or a price where a place is free
    WRONG_HUB_PRICE = "wrong_hub_price"  # outside the steps of the street's last and next need
    WOULD_MOVE = "would_move"  # a need has a cheaper choice at these prices
    NOT_MAXIMUM = "not_maximum"  # the contested set leaves room for more of a tier


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing found wrong, and the row it is at: a need, an offering, a hub or a tier."""

    kind: FaultKind
    row: int = -1


def check(problem: Problem, certificate: Certificate) -> Fault | None:
    """The first fault, or nothing: then the allocation is proven optimal."""
    return next(_faults(problem, certificate), None)


def _faults(problem: Problem, certificate: Certificate) -> Iterator[Fault]:
    if certificate.inputs != problem.digest():
        yield Fault(FaultKind.OTHER_PROBLEM)
    if not _fits(problem, certificate):
        yield Fault(FaultKind.MISSHAPEN)
        return
    yield from _assignment_faults(problem, certificate)
    total = 0
    for index, category in enumerate(certificate.categories):
        piece = _Piece(problem, certificate, int(category), int(certificate.margins[index]))
        yield from piece.faults()
        total += objective(piece.part, piece.chosen)
    if total != certificate.objective:
        yield Fault(FaultKind.WRONG_OBJECTIVE)


def _fits(problem: Problem, certificate: Certificate) -> bool:
    needs, offerings, _ = problem.sizes()
    categories = np.unique(problem.needs.category)
    hubs = np.unique(np.column_stack((problem.needs.category, problem.needs.street)), axis=0)
    shapes = {
        "chosen": (needs,),
        "prices": (offerings,),
        "margins": categories.shape,
        "hub_prices": (len(hubs),),
        "crowds": (TIERS, offerings),
    }
    given = np.column_stack((certificate.hub_categories, certificate.hub_streets))
    return (
        all(getattr(certificate, name).shape == shape for name, shape in shapes.items())
        and np.array_equal(certificate.categories, categories)
        and np.array_equal(given, hubs)
        and certificate.crowds.dtype == bool
        and all(getattr(certificate, n).dtype.kind == "i" for n in list(shapes)[:-1])
        and bool(((certificate.margins > 0) & (certificate.margins < RANGE)).all())
    )


def _assignment_faults(problem: Problem, certificate: Certificate) -> Iterator[Fault]:
    chosen, pairs = certificate.chosen, problem.candidates
    is_taken = pairs.offering == chosen[pairs.needs()]
    taken = np.bincount(pairs.needs()[is_taken], minlength=len(chosen))
    yield from _at(FaultKind.NOT_A_CANDIDATE, (chosen != -1) & (taken == 0))
    served = chosen >= 0
    used = np.bincount(chosen[served], minlength=len(problem.offerings))
    yield from _at(FaultKind.TOO_MANY, used > problem.offerings.places)
    counts = np.bincount(problem.needs.tier[served], minlength=TIERS)
    if tuple(counts.tolist()) != certificate.served:
        yield Fault(FaultKind.WRONG_SERVED)


class _Piece:
    """One category under its certificate."""

    def __init__(
        self, problem: Problem, certificate: Certificate, category: int, margin: int
    ) -> None:
        self.part = part(problem, category)
        self.margin = margin
        place = np.full(len(problem.offerings) + 1, -1, np.int32)
        place[self.part.offerings] = np.arange(len(self.part.offerings), dtype=np.int32)
        self.chosen = place[certificate.chosen[self.part.needs]]
        self.prices = certificate.prices[self.part.offerings].astype(np.int64)
        self.hubs = np.flatnonzero(certificate.hub_categories == category)
        self.hub_prices = certificate.hub_prices[self.hubs].astype(np.int64)
        self.crowds = certificate.crowds[:, self.part.offerings]

    def faults(self) -> Iterator[Fault]:
        """Of prices, then of moves, then of contested sets."""
        part, chosen = self.part, self.chosen
        used = np.bincount(chosen[chosen >= 0], minlength=len(part.offerings))
        idle = (self.prices > 0) & (used < part.places)
        yield from _at(FaultKind.IDLE_PRICE, idle | _wild(self.prices), part.offerings)
        last, following = last_steps(part, chosen), next_steps(part, chosen)
        hub_prices = self.hub_prices
        off = (hub_prices < last) | (hub_prices > following) | _wild(hub_prices)
        yield from _at(FaultKind.WRONG_HUB_PRICE, off, self.hubs)
        yield from _at(FaultKind.WOULD_MOVE, self._movers(), part.needs)
        for tier in range(TIERS):
            if self._bound(tier) != np.count_nonzero(part.tier[chosen >= 0] <= tier):
                yield Fault(FaultKind.NOT_MAXIMUM, tier)

    def _movers(self) -> Mask:
        """Needs that something costs less than where they are, prices counted."""
        part, stay = self.part, self.hub_prices[self.part.group]
        price = np.where(self.chosen >= 0, np.append(self.prices, 0)[self.chosen], stay)
        here = paid(part, self.chosen, self.margin) + price
        rows = part.rows()
        cheaper = part.grains + self.prices[part.to] < here[rows]
        movers = part.penalty(self.margin) + stay < here
        movers[rows[cheaper]] = True
        return movers

    def _bound(self, tier: int) -> int:
        """No allocation serves more needs up to a tier: contested places, and needs with a way out.

        Source: König 1931: any cover bounds any matching.
        """
        part, crowd = self.part, self.crowds[tier]
        has_way_out = np.zeros(len(part.needs), bool)
        has_way_out[part.rows()[~crowd[part.to]]] = True
        places = int(part.places[crowd].sum(dtype=np.int64))
        return places + int(np.count_nonzero(has_way_out & (part.tier <= tier)))


def _wild(prices: Ints) -> Mask:
    return (prices < 0) | (prices > RANGE)


def _at(kind: FaultKind, is_wrong: Mask, rows: Ints | None = None) -> Iterator[Fault]:
    """A fault at the first wrong row."""
    wrong = np.flatnonzero(is_wrong)
    if len(wrong):
        yield Fault(kind, int(wrong[0] if rows is None else rows[wrong].min()))
