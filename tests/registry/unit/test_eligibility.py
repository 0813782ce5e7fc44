"""Who may use an offering: every rule explained by name and value."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contracts.registry.offerings import (
    DisabilityRule,
    Eligibility,
    Hardship,
    PersonFacts,
    Residence,
)
from registry.domain import eligibility

AREAS = ["31", "310101", "310104", "310101002", "310101002001"]
GROUPS = ["elderly", "living_alone", "child"]

ages = st.integers(0, 150)
rules = st.builds(
    Eligibility,
    age_min=st.none() | ages,
    age_max=st.none() | ages,
    groups_any=st.lists(st.sampled_from(GROUPS), unique=True),
    hardship=st.lists(st.sampled_from(list(Hardship)), unique=True, max_size=2),
    disability=st.none() | st.sampled_from(list(DisabilityRule)),
    household_areas=st.lists(st.sampled_from(AREAS), unique=True, max_size=2),
    residence=st.sampled_from(list(Residence)),
)
people = st.builds(
    PersonFacts,
    age=st.none() | ages,
    groups=st.none() | st.lists(st.sampled_from(GROUPS), unique=True),
    hardship=st.none() | st.lists(st.sampled_from(list(Hardship)), unique=True, max_size=2),
    disability_grade=st.none() | st.integers(0, 4),
    registered_area=st.none() | st.sampled_from(AREAS),
    living_area=st.none() | st.sampled_from(AREAS),
)
KNOWN = PersonFacts(
    age=72,
    groups=["elderly"],
    hardship=[],
    disability_grade=3,
    registered_area="310104001001",
    living_area="310101002001",
)


def refused(rule: Eligibility, person: PersonFacts = KNOWN) -> list[tuple[str, str, str | None]]:
    told = eligibility.verdict(rule, person)
    return [(each.rule, each.wanted, each.given) for each in told.rules if each.met is False]


def test_an_offering_without_rules_is_for_everyone() -> None:
    assert eligibility.verdict(Eligibility(), PersonFacts()).eligible is True


def test_both_ends_of_the_age_are_included() -> None:
    assert refused(Eligibility(age_min=72, age_max=72)) == []
    assert refused(Eligibility(age_min=73)) == [("age_min", "73", "72")]
    assert refused(Eligibility(age_max=71)) == [("age_max", "71", "72")]


def test_one_common_group_is_enough_and_none_is_told() -> None:
    assert refused(Eligibility(groups_any=["child", "elderly"])) == []
    assert refused(Eligibility(groups_any=["child"])) == [("groups_any", "child", "elderly")]


def test_no_recognised_hardship_is_a_known_fact() -> None:
    rule = Eligibility(hardship=[Hardship.MINIMUM_LIVING])

    assert refused(rule) == [("hardship", "minimum_living", "")]
    assert eligibility.verdict(rule, PersonFacts()).eligible is None


@pytest.mark.parametrize(
    ("grade", "any_disability", "severe"),
    [(0, False, False), (1, True, True), (2, True, True), (3, True, False), (4, True, False)],
)
def test_grades_one_and_two_are_severe(grade: int, any_disability: bool, severe: bool) -> None:
    person = PersonFacts(disability_grade=grade)

    def eligible(rule: DisabilityRule) -> bool | None:
        return eligibility.verdict(Eligibility(disability=rule), person).eligible

    assert eligible(DisabilityRule.ANY) is any_disability
    assert eligible(DisabilityRule.SEVERE) is severe


@pytest.mark.parametrize(
    ("residence", "areas", "eligible"),
    [
        (Residence.REGISTERED, ["310101"], False),
        (Residence.LIVING, ["310101"], True),
        (Residence.EITHER, ["310101"], True),
        (Residence.LIVING, ["310104", "310101002"], True),
        (Residence.EITHER, ["310115"], False),
    ],
)
def test_the_tie_that_counts_decides(
    residence: Residence, areas: list[str], eligible: bool
) -> None:
    rule = Eligibility(household_areas=areas, residence=residence)

    assert eligibility.verdict(rule, KNOWN).eligible is eligible


def test_a_place_known_only_by_district_leaves_a_rule_by_street_open() -> None:
    rule = Eligibility(household_areas=["310101002"], residence=Residence.LIVING)

    assert eligibility.verdict(rule, PersonFacts(living_area="310101")).eligible is None
    assert eligibility.verdict(rule, PersonFacts(living_area="310104")).eligible is False


def test_the_explanation_names_rule_and_values_in_both_languages() -> None:
    rule = Eligibility(age_min=80)

    chinese = eligibility.verdict(rule, KNOWN).rules[0].message
    english = eligibility.verdict(rule, KNOWN, language="en").rules[0].message

    assert chinese == "最低年龄不符：要求 80，实际 72。"
    assert english == "The lowest age does not fit: 80 is asked, it is 72."


def test_ages_that_exclude_everybody_are_refused() -> None:
    (error,) = eligibility.faults(Eligibility(age_min=60, age_max=59))

    assert error.pointer == "/eligibility/age_max"


def by_hand(rule: Eligibility, person: PersonFacts) -> bool:
    """The rules for a person of whom everything is known."""
    places = {
        Residence.REGISTERED: [person.registered_area],
        Residence.LIVING: [person.living_area],
        Residence.EITHER: [person.registered_area, person.living_area],
    }[rule.residence]
    grade = person.disability_grade or 0
    asked = {None: True, "any": grade > 0, "severe": grade in {1, 2}}[rule.disability]
    return (
        (rule.age_min is None or (person.age or 0) >= rule.age_min)
        and (rule.age_max is None or (person.age or 0) <= rule.age_max)
        and (not rule.groups_any or bool(set(rule.groups_any) & set(person.groups or ())))
        and (not rule.hardship or bool(set(rule.hardship) & set(person.hardship or ())))
        and asked
        and (
            not rule.household_areas
            or any(str(p).startswith(a) for p in places for a in rule.household_areas)
        )
    )


@given(rule=rules, person=people)
def test_a_fully_known_person_gets_yes_or_no_as_by_hand(
    rule: Eligibility, person: PersonFacts
) -> None:
    blanks = {
        "age": 50,
        "groups": [],
        "hardship": [],
        "disability_grade": 0,
        "registered_area": "310115001001",
        "living_area": "310115001001",
    }
    given_facts = {k: v for k, v in person.model_dump().items() if v is not None}
    full = PersonFacts(**{**blanks, **given_facts})
    if {"31", "310101", "310101002"} & {full.registered_area, full.living_area}:
        full = full.model_copy(
            update={"registered_area": "310104001001", "living_area": "310101002001"}
        )

    told = eligibility.verdict(rule, full)

    assert told.eligible is by_hand(rule, full)
    assert all(each.met is not None for each in told.rules)


@given(rule=rules, person=people, facts=people)
def test_learning_a_missing_fact_never_turns_a_no_into_a_yes(
    rule: Eligibility, person: PersonFacts, facts: PersonFacts
) -> None:
    learnt: dict[str, Any] = {
        name: value if value is not None else getattr(facts, name)
        for name, value in person.model_dump().items()
    }

    before = eligibility.verdict(rule, person).eligible
    after = eligibility.verdict(rule, PersonFacts(**learnt)).eligible

    assert before is None or after is before
