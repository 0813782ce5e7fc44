"""Scores: policy deduction, price points, quality points, abnormally low prices, ranking, ties.

Pure and exact: money in fen, points with two decimals, halves up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal, NamedTuple
from uuid import UUID

from common.contracts.vocabulary import PurchaseMethod
from common.crypto.digest import sm3
from common.rules import Rule
from procurement.domain.tenders import LOWEST_PRICE
from procurement.domain.terms import Terms

CENT: Final = Decimal("0.01")
HUNDRED: Final = Decimal(100)
NOTHING: Final = Decimal("0.00")
QUALITY_FIRST: Final = "elimination_quality_first"
CONSORTIUM_SHARE: Final = Decimal("0.3")  # 财库〔2020〕46号 9: small firms' share of 30 % or more


class Offer(NamedTuple):
    """A valid bid as scoring sees it."""

    bid_id: UUID
    bidder_id: UUID
    price_fen: int
    is_small_firm: bool
    small_firm_share: Decimal


@dataclass(frozen=True, slots=True)
class Ranked:
    """How a bid came out; rank 1 is the best."""

    offer: Offer
    evaluated_price_fen: int
    quality: Decimal
    price: Decimal
    total: Decimal
    rank: int
    tie: Literal["price", "lot"] | None


def evaluated_price(offer: Offer, small_firm: Decimal | None, consortium: Decimal | None) -> int:
    """The price after the deduction for small firms; the contract is at the price that was bid.

    Source: 财库〔2020〕46号 9; 财库〔2022〕19号. Halves of a fen go up.
    """
    rate = Decimal(0)
    if offer.is_small_firm and small_firm is not None:
        rate = small_firm
    elif offer.small_firm_share >= CONSORTIUM_SHARE and consortium is not None:
        rate = consortium
    return int((offer.price_fen * (1 - rate)).quantize(Decimal(1), ROUND_HALF_UP))


def price_points(lowest_fen: int, evaluated_fen: int, weight: Decimal) -> Decimal:
    """Benchmark by price, times weight, times 100; the lowest has them all.

    Source: 87号令 55 (低价优先法); 214号 24.
    """
    return (Decimal(lowest_fen) * weight * HUNDRED / Decimal(evaluated_fen)).quantize(
        CENT, ROUND_HALF_UP
    )


def mean(points: Sequence[Decimal]) -> Decimal:
    """The mean of the members' points; none is dropped. Source: 87号令 55."""
    return (sum(points, Decimal(0)) / len(points)).quantize(CENT, ROUND_HALF_UP)


def low_rules(prices: Sequence[int], index: int, bound_fen: int, terms: Terms) -> list[Rule]:
    """The rules by which a price is abnormally low: strictly below their shares.

    The bid's own price counts, not the one after deduction. Source: 财库〔2026〕2号.
    """
    price = prices[index]
    average = Decimal(sum(prices)) / len(prices)
    higher = [other for place, other in enumerate(prices) if place != index and other >= price]
    measures = [
        ("abnormally_low_to_mean", average),
        ("abnormally_low_to_ceiling", Decimal(bound_fen)),
    ]
    if higher:
        measures.append(("abnormally_low_to_next", Decimal(min(higher))))
    return [
        terms[parameter]
        for parameter, base in measures
        if terms[parameter].admits(Decimal(price) / base)
    ]


@dataclass(frozen=True, slots=True)
class Weighing:
    """What the documents say of price and policy, and the seed that decides by lot."""

    method: PurchaseMethod
    price_weight: Decimal
    small_firm: Decimal | None
    consortium: Decimal | None
    lot: bytes


def ranked(
    weighing: Weighing, offers: Sequence[Offer], quality: Mapping[UUID, Decimal]
) -> list[Ranked]:
    """The bids in order: by points, then the lower price; by price alone where the law says so.

    What is equal in both goes by lot, drawn from the panel's seed, so that anybody can draw it
    again. Source: 87号令 57 (points, price, lot); 政府采购法 38, 40 (lowest price).
    """
    by_price = weighing.method in LOWEST_PRICE
    prices = {
        each.bid_id: evaluated_price(each, weighing.small_firm, weighing.consortium)
        for each in offers
    }
    lowest = min(prices.values(), default=0)

    def points(offer: Offer) -> Decimal:
        if not weighing.price_weight:
            return NOTHING
        return price_points(lowest, prices[offer.bid_id], weighing.price_weight)

    def total(offer: Offer) -> Decimal:
        return quality.get(offer.bid_id, NOTHING) + points(offer)

    def key(offer: Offer) -> tuple[Decimal, int]:
        if by_price:
            return NOTHING, prices[offer.bid_id]
        return -total(offer), offer.price_fen

    keys = {each.bid_id: key(each) for each in offers}
    placed = sorted(
        offers, key=lambda each: (keys[each.bid_id], sm3(weighing.lot, each.bid_id.bytes))
    )
    return [
        Ranked(
            offer=each,
            evaluated_price_fen=prices[each.bid_id],
            quality=quality.get(each.bid_id, NOTHING),
            price=points(each),
            total=total(each),
            rank=rank,
            tie=_tie(each.bid_id, keys, by_price=by_price),
        )
        for rank, each in enumerate(placed, start=1)
    ]


def _tie(
    bid_id: UUID, keys: Mapping[UUID, tuple[Decimal, int]], *, by_price: bool
) -> Literal["price", "lot"] | None:
    """What parted a bid from its equals."""
    mine = keys[bid_id]
    others = [key for other, key in keys.items() if other != bid_id]
    if mine in others:
        return "lot"
    return "price" if not by_price and any(key[0] == mine[0] for key in others) else None


def elimination(terms: Terms, *, is_goods: bool, is_price_fixed: bool) -> Rule:
    """How many leave the first stage: more where goods are chosen by quality, not by price.

    Source: 110号令 (20 % as a rule; 40 % for instruments that are ranked by quality first).
    """
    by_quality = is_goods and is_price_fixed and QUALITY_FIRST in terms
    return terms[QUALITY_FIRST if by_quality else "elimination"]


def shortlist(count: int, share: Rule, least: Rule) -> int:
    """How many of the ranked enter a closed framework: so large a share, and so many, stay out.

    Source: 110号令 (elimination of 20 % or more, at least one).
    """
    for kept in range(count - least.number, 0, -1):
        if share.admits(Decimal(count - kept) / count):
            return kept
    return 0
