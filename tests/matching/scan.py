"""The matching by hand: every offering judged by the rules, sorted. What the shelf must equal."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from common.calendar import Calendar
from common.rules import packaged_rules
from matching.domain.demand import Need
from matching.domain.eligibility import judge, walk
from matching.domain.scoring import Policy, rank, score
from matching.domain.supply import Offer
from matching.shelf.entries import Reader, house
from matching.shelf.shelf import Shelf
from tests.matching.market import Market

POLICY = Policy.by_rules(packaged_rules("matching").at(date(2026, 9, 28), "310000"))
READER = Reader(POLICY)
DAYS = Calendar.load()


def shelf_of(market: Market, count: int) -> Shelf:
    """A shelf with a market on it."""
    shelf = Shelf(POLICY)
    for venue in market.venues:
        shelf.settle(UUID(venue["id"]), house(venue))
    shelf.put(READER.entry(market.offering()) for _ in range(count))
    return shelf


def rates(market: Market, shelf: Shelf) -> None:
    """Rate half of the providers, and price some offerings."""
    random = market.random
    for provider in market.providers[::2]:
        code = random.choice(("eldercare", "meal", "childcare", "health"))
        shelf.lists.ratings[UUID(provider), code] = random.random()
    for offer in list(shelf.offers())[::3]:
        shelf.lists.scarcity[offer.id] = random.choice((1.5, 7.0))
    shelf.weigh()


def scanned(offers: Iterable[Offer], need: Need, limit: int) -> list[tuple[float, UUID]]:
    """The best by rank and id, each rule asked of each offering."""
    found = []
    for offer in offers:
        verdict = judge(need, offer, POLICY.walk)
        if verdict.eligible is not False:
            minutes = score(POLICY, need, offer, walk(need, offer, POLICY.walk))
            found.append((rank(minutes, verdict), offer.id))
    return sorted(found)[:limit]
