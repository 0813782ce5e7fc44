"""Panels: who is partial, how large, and a draw that nobody can steer and anybody can repeat."""

from collections import Counter
from datetime import date
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contracts.procurement_panels import RelationKind
from common.contracts.procurement_tenders import BoughtObject
from common.contracts.vocabulary import PurchaseMethod
from common.rules import packaged_rules
from procurement.domain import panels
from procurement.domain.panels import Tie
from procurement.domain.terms import frozen

HELD = packaged_rules("procurement").at(date(2026, 3, 2), "310101002")
TERMS = frozen(PurchaseMethod.OPEN_TENDER, BoughtObject.SERVICE, HELD)
CONSULTATION = frozen(PurchaseMethod.CONSULTATION, BoughtObject.SERVICE, HELD)
BIDDER, INCUBATOR, OTHER, TENDER = (UUID(int=n) for n in (1, 2, 3, 4))
TODAY = date(2026, 3, 23)
experts = st.sets(st.uuids(version=4), min_size=1, max_size=12)


def is_partial(tie: Tie) -> bool:
    found = panels.partial(
        [tie], [BIDDER], {BIDDER: [INCUBATOR]}, today=TODAY, rule=TERMS["recusal_relation"]
    )
    return found is not None


@pytest.mark.parametrize(
    ("kind", "to_on", "wanted"),
    [
        (RelationKind.LABOUR, None, True),
        (RelationKind.LABOUR, date(2023, 3, 23), True),
        (RelationKind.LABOUR, date(2023, 3, 22), False),
        (RelationKind.KINSHIP, date(2010, 1, 1), True),
    ],
)
def test_a_relation_counts_three_years_after_its_end_and_kinship_for_ever(
    kind: RelationKind, to_on: date | None, wanted: bool
) -> None:
    assert is_partial(Tie(BIDDER, kind, date(2005, 1, 1), to_on)) is wanted


def test_a_relation_with_who_nurtured_a_bidder_is_one_with_the_bidder() -> None:
    since = date(2020, 1, 1)

    assert is_partial(Tie(INCUBATOR, RelationKind.LABOUR, since, None))
    assert not is_partial(Tie(OTHER, RelationKind.LABOUR, since, None))
    assert not is_partial(Tie(BIDDER, RelationKind.LABOUR, date(2026, 4, 1), None))


@given(experts, st.binary(min_size=32, max_size=32), st.randoms())
def test_a_draw_depends_on_seed_and_pool_alone(pool: set[UUID], seed: bytes, dice) -> None:
    shuffled = list(pool)
    dice.shuffle(shuffled)

    assert panels.order(seed, shuffled) == panels.order(seed, pool)
    assert set(panels.order(seed, pool)) == pool


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=2, max_size=5, unique=True))
def test_every_partys_part_changes_the_seed_and_their_order_does_not(keys: list[bytes]) -> None:
    whole = panels.seed(TENDER, 1, b"s" * 32, keys)

    assert panels.seed(TENDER, 1, b"s" * 32, keys[::-1]) == whole
    others = {
        panels.seed(TENDER, 1, b"s" * 32, keys[1:]),
        panels.seed(TENDER, 1, b"t" * 32, keys),
        panels.seed(TENDER, 2, b"s" * 32, keys),
        panels.seed(BIDDER, 1, b"s" * 32, keys),
    }
    assert whole not in others
    assert len(others) == 4


def test_over_many_seeds_every_expert_comes_first_about_equally_often() -> None:
    pool = [uuid5(TENDER, str(n)) for n in range(5)]
    first = Counter(panels.order(n.to_bytes(32, "big"), pool)[0] for n in range(2_000))

    assert all(320 < count < 480 for count in first.values())


@pytest.mark.parametrize(
    ("size", "representatives", "fits"),
    [(5, 0, True), (5, 1, True), (5, 2, False), (6, 0, False), (3, 0, False), (7, 2, True)],
)
def test_a_tender_committee_is_five_or_more_odd_and_two_thirds_experts(
    size: int, representatives: int, fits: bool
) -> None:
    rule = panels.size_rule(50_000_000, TERMS, is_complex=False)
    if fits:
        panels.check_size(size, representatives, rule, TERMS["panel_experts"])
    else:
        with pytest.raises(panels.PanelWrongSize):
            panels.check_size(size, representatives, rule, TERMS["panel_experts"])


@pytest.mark.parametrize(
    ("value", "is_complex", "least"), [(10**9 - 1, False, 5), (10**9, False, 7), (1, True, 7)]
)
def test_ten_million_yuan_or_a_weighty_matter_needs_seven(
    value: int, is_complex: bool, least: int
) -> None:
    assert panels.size_rule(value, TERMS, is_complex=is_complex).value == least
    assert panels.size_rule(value, CONSULTATION, is_complex=is_complex).value == 3
