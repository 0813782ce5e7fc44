"""Tiers are public rules: what each gives, and what never changes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import city_day, utc_now
from common.contracts.matching_needs import StandingKind
from common.contracts.vocabulary import AgeBand, TargetGroup, UrgencyTier
from common.rules.reading import packaged_rules
from matching.domain.urgency import NeedFacts, entitlement, line, tier

RULES = list(packaged_rules("matching").at(city_day(utc_now()), "310101002001"))
KINDS = st.frozensets(st.sampled_from([kind.value for kind in StandingKind]))
FACTS = st.builds(
    NeedFacts,
    category=st.sampled_from(["meal", "emergency_call", "legal_advice", "home_care"]),
    age_band=st.none() | st.sampled_from([band.value for band in AgeBand]),
    groups=st.lists(st.sampled_from([group.value for group in TargetGroup]), unique=True),
    verified=KINDS,
    declared=KINDS,
)


@pytest.mark.parametrize(
    ("facts", "urgency", "rule"),
    [
        (NeedFacts("meal"), 3, "tier.order"),
        (NeedFacts("meal", age_band="80+"), 2, "tier.priority.age"),
        (NeedFacts("meal", groups=["living_alone"]), 2, "tier.priority.group"),
        (NeedFacts("emergency_call"), 1, "tier.urgent.category"),
        (NeedFacts("meal", verified=["care_grade"]), 1, "tier.urgent.standing"),
        (NeedFacts("meal", declared=["care_grade"]), 2, "tier.urgent.standing"),
        (NeedFacts("meal", declared=["minimum_living"]), 3, "tier.priority.standing"),
    ],
)
def test_the_most_urgent_rule_that_is_met_sets_the_tier(facts, urgency, rule):
    assert tier(facts, RULES) == (urgency, rule)


@given(facts=FACTS)
def test_the_order_of_rules_and_groups_changes_nothing(facts):
    turned = NeedFacts(
        facts.category, facts.age_band, list(reversed(facts.groups)), facts.verified, facts.declared
    )

    assert tier(facts, RULES) == tier(turned, reversed(RULES))


@given(facts=FACTS, kind=st.sampled_from([kind.value for kind in StandingKind]))
def test_a_verified_standing_never_makes_a_need_less_urgent(facts, kind):
    more = NeedFacts(
        facts.category, facts.age_band, facts.groups, {*facts.verified, kind}, facts.declared
    )

    assert tier(more, RULES).urgency <= tier(facts, RULES).urgency


@given(facts=FACTS)
def test_what_is_declared_ranks_below_what_is_verified(facts):
    declared = NeedFacts(facts.category, declared=facts.verified)
    verified = NeedFacts(facts.category, verified=facts.verified)

    low, high = tier(declared, RULES).urgency, tier(verified, RULES).urgency

    assert high < low or high == low == UrgencyTier.ORDINARY or facts.category == "emergency_call"


def test_only_a_verified_standing_entitles():
    assert entitlement(NeedFacts("home_care", verified=["care_grade"]), RULES) == (
        "entitlement.care_grade"
    )
    assert entitlement(NeedFacts("home_care", declared=["care_grade"]), RULES) is None
    assert entitlement(NeedFacts("repair", verified=["care_grade"]), RULES) is None


@pytest.mark.parametrize(
    ("category", "wanted"),
    [("legal_advice", "justice"), ("meal", "civil_affairs"), ("nursing", "health")],
)
def test_each_category_has_its_line(category, wanted):
    assert line(category, RULES) == wanted
