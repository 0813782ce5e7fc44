"""Guards over values: each finds what it is for, names it, and stays silent otherwise."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.contracts.procurement_flags import Guard
from common.contracts.vocabulary import PurchaseMethod as M
from common.errors import Text
from common.rules import Confidence, Operator, Rule, RuleNotSet, Scalar
from procurement.domain.guards.chances import many_categories, short_periods
from procurement.domain.guards.competition import contests, often_disqualifying, often_losing
from procurement.domain.guards.conflicts import incubation
from procurement.domain.guards.fences import fences
from procurement.domain.guards.finding import Contest, Deal, Offer
from procurement.domain.guards.prices import hardware, price_outliers, unit_cost
from procurement.domain.guards.territory import concentration, splitting
from procurement.domain.relations import Bodies
from tests.procurement.organisations import CENTRE, STRANGER, STREET, SUPPLIER, bond

DEAL = Deal(
    id=UUID(int=1),
    tender_id=UUID(int=2),
    buyer_id=STREET,
    provider_id=SUPPLIER,
    area_code="310101002001",
    category="meal_service",
    method=M.CONSULTATION,
    value_fen=1_000_000,
    signed_on=date(2026, 3, 2),
    places=10,
    service_days=100,
)
A, B, D = (UUID(int=n) for n in (11, 12, 13))


def rule(
    value: Scalar | None, code: str = "guard.test", operator: Operator = Operator.AT_LEAST
) -> Rule:
    return Rule(
        code=code,
        parameter="test",
        object="test",
        operator=operator,
        value=value,
        document="测试",
        article="1",
        jurisdiction="31",
        valid_from=date(2026, 1, 1),
        confidence=Confidence.OWN_CHOICE,
        text=Text("", ""),
    )


def deal(number: int, **more: Any) -> Deal:
    return replace(DEAL, id=UUID(int=number), **more)


def contest(*offers: Offer, method: M = M.CONSULTATION, winner: UUID = A, **more: Any) -> Contest:
    parts = {"id": UUID(int=5), "buyer_id": STREET, "area_code": "310101002000", **more}
    return Contest(**parts, method=method, offers=offers, winners=frozenset({winner}))


def offer(bidder: UUID, price: int | None = 100, *, out: bool = False) -> Offer:
    return Offer(bidder, price, out)


def test_a_contract_with_whom_the_buyer_raised_names_the_tie():
    bonds = {SUPPLIER: [bond(CENTRE, to_on=date(2025, 6, 30))]}
    (found,) = incubation([DEAL], bonds, Bodies({CENTRE: STREET}), years=3)

    assert (found.guard, found.subject, found.rule) == (
        *(Guard.INCUBATION, str(DEAL.id)),
        "gpl.12.recusal_relation",
    )
    assert found.measured["ties"][0]["through"] == "incubator"
    assert "2025-06-30" in found.explanation.zh
    assert found.documents == (str(DEAL.id), str(CENTRE))
    assert incubation([DEAL], {SUPPLIER: [bond(STRANGER)]}, Bodies(), years=3) == []


def concentrated(deals: list[Deal]) -> list[Any]:
    return concentration(deals, share=rule(Decimal("0.5")), excess=rule(3), least=rule(3))


def street(number: int, provider: UUID, area: str, **more: Any) -> Deal:
    return deal(number, provider_id=provider, area_code=area, **more)


def test_a_street_that_buys_from_one_that_is_small_elsewhere_is_told_against_the_city():
    own = [street(n, A, "310101002000") for n in range(3)]
    city = [street(10 + n, UUID(int=100 + n), f"3101040{n % 10:02}000") for n in range(20)]
    shares = {"share": rule(1, "guard.concentration.share"), "excess": rule(3), "least": rule(3)}
    (found,) = concentration([*own, *city], **shares)

    assert (found.subject, found.period, found.provider_id) == ("310101002000", "2026", A)
    assert found.measured["share"] == 1
    assert found.measured["share_in_city"] == pytest.approx(3 / 23, abs=1e-4)
    assert found.measured["hhi"] == 1
    assert len(found.documents) == 3


def test_who_is_large_everywhere_and_who_buys_little_is_no_finding():
    everywhere = [street(n, A, f"3101010{n % 5:02}000") for n in range(20)]
    few = [street(n, A, "310101002000") for n in range(2)]
    others = [street(50 + n, UUID(int=90 + n), "310104003000") for n in range(9)]

    assert concentrated(everywhere) == []
    assert concentrated([*few, *others]) == []


def test_purchases_of_one_year_that_pass_the_threshold_together_are_told():
    parts = [deal(n, value_fen=600_000) for n in range(2)]
    (found,) = splitting(parts, threshold=rule(1_000_000, "sh.open_tender"))

    assert found.measured["total_fen"] == 1_200_000
    assert (found.period, found.rule) == ("2026/meal_service", "gpl.28.splitting")


@pytest.mark.parametrize(
    "other",
    [
        {"method": M.OPEN_TENDER},
        {"category": "child_care"},
        {"signed_on": date(2025, 12, 31)},
        {"value_fen": 399_999},
        {"buyer_id": STRANGER},
        {"value_fen": 1_000_000},  # itself at the threshold: another matter
    ],
)
def test_what_is_open_or_elsewhere_or_under_the_threshold_is_no_splitting(other):
    parts = [deal(1, value_fen=600_000), deal(2, **{"value_fen": 600_000, **other})]

    assert splitting(parts, threshold=rule(1_000_000, "sh.open_tender")) == []


def test_splitting_waits_for_a_threshold_that_somebody_has_set():
    with pytest.raises(RuleNotSet):
        splitting([DEAL], threshold=rule(None, "sh.open_tender"))


@pytest.mark.parametrize(
    ("told", "guard"),
    [
        (contest(offer(A)), Guard.SINGLE_BID),
        (contest(offer(A, 90), offer(B, 100), offer(D, 100)), Guard.IDENTICAL_PRICES),
        (
            contest(offer(A, 90), offer(B, out=True), offer(D, 80, out=True)),
            Guard.WINNER_ALONE_LEFT,
        ),
        (
            contest(offer(A, 90), offer(B, 95), offer(D, 80, out=True), method=M.INQUIRY),
            Guard.LOWEST_DISQUALIFIED,
        ),
    ],
)
def test_each_look_at_a_purchase_finds_what_it_is_for(told, guard):
    (found,) = contests([told])

    assert (found.guard, found.rule, found.subject) == (guard, "guard.cardinal", str(told.id))
    assert found.documents[0] == str(told.id)


@pytest.mark.parametrize(
    "told",
    [
        contest(offer(A, 90), offer(B, 95), offer(D, 100)),
        contest(offer(A), method=M.SINGLE_SOURCE),
        contest(offer(A), method=M.FRAMEWORK),
        contest(),
        contest(offer(A, 90), offer(B, 95), offer(D, 80, out=True)),  # quality counts too
        contest(offer(A, 90), offer(A, 90), offer(B, 95)),
    ],
)
def test_ordinary_purchases_are_not_told(told):
    assert contests([told]) == []


def test_a_buyer_that_disqualifies_far_more_than_its_peers_is_told():
    ordinary = [
        contest(*(offer(UUID(int=b), 100 + b, out=b < n % 3) for b in range(10)), buyer_id=each)
        for n, each in enumerate(UUID(int=n) for n in range(10))
    ]
    harsh = contest(offer(A, 90), *(offer(UUID(int=n), out=True) for n in range(4)))
    (found,) = often_disqualifying([*ordinary, harsh])

    assert (found.buyer_id, found.measured["share"]) == (STREET, 0.8)
    assert often_disqualifying([harsh]) == []  # nobody to compare with


def test_who_bids_often_and_never_wins_is_told():
    usual = [
        contest(offer(UUID(int=n), 90), offer(UUID(int=n + 1), 95), winner=UUID(int=n))
        for n in range(20, 40)
    ]
    told = [
        contest(offer(UUID(int=n), 90), offer(B, 99), winner=UUID(int=n)) for n in range(20, 30)
    ]
    found = often_losing([*usual, *usual, *told])

    assert [each.provider_id for each in found] == [B]
    assert found[0].measured["wins"] == 0


def least_days(method: M) -> Rule:
    return rule(10 if method is M.CONSULTATION else 15, f"guard.{method}")


def test_few_days_to_offer_are_told_by_the_rule_of_the_method():
    told = [contest(days=9), contest(days=14, method=M.OPEN_TENDER)]
    found = short_periods(told, least_days)

    assert [(each.guard, each.rule) for each in found] == [
        (Guard.SHORT_PERIOD, "guard.consultation"),
        (Guard.SHORT_PERIOD, "guard.open_tender"),
    ]
    assert [each.measured["days"] for each in found] == [9, 14]
    quiet = [contest(days=10), contest(days=None), contest(days=1, method=M.SINGLE_SOURCE)]
    assert short_periods(quiet, least_days) == []


def test_who_wins_in_far_more_categories_than_its_peers_is_told():
    peers = [contest(winner=UUID(int=n), category="meal") for n in range(20, 30) for _ in range(3)]
    broad = [contest(winner=B, category=each) for each in ("meal", "repair", "culture")]
    (found,) = many_categories([*peers, *broad], peers_from=rule(3), breadth=rule(3))

    assert (found.guard, found.provider_id) == (Guard.MANY_CATEGORIES, B)
    assert found.measured["categories"] == ["culture", "meal", "repair"]
    assert many_categories(peers, peers_from=rule(3), breadth=rule(2)) == []
    few, often = rule(3), rule(4)
    assert many_categories([*peers, *broad], peers_from=often, breadth=few) == []
    assert many_categories([*peers, *broad], peers_from=few, breadth=often) == []


def test_a_unit_cost_far_from_its_peers_is_told_beside_their_median():
    peers = [deal(n, value_fen=1_000_000 + 10_000 * n) for n in range(1, 12)]
    dear = deal(99, value_fen=6_000_000)
    (found,) = price_outliers([*peers, dear], peers=rule(8, "guard.price_peers"))

    assert found.subject == str(dear.id)
    assert found.measured["unit"] == "place_day"
    assert found.measured["unit_cost_fen"] == 6_000
    assert found.measured["peers"] == 12
    assert found.rule == "guard.price_peers"


def test_without_peers_there_is_no_benchmark_and_without_amounts_no_cost():
    dear = deal(99, value_fen=9_000_000)

    assert price_outliers([DEAL, dear], peers=rule(8)) == []
    assert unit_cost(replace(DEAL, service_days=0)) is None
    assert unit_cost(replace(DEAL, places=None)) == ("day", 10_000)


def test_much_hardware_in_a_contract_for_services_is_told():
    words = rule("设备,装修", "guard.hardware.words", Operator.IN)
    heavy = deal(1, costs=(("社工工资", 600), ("活动室装修", 300), ("音响设备", 100)))
    light = deal(2, costs=(("社工工资", 900), ("音响设备", 100)))
    (found,) = hardware([heavy, light, DEAL], words=words, share=rule(Decimal("0.3")))

    assert (found.subject, found.measured["share"]) == (str(heavy.id), 0.4)
    assert "活动室装修" in found.explanation.zh


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_quartiles_are_those_of_cardinal(values):
    found = fences(values)
    wanted = np.quantile(values, [0.25, 0.5, 0.75], method="median_unbiased")

    assert [found.first, found.middle, found.third] == pytest.approx(wanted.tolist(), abs=1e-6)
