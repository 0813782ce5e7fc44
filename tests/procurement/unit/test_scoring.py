"""Scores by hand and by law: price points, deductions, low prices, ties, eliminations."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contracts.procurement_tenders import BoughtObject
from common.contracts.vocabulary import PurchaseMethod
from common.rules import packaged_rules
from procurement.domain import scoring
from procurement.domain.scoring import Offer, Weighing
from procurement.domain.terms import Terms, frozen, of_kept

HELD = packaged_rules("procurement").at(date(2026, 3, 2), "310101002")
TERMS = frozen(PurchaseMethod.OPEN_TENDER, BoughtObject.SERVICE, HELD)
FRAMEWORK = frozen(PurchaseMethod.FRAMEWORK, BoughtObject.SERVICE, HELD)
ONE, TWO, THREE = (UUID(int=n) for n in (1, 2, 3))
prices = st.integers(1, 10**9)


def offer(bid: UUID, price: int, *, small: bool = False, share: str = "0") -> Offer:
    return Offer(bid, bid, price, small, Decimal(share))


def weighing(weight: str, method: PurchaseMethod = PurchaseMethod.OPEN_TENDER) -> Weighing:
    return Weighing(method, Decimal(weight), Decimal("0.1"), Decimal("0.04"), b"seed")


@pytest.mark.parametrize(
    ("small", "share", "wanted"),
    [(True, "0", 90_000), (False, "0.3", 96_000), (False, "0.29", 100_000), (True, "1", 90_000)],
)
def test_the_deduction_is_for_small_firms_and_for_shares_of_three_tenths(
    small: bool, share: str, wanted: int
) -> None:
    made = offer(ONE, 100_000, small=small, share=share)

    assert scoring.evaluated_price(made, Decimal("0.1"), Decimal("0.04")) == wanted


@given(st.lists(prices, min_size=1, max_size=6), st.sampled_from(["0.1", "0.2", "0.3", "1"]))
def test_the_lowest_has_all_price_points_and_nobody_has_more(paid: list[int], weight: str) -> None:
    points = [scoring.price_points(min(paid), price, Decimal(weight)) for price in paid]

    assert max(points) == Decimal(weight) * 100
    assert all(0 <= each <= Decimal(weight) * 100 for each in points)
    assert sorted(points, reverse=True) == [
        scoring.price_points(min(paid), price, Decimal(weight)) for price in sorted(paid)
    ]


@given(st.lists(prices, min_size=2, max_size=6, unique=True))
def test_the_cheapest_of_equal_quality_wins(paid: list[int]) -> None:
    offers = [offer(UUID(int=n), price) for n, price in enumerate(paid, start=1)]
    quality = {each.bid_id: Decimal(60) for each in offers}

    best = scoring.ranked(weighing("0.2"), offers, quality)[0]

    assert best.offer.price_fen == min(paid)


def test_equal_points_go_to_the_lower_price_and_the_report_says_so() -> None:
    """40.00 + 20.00 for 100; 50.00 + 10.00 for 200: both have 60."""
    offers = [offer(ONE, 200), offer(TWO, 100)]
    ranked = scoring.ranked(weighing("0.2"), offers, {ONE: Decimal(50), TWO: Decimal(40)})

    assert [(each.offer.bid_id, each.tie) for each in ranked] == [(TWO, "price"), (ONE, "price")]


def test_what_is_equal_in_everything_goes_by_lot_and_the_same_seed_draws_the_same() -> None:
    offers = [offer(ONE, 100), offer(TWO, 100), offer(THREE, 90)]
    by_price = weighing("0", PurchaseMethod.NEGOTIATION)
    first = scoring.ranked(by_price, offers, {})
    again = scoring.ranked(by_price, offers[::-1], {})

    assert [each.offer for each in first] == [each.offer for each in again]
    assert [each.tie for each in first] == [None, "lot", "lot"]


@pytest.mark.parametrize(
    ("paid", "bound", "wanted"),
    [
        ([100, 100, 49], 100, {"2026-2.next"}),
        ([100, 100, 50], 100, set()),
        ([100, 100, 44], 100, {"2026-2.next", "2026-2.ceiling"}),
        ([400, 400, 150], 400, {"2026-2.mean", "2026-2.next", "2026-2.ceiling"}),
    ],
)
def test_a_price_strictly_below_the_shares_is_abnormally_low(
    paid: list[int], bound: int, wanted: set[str]
) -> None:
    """50 of 100 is not below half; 49 of 100 is below the next, not below half of the mean 83."""
    found = {rule.code for rule in scoring.low_rules(paid, 2, bound, TERMS)}

    assert found == wanted
    assert scoring.low_rules(paid, 0, bound, TERMS) == []


@pytest.mark.parametrize(
    ("count", "kept"), [(2, 1), (3, 2), (4, 3), (5, 4), (6, 4), (10, 8), (11, 8)]
)
def test_a_fifth_and_at_least_one_leave_a_closed_framework(count: int, kept: int) -> None:
    least = FRAMEWORK["elimination_least"]
    for is_goods, is_price_fixed in ((False, True), (False, False), (True, False)):
        share = scoring.elimination(FRAMEWORK, is_goods=is_goods, is_price_fixed=is_price_fixed)
        assert (share.code, scoring.shortlist(count, share, least)) == ("110.elimination", kept)


@pytest.mark.parametrize(("count", "kept"), [(2, 1), (3, 1), (4, 2), (5, 3), (10, 6), (11, 6)])
def test_two_fifths_leave_where_goods_are_chosen_by_quality(count: int, kept: int) -> None:
    share = scoring.elimination(FRAMEWORK, is_goods=True, is_price_fixed=True)
    found = scoring.shortlist(count, share, FRAMEWORK["elimination_least"])
    assert (share.code, found) == ("110.elimination_quality", kept)


def test_terms_come_back_from_the_purchase_as_they_were_frozen() -> None:
    kept: Terms = of_kept(TERMS.kept(), TERMS.day, TERMS.jurisdiction)

    assert dict(kept.rules) == dict(TERMS.rules)
    assert kept["price_weight"].admits(Decimal("0.1"))
    assert not kept["price_weight"].admits(Decimal("0.0999"))
