"""Who may use an offering: each rule by name, what it asks and what the person has.

Pure. Areas are significant digits of division codes; an area lies within another when it begins
with it.
"""

from collections.abc import Collection, Iterator
from typing import Final

from common.contracts.registry.offerings import (
    DisabilityRule,
    Eligibility,
    EligibilityVerdict,
    PersonFacts,
    Residence,
    RuleVerdict,
)
from common.errors import FieldError, Text

SEVERE_GRADES: Final = frozenset({1, 2})  # 重度残疾: 一级、二级, 残疾人保障 usage throughout China

_NAMES: Final = {
    "age_min": Text("最低年龄", "lowest age"),
    "age_max": Text("最高年龄", "highest age"),
    "groups_any": Text("人群", "group"),
    "hardship": Text("困难认定", "hardship"),
    "disability": Text("残疾等级", "disability"),
    "household_areas": Text("户籍或居住地", "household area"),
}


def verdict(rules: Eligibility, person: PersonFacts, *, language: str = "zh") -> EligibilityVerdict:
    """Whether a person may use it: yes when all rules are met, no when one is not, else unknown.

    A rule that asks nothing is not listed. More facts never turn a no into a yes.
    """
    judged = list(_judged(rules, person, language))
    if any(rule.met is False for rule in judged):
        return EligibilityVerdict(eligible=False, rules=judged)
    unknown = any(rule.met is None for rule in judged)
    return EligibilityVerdict(eligible=None if unknown else True, rules=judged)


def faults(rules: Eligibility, pointer: str = "/eligibility") -> list[FieldError]:
    """What is wrong with the rules themselves."""
    low, high = rules.age_min, rules.age_max
    if low is not None and high is not None and low > high:
        message = Text("最高年龄不得小于最低年龄", "the highest age is below the lowest")
        return [FieldError(f"{pointer}/age_max", high, message)]
    return []


def _judged(rules: Eligibility, person: PersonFacts, language: str) -> Iterator[RuleVerdict]:
    def rule(name: str, met: bool | None, wanted: object, given: object) -> RuleVerdict:
        return RuleVerdict(
            rule=name,
            met=met,
            wanted=_told(wanted) or "",
            given=_told(given),
            message=_sentence(name, met, wanted, given).within(language),
        )

    age = person.age
    if rules.age_min is not None:
        yield rule("age_min", _known(age) and (age or 0) >= rules.age_min, rules.age_min, age)
    if rules.age_max is not None:
        yield rule("age_max", _known(age) and (age or 0) <= rules.age_max, rules.age_max, age)
    if rules.groups_any:
        met = _shares(rules.groups_any, person.groups)
        yield rule("groups_any", met, rules.groups_any, person.groups)
    if rules.hardship:
        yield rule(
            "hardship", _shares(rules.hardship, person.hardship), rules.hardship, person.hardship
        )
    if rules.disability is not None:
        grade = person.disability_grade
        yield rule("disability", _disabled(rules.disability, grade), rules.disability, grade)
    if rules.household_areas:
        places = _places(rules.residence, person)
        met = _lives(rules.household_areas, places)
        yield rule("household_areas", met, rules.household_areas, [p for p in places if p] or None)


def _known(fact: object) -> bool | None:
    return None if fact is None else True


def _shares(wanted: Collection[str], given: Collection[str] | None) -> bool | None:
    return None if given is None else not set(wanted).isdisjoint(given)


def _disabled(wanted: DisabilityRule, grade: int | None) -> bool | None:
    if grade is None:
        return None
    return grade in SEVERE_GRADES if wanted is DisabilityRule.SEVERE else grade > 0


def _places(residence: Residence, person: PersonFacts) -> list[str | None]:
    match residence:
        case Residence.REGISTERED:
            return [person.registered_area]
        case Residence.LIVING:
            return [person.living_area]
        case Residence.EITHER:
            return [person.registered_area, person.living_area]


def _lives(areas: Collection[str], places: Collection[str | None]) -> bool | None:
    """True when a place lies within an area; unknown when a place is not known finely enough."""
    verdicts = [_within(place, areas) for place in places]
    if any(verdicts):
        return True
    return None if None in verdicts else False


def _within(place: str | None, areas: Collection[str]) -> bool | None:
    if place is None:
        return None
    if any(place.startswith(area) for area in areas):
        return True
    return None if any(area.startswith(place) for area in areas) else False


def _told(value: object) -> str | None:
    if value is None:
        return None
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def _sentence(name: str, met: bool | None, wanted: object, given: object) -> Text:
    asked, has, said = _told(wanted), _told(given), _NAMES[name]
    match met:
        case True:
            return Text(f"{said.zh}符合：{has}。", f"The {said.en} fits: {has}.")
        case False:
            return Text(
                f"{said.zh}不符：要求 {asked}，实际 {has or '无'}。",
                f"The {said.en} does not fit: {asked} is asked, it is {has or 'none'}.",
            )
        case _:
            return Text(
                f"{said.zh}不明：要求 {asked}。", f"The {said.en} is unknown: {asked} is asked."
            )
