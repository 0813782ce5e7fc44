"""How urgent a need is: public tier rules, each a row; no score, nothing hidden.

Pure. Rules with the parameter `tier_urgent` or `tier_priority` list words of a category, a group,
an age band or a standing. A standing that nobody has verified counts for the tier below.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from common.calendar import Calendar
from common.calendar.deadlines import Deadline
from common.clock import city_day
from common.contracts.vocabulary import UrgencyTier
from common.rules import Operator, Rule

ORDINARY_RULE: Final = "tier.order"
_TIERS: Final = {"tier_urgent": UrgencyTier.URGENT, "tier_priority": UrgencyTier.PRIORITY}


@dataclass(frozen=True, slots=True)
class NeedFacts:
    """What tier rules and entitlements look at. Kinds of standing are words."""

    category: str
    age_band: str | None = None
    groups: Collection[str] = ()
    verified: Collection[str] = ()
    declared: Collection[str] = ()


class Tier(NamedTuple):
    """The tier and the rule that set it."""

    urgency: UrgencyTier
    rule: str


def tier(facts: NeedFacts, rules: Iterable[Rule]) -> Tier:
    """The most urgent tier that some rule gives; of equal ones the rule named first by code."""
    given = sorted(_given(facts, rules))
    return given[0] if given else Tier(UrgencyTier.ORDINARY, ORDINARY_RULE)


def _given(facts: NeedFacts, rules: Iterable[Rule]) -> Iterator[Tier]:
    for rule in rules:
        top = _TIERS.get(rule.parameter)
        if top is None or rule.operator is not Operator.IN or rule.value is None:
            continue
        if _meets(rule, _words(facts, rule.object)):
            yield Tier(top, rule.code)
        elif rule.object == "standing" and _meets(rule, facts.declared):
            yield Tier(UrgencyTier(min(top + 1, UrgencyTier.ORDINARY)), rule.code)


def _words(facts: NeedFacts, object_: str) -> Collection[str]:
    return {
        "category": (facts.category,),
        "age_band": (facts.age_band,) if facts.age_band else (),
        "group": facts.groups,
        "standing": facts.verified,
    }.get(object_, ())


def _meets(rule: Rule, words: Collection[str]) -> bool:
    return any(rule.admits(word) for word in words)


def entitlement(facts: NeedFacts, rules: Iterable[Rule]) -> str | None:
    """The rule by which a verified standing entitles to this category 应保尽保; None when none.

    Such a rule has the parameter `entitled_categories` and the kind of standing as its object.
    """
    found = sorted(
        rule.code
        for rule in rules
        if rule.parameter == "entitled_categories"
        and rule.value is not None
        and rule.object in facts.verified
        and rule.admits(facts.category)
    )
    return found[0] if found else None


def line(category: str, rules: Iterable[Rule]) -> str:
    """The department line that answers for a category; the default line where no row names it."""
    default = "civil_affairs"
    for rule in sorted(rules, key=lambda rule: rule.code):
        if rule.parameter == "line_of_categories" and rule.admits(category):
            return rule.object
        if rule.parameter == "line_by_default":
            default = str(rule.known)
    return default


def duty_due(raised_at: datetime, days: int, calendar: Calendar) -> Deadline:
    """Until when a department is to fulfil what it owes since then."""
    return calendar.add_working_days(city_day(raised_at), days)
