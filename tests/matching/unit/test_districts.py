"""Money that stays in its district: one rule for referrals, runs and matches, whoever asks."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.codes import Division
from common.contracts.registry.offerings import PersonFacts
from common.rules.reading import packaged_rules
from matching.domain.demand import Need
from matching.domain.districts import Money
from matching.domain.eligibility import judge
from matching.domain.marks import marks
from matching.domain.supply import Offer, Terms
from matching.domain.walking import StraightLine
from matching.shelf.terms import NO, YES, TermsTable, judge_where

RULES = packaged_rules("matching").at(date(2026, 11, 29), "310101002001")
MONEY = Money.by_rules(RULES)
HOME, SAME, OTHER, CITY = "310101002001", "310101015000", "310104003000", "310000000000"
WALK = StraightLine(1.3, 4.5)
SOURCES = (
    *("government_purchase", "special_fund", "welfare_lottery", "donation", "user_fee"),
    *("venture_philanthropy", "micro_fund", "other", "a_fund_of_tomorrow", None),
)
FREE = {"welfare_lottery", "donation", "user_fee"}
HOMES = ("310101002001", "310101013003", "310104003001", "310115100200")
PLACES = (*HOMES, "310104000000", "310115100000", "310100000000", "310000000000")


@pytest.mark.parametrize(
    ("there", "funding", "wanted"),
    [
        (SAME, "government_purchase", False),
        (CITY, "government_purchase", False),
        (OTHER, "government_purchase", True),
        (OTHER, "venture_philanthropy", True),
        (OTHER, None, True),
        (OTHER, "long_term_care_insurance", False),
    ],
)
def test_another_district_serves_under_an_agreement_unless_the_money_is_free(
    there: str, funding: str | None, wanted: bool
) -> None:
    assert MONEY.needs_agreement(HOME, there, funding) is wanted


@given(
    source=st.sampled_from(SOURCES),
    home=st.sampled_from(HOMES),
    registered=st.sampled_from((None, *HOMES)),
    there=st.sampled_from(PLACES),
)
def test_what_a_referral_needs_an_agreement_for_neither_a_run_nor_a_match_gives(
    source: str | None, home: str, registered: str | None, there: str
) -> None:
    is_elsewhere = there[:6] != home[:6] and there[4:6] != "00"
    by_hand = is_elsewhere and source not in FREE
    district = MONEY.district(source, there)
    offer = Offer(id=UUID(int=1), category_path="meal", terms=Terms(funding_area=district))
    person = PersonFacts(registered_area=registered, living_area=Division.parse(home).short)
    need = Need(category="meal", person=person)
    bits = marks([need], [offer])
    table = TermsTable()
    _, number = table.numbers(offer.terms)
    indexed = judge_where(table.columns[1], table.person(need))[number]

    assert MONEY.needs_agreement(home, there, source) is by_hand
    assert judge(need, offer, WALK).eligible is not by_hand
    assert bool(bits.required[0] & ~bits.has[0]) is by_hand
    assert indexed == (NO if by_hand else YES)


def test_where_no_agreement_is_asked_for_no_money_stays() -> None:
    rules = [
        replace(each, value=False) if each.code == "cross_district.agreement" else each
        for each in RULES.table.rules
    ]
    free = Money.by_rules(type(RULES.table)(rules).at(date(2026, 11, 29), "310101002001"))

    assert not any(free.needs_agreement(HOME, OTHER, source) for source in SOURCES)


def test_a_fund_that_is_called_both_free_and_bound_stays() -> None:
    both = replace(MONEY, bound=frozenset({"donation"}))

    assert both.needs_agreement(HOME, OTHER, "donation")


def test_money_of_a_street_is_for_its_street_and_money_of_the_district_for_the_district() -> None:
    streets = replace(MONEY, digits=9)

    assert streets.district("special_fund", "310101002001") == "310101002"
    assert streets.district("special_fund", "310101000000") == "310101"
    assert streets.district("special_fund", "310100000000") is None
    assert streets.district("donation", "310101002001") is None
