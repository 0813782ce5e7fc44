"""One run of equal shares: everybody has the same sum, projects are bought at the least price.

Balances are kept twice. Lower bounds in 64-bit integers say at once who can pay what; exact ratios,
as integers over one denominator, decide whenever the bounds do not tell. No floating point.
"""

from dataclasses import dataclass
from enum import Enum, auto
from fractions import Fraction
from heapq import heapify, heappop, heappush
from math import gcd
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from feedback.domain.counting.election import Election, Ints

SCALE_BITS: Final = 60  # all money together, in units, stays below 2^61
RATE_BITS: Final = 96
LOOKS: Final = 16  # a look round for each sixteenth more that was bought: it costs some purchases


@dataclass(frozen=True, slots=True)
class Purchase:
    """A project bought: what each supporter paid who had enough, and how many had less."""

    project: int
    price: Fraction
    full_payers: int
    part_payers: int


class Ending(Enum):
    """How a run ends, as far as the growth of the share depends on it."""

    SHORT = auto()  # within the pot, and something remains that nobody can pay
    COMPLETE = auto()  # within the pot, and all is bought
    TOO_DEAR = auto()  # more is bought than the pot can pay


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
        self._purchases: list[Purchase] = []
        self._most = election.cost(election.fundable)  # what the run can come to cost
        self._queue = [self._cheapest_thinkable(project) for project in election.fundable]
        self._look_round()

    def buy_all(self) -> list[Purchase]:
        """Everything that can be bought, in order."""
        while self._buy_next():
            pass
        return self._purchases

    def foresee(self, look: int) -> Ending:
        """How the run ends. Buys no more than it takes to know, for most runs only have to end.

        After `look` purchases it begins to look whether what can still be paid fits into the pot.
        """
        election = self._election
        whole, spent = election.cost(election.fundable), election.cost(self._bought)
        while spent <= election.pot_fen:
            if len(self._bought) >= look:
                self._look_round()
                look += look // LOOKS + 1
            if self._most <= election.pot_fen and self._most < whole:
                return Ending.SHORT
            if not self._buy_next():
                return Ending.COMPLETE if spent == whole else Ending.SHORT
            spent += election.projects[self._bought[-1]].cost_fen
        return Ending.TOO_DEAR

    @property
    def purchases(self) -> int:
        """How much has been bought up to now."""
        return len(self._bought)

    def held_by(self, project: int) -> Fraction:
        """What the supporters of a project have left together, in fen."""
        return Fraction(self._sum(self._election.backers[project].groups), self._denominator)

    def _cheapest_thinkable(self, project: int) -> _Offer:
        """As if every supporter could pay an equal part."""
        votes = self._election.votes[project]
        return _Offer((1 << RATE_BITS) // votes, project, -(-self._cost(project) // votes))

    def _cost(self, project: int) -> int:
        return self._election.projects[project].cost_fen << self._shift

    def _look_round(self) -> None:
        """Give up what supporters cannot pay any more; their money only becomes less."""
        kept = []
        for offer in self._queue:
            backers = self._election.backers[offer.project]
            if self._can_pay(offer.project, backers.total(self._left.take(backers.groups))):
                kept.append(offer)
            else:
                self._most -= self._election.projects[offer.project].cost_fen
        heapify(kept)
        self._queue = kept

    def _buy_next(self) -> bool:
        """Buy what is cheapest now; whether there was anything."""
        if (offer := self._next()) is None:
            return False
        self._purchases.append(self._buy(offer))
        return True

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
            stale = heappop(self._queue)
            offer = self._refined(stale)
            if offer is None:
                self._most -= self._election.projects[stale.project].cost_fen
            elif offer.price is None:
                heappush(self._queue, offer)
            else:
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
        project, tried, cost = offer.project, offer.tried, self._cost(offer.project)
        backers = self._election.backers[project]
        left = self._left.take(backers.groups)
        held = backers.total(np.minimum(left, tried))
        payers = backers.count(left >= tried)
        if not payers:
            if not self._can_pay(project, backers.total(left)):
                return None
            payers, held = 1, cost  # all lies in the doubt
            if backers.votes > 1:  # a lone supporter pays what it costs, and no more
                tried = int(left.max()) + self._doubt
        price = tried if held >= cost else tried - (held - cost) // payers
        margin = self._margin(backers.votes, payers) if payers < backers.votes else 1
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
        exact = self._sum(self._election.backers[project].groups)
        return exact >= self._election.projects[project].cost_fen * self._denominator

    def _rate(self, offer: _Offer) -> Fraction:
        """The exact price per fen of a project's value."""
        return self._price(offer)[0] / self._election.projects[offer.project].cost_fen

    def _price(self, offer: _Offer) -> tuple[Fraction, int, NDArray[np.bool_]]:
        """The exact price, how many pay it in full, and which supporters give all that is left.

        Whose balance lies too near to the price is sorted in by exact sums, the poorest first.
        """
        backers = self._election.backers[offer.project]
        cost = self._election.projects[offer.project].cost_fen
        if offer.payers == backers.votes:
            return Fraction(cost, offer.payers), offer.payers, np.zeros(0, dtype=np.bool_)
        price = offer.price or 0
        margin = self._margin(backers.votes, offer.payers)
        left = self._left.take(backers.groups)
        poor = left < price - margin - self._doubt
        near = backers.groups[(left <= price + margin) & ~poor]
        rest = cost * self._denominator - self._sum(backers.groups[poor])
        payers = backers.votes - backers.count(poor)
        for has, group in sorted((self._exact(group), group) for group in near.tolist()):
            if has * payers >= rest:
                break
            poor[backers.groups == group] = True
            rest -= has * self._election.weights[group]
            payers -= self._election.weights[group]
        return Fraction(rest, payers * self._denominator), payers, poor

    def _sum(self, groups: Ints) -> int:
        """What kinds of ballot have left together, over the common denominator."""
        solvent = groups[~self._broke[groups]]
        paid: list[int] = self._election.tally(solvent)[self._bought].tolist()
        spent = sum(n * price for n, price in zip(paid, self._prices, strict=True) if n)
        return self._share * int(self._election.weight[solvent].sum()) - spent

    def _exact(self, group: int) -> int:
        """What one voter of a kind has left, over the common denominator."""
        if self._broke[group]:
            return 0
        named = set(self._election.ballots[group])
        bought = zip(self._bought, self._prices, strict=True)
        return self._share - sum(price for project, price in bought if project in named)

    def _buy(self, offer: _Offer) -> Purchase:
        """Take the price from each supporter."""
        backers = self._election.backers[offer.project]
        price, payers, poor = self._price(offer)
        units = -(-(price.numerator << self._shift) // price.denominator)
        left = self._left.take(backers.groups)
        self._left[backers.groups] = np.maximum(left - units, 0)  # the poor have less than `units`
        if payers < backers.votes:
            self._broke[backers.groups[poor]] = True
        self._doubt += 1
        self._write_down(offer.project, price)
        return Purchase(offer.project, price, payers, backers.votes - payers)

    def _write_down(self, project: int, price: Fraction) -> None:
        """Note an exact price; all sums get a denominator that fits it."""
        factor = price.denominator // gcd(price.denominator, self._denominator)
        self._denominator *= factor
        self._share *= factor
        self._prices = [q * factor for q in self._prices]
        self._bought.append(project)
        self._prices.append(price.numerator * (self._denominator // price.denominator))
