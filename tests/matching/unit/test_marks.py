"""Bits say what the rules say: pair by pair, for random people and offerings."""

from random import Random
from uuid import UUID

import pytest

from common.contracts.matching_queries import Fact
from common.contracts.registry.offerings import DisabilityRule, Hardship, PersonFacts, Residence
from common.contracts.registry.venues import Accessibility
from matching.domain.demand import Need
from matching.domain.eligibility import judge
from matching.domain.marks import TooManyTerms, lacking, marks
from matching.domain.supply import Offer, Terms
from matching.domain.walking import StraightLine

WALK = StraightLine(1.3, 4.5)
GROUPS = ("elderly", "living_alone", "disabled", "child")
AREAS = ("31", "310101", "310105", "310101002", "310105001")
BANDS = ((0, 2), (12, 17), (35, 59), (60, 69), (70, 79), (80, 150))
FEATURES = tuple(Accessibility)[:3]
PATHS = ("care/meal", "care/meal/delivery", "care/bath")


def some(random: Random, words: tuple[str, ...], most: int) -> tuple[str, ...]:
    return tuple(random.sample(words, random.randint(0, most)))


def offer(random: Random, number: int) -> Offer:
    low = random.choice([None, 60, 65, 80])
    return Offer(
        id=UUID(int=number),
        category_path=random.choice(PATHS),
        terms=Terms(
            age_min=low,
            age_max=random.choice([None, 90]) if low else random.choice([None, 17]),
            groups=some(random, (*GROUPS, "everyone"), 2),
            hardship=some(random, tuple(Hardship), 1),
            disability=random.choice([None, None, *DisabilityRule]),
            areas=some(random, AREAS, 2),
            residence=random.choice(list(Residence)),
            funding_area=random.choice([None, "310101", "310105"]),
        ),
        features=frozenset(some(random, FEATURES, 3)),
    )


def need(random: Random) -> Need:
    home = random.choice(("310101002001", "310101013001", "310105001001"))
    hardship = some(random, tuple(Hardship), 2)
    return Need(
        category=random.choice(("meal", "delivery", "bath", "care")),
        ages=random.choice([None, *BANDS]),
        person=PersonFacts(
            groups=random.choice([None, some(random, GROUPS, 3)]),
            hardship=random.choice([None, hardship]),
            disability_grade=random.choice([None, 1, 3]),
            registered_area=random.choice([None, "31", *AREAS[1:]]),
            living_area=home,
        ),
        unverified=frozenset(some(random, tuple(Fact), 2)),
        declared=frozenset(some(random, tuple(hardship), len(hardship))),
        features=frozenset(some(random, FEATURES, 2)),
    )


@pytest.mark.parametrize("seed", range(12))
def test_a_pair_is_admitted_exactly_when_no_rule_refuses_it(seed: int) -> None:
    random = Random(seed)
    offers = [offer(random, number) for number in range(14)]
    needs = [need(random) for _ in range(60)]
    has, sure, required, asks = marks(needs, offers)

    for i, person in enumerate(needs):
        for j, each in enumerate(offers):
            verdict = judge(person, each, WALK).eligible
            assert ((required[j] & ~has[i]) == 0) == (verdict is not False), (person, each)
            assert ((required[j] & ~sure[i]) == 0) == (verdict is True), (person, each)
            for bit, ask in enumerate(asks):
                if required[j] & ~sure[i] & (1 << bit):
                    told = {rule.rule: rule.met for rule in judge(person, each, WALK).rules}
                    assert told[lacking(person, ask)] is not True


def test_what_does_not_fit_into_a_column_is_refused_by_category() -> None:
    offers = [
        Offer(id=UUID(int=n), category_path="care/meal", terms=Terms(age_min=n)) for n in range(70)
    ]
    with pytest.raises(TooManyTerms, match="care"):
        marks([], offers)


def test_nobody_and_nothing_have_no_bits() -> None:
    has, sure, required, _ = marks([], [])

    assert (len(has), len(sure), len(required)) == (0, 0, 0)
