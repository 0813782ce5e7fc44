"""One run of equal shares: everybody has the same sum, projects are bought at the least price.

Balances are kept twice. Lower bounds in 64-bit integers say at once who can pay what; exact ratios,
as integers over one denominator, decide whenever the bounds do not tell. No floating point.
"""

from dataclasses import dataclass
from fractions import Fraction
from heapq import heapify, heappop, heappush
from math import gcd
from typing import Final, NamedTuple

import numpy as np

from feedback.domain.counting.election import Election, Ints

SCALE_BITS: Final = 60  # all money together, in units, stays below 2^61
RATE_BITS: Final = 96


@dataclass(frozen=True, slots=True)
class Purchase:
    """A project bought: what each supporter paid who had enough, and how many had less."""

    project: int
    price: Fraction
    full_payers: int
    part_payers: int


class _Offer(NamedTuple):
    """The least rate that a project can have now; `price` in units once nothing is left to refine.

    A rate is what one fen of a project's value costs each supporter, times 2^96.
    """

    rate: int
    project: int
    tried: int
    price: int | None = None
    payers: int = 0


class Purses:
    """What voters have left. `share` is what each begins with, in fen."""

    def __init__(self, election: Election, share: Fraction) -> None:
        self._election = election
        total = election.voters * (int(share) + 1)
        self._shift = max(SCALE_BITS - total.bit_length(), 0)
        self._doubt = 1  # true balances lie less than so many units above the lower bounds
        low = (share.numerator << self._shift) // share.denominator
        self._left: Ints = np.full(len(election.ballots), low, dtype=np.int64)
        self._broke = np.zeros(len(election.ballots), dtype=bool)
        self._share, self._denominator = share.numerator, share.denominator
        self._bought: list[int] = []
        self._prices: list[int] = []
        self._queue = [self._cheapest_thinkable(project) for project in election.fundable]
        heapify(self._queue)

    def buy_all(self) -> list[Purchase]:
        """Everything that can be bought, in order."""
        bought: list[Purchase] = []
        while (offer := self._next()) is not None:
            bought.append(self._buy(offer))
        return bought

    def held_by(self, project: int) -> Fraction:
        """What the supporters of a project have left together, in fen."""
        return Fraction(self._sum(self._election.supporters[project]), self._denominator)

    def _cheapest_thinkable(self, project: int) -> _Offer:
        """As if every supporter could pay an equal part."""
        votes = self._election.votes[project]
        return _Offer((1 << RATE_BITS) // votes, project, -(-self._cost(project) // votes))

    def _cost(self, project: int) -> int:
        return self._election.projects[project].cost_fen << self._shift

    def _next(self) -> _Offer | None:
        """The offer of the least rate; of equal ones the first project. None: all too dear."""
        settled = self._settled()
        if not settled:
            return None
        bound = min(map(self._highest, settled))
        rivals = [offer for offer in settled if offer.rate <= bound]
        winner = rivals[0]
        if len(rivals) > 1:
            winner = min(rivals, key=lambda offer: (self._rate(offer), offer.project))
        for offer in settled:
            if offer is not winner:
                heappush(self._queue, offer._replace(price=None))
        return winner

    def _settled(self) -> list[_Offer]:
        """Offers refined to the end, until all others are surely dearer than one of them.

        Rates only rise while balances fall, so an old offer is still a lower bound.
        """
        settled: list[_Offer] = []
        bound: int | None = None
        while self._queue and (bound is None or self._queue[0].rate <= bound):
            offer = self._refined(heappop(self._queue))
            if offer is not None and offer.price is None:
                heappush(self._queue, offer)
            elif offer is not None:
                settled.append(offer)
                highest = self._highest(offer)
                bound = highest if bound is None else min(bound, highest)
        return settled

    def _highest(self, offer: _Offer) -> int:
        """The greatest rate that a settled offer can stand for."""
        return -(-((offer.price or 0) << RATE_BITS) // self._cost(offer.project))

    def _refined(self, offer: _Offer) -> _Offer | None:
        """One step of Newton's method towards the price; None when supporters cannot pay it.

        What comes together at a price is concave in it, so steps never pass the price.
        """
        election, project, tried = self._election, offer.project, offer.tried
        groups, weight = election.supporters[project], election.weight_of[project]
        votes, cost = election.votes[project], self._cost(project)
        left = self._left.take(groups)
        held = int(np.minimum(left, tried) @ weight)
        payers = int((left >= tried).astype(np.int64) @ weight)
        if not payers:
            if not self._can_pay(project, int(left @ weight)):
                return None
            tried, payers, held = int(left.max()) + self._doubt, 1, cost  # all lies in the doubt
        price = tried if held >= cost else tried - (held - cost) // payers
        margin = self._margin(votes, payers) if payers < votes else 1
        rate = max(offer.rate, (price - margin << RATE_BITS) // cost)
        if price > tried:
            return _Offer(rate, project, price)
        return _Offer(rate, project, tried, price, payers)

    def _margin(self, votes: int, payers: int) -> int:
        """How far a price may lie from the one that follows from lower bounds."""
        return 2 - -self._doubt * (votes + payers) // payers

    def _can_pay(self, project: int, held: int) -> bool:
        """Whether supporters have enough together, also where lower bounds leave it open."""
        cost, votes = self._cost(project), self._election.votes[project]
        if held >= cost or held + self._doubt * votes < cost:
            return held >= cost
        exact = self._sum(self._election.supporters[project])
        return exact >= self._election.projects[project].cost_fen * self._denominator

    def _rate(self, offer: _Offer) -> Fraction:
        """The exact price per fen of a project's value."""
        return self._price(offer)[0] / self._election.projects[offer.project].cost_fen

    def _price(self, offer: _Offer) -> tuple[Fraction, Ints, Ints]:
        """The exact price, who pays it in full, and who gives all that is left.

        Whose balance lies too near to the price is sorted in by exact sums, the poorest first.
        """
        election = self._election
        groups = election.supporters[offer.project]
        cost = election.projects[offer.project].cost_fen
        if offer.payers == election.votes[offer.project]:
            return Fraction(cost, offer.payers), groups, groups[:0]
        price = offer.price or 0
        margin = self._margin(election.votes[offer.project], offer.payers)
        left = self._left[groups]
        poor = groups[left + self._doubt < price - margin]
        near = groups[(left + self._doubt >= price - margin) & (left <= price + margin)]
        rich = groups[left > price + margin]
        for group in sorted(near.tolist(), key=self._exact):
            payers = int(election.weight[np.append(rich, near)].sum())
            rest = cost * self._denominator - self._sum(poor)
            if self._exact(group) * payers >= rest:
                break
            poor, near = np.append(poor, group), near[near != group]
        full = np.append(rich, near)
        payers = int(election.weight[full].sum())
        rest = cost * self._denominator - self._sum(poor)
        return Fraction(rest, payers * self._denominator), full, poor

    def _sum(self, groups: Ints) -> int:
        """What kinds of ballot have left together, over the common denominator."""
        solvent = groups[~self._broke[groups]]
        weight = self._election.weight[solvent]
        named = self._election.approves[solvent][:, self._bought]
        paid: list[int] = (weight @ named).tolist()
        spent = sum(n * price for n, price in zip(paid, self._prices, strict=True) if n)
        return self._share * int(weight.sum()) - spent

    def _exact(self, group: int) -> int:
        """What one voter of a kind has left, over the common denominator."""
        if self._broke[group]:
            return 0
        named: list[int] = self._election.approves[group, self._bought].tolist()
        spent = sum(q for q, has in zip(self._prices, named, strict=True) if has)
        return self._share - spent

    def _buy(self, offer: _Offer) -> Purchase:
        """Take the price from each supporter."""
        price, full, poor = self._price(offer)
        units = -(-(price.numerator << self._shift) // price.denominator)
        self._left[full] = np.maximum(self._left[full] - units, 0)
        self._left[poor] = 0
        self._broke[poor] = True
        self._doubt += 1
        self._write_down(offer.project, price)
        weight = self._election.weight
        return Purchase(offer.project, price, int(weight[full].sum()), int(weight[poor].sum()))

    def _write_down(self, project: int, price: Fraction) -> None:
        """Note an exact price; all sums get a denominator that fits it."""
        factor = price.denominator // gcd(price.denominator, self._denominator)
        self._denominator *= factor
        self._share *= factor
        self._prices = [q * factor for q in self._prices]
        self._bought.append(project)
        self._prices.append(price.numerator * (self._denominator // price.denominator))
