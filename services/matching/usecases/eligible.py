"""Whether an offering takes this person: the rules of matching, asked again before a place is held.

The index only proposes. What is not known, or not verified, is left to the provider's answer; what
somebody looked at and found not to be so is not.
"""

from collections.abc import Collection, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final, Protocol

from common.codes import Division
from common.contracts.matching_needs import StandingKind, StandingStatus
from common.contracts.matching_queries import Fact
from common.contracts.registry.offerings import Eligibility, Hardship, PersonFacts
from common.contracts.registry.venues import Accessibility
from common.contracts.vocabulary import AgeBand, Channel
from common.errors import Conflict, FieldError, Text
from matching import tables
from matching.domain import demand, supply
from matching.domain.eligibility import Judged, judge, told
from matching.domain.standing import Held, status
from matching.domain.walking import StraightLine
from matching.queries.referring import Facts, Supply

_HARDSHIPS: Final = frozenset(word.value for word in Hardship)
_COUNTS: Final = frozenset(
    {StandingStatus.DECLARED, StandingStatus.VERIFIED, StandingStatus.EXPIRED}
)
_ON_SITE: Final = frozenset({Channel.ON_SITE})
_LEVEL: Final = StraightLine(detour=1.0, speed_kmh=4.5)  # no rule here asks for a walk


class NotEligible(Conflict):
    """The offering does not take this person; `errors` names each rule and what it asks."""

    slug = "not-eligible"
    title = Text("不符合准入条件", "Not eligible")
    detail = Text("该服务的准入条件不符，详见 errors。", "Rules of the offering are not met.")


def must_be_eligible(facts: Facts, *, today: date) -> None:
    """Raises `NotEligible` with the rules that are not met."""
    given = offered(facts.supply, facts.features, stands=facts.venue_stands)
    if refused := unmet(facts, given, today):
        raise NotEligible(errors=[_error(each) for each in refused])


def _error(judged: Judged) -> FieldError:
    zh, en = told(judged), told(judged, "en")
    return FieldError(f"/{judged.rule}", zh.given, Text(zh.message, en.message))


class Asking(Protocol):
    """A need, for whom it is as far as that is known, and what is claimed and verified."""

    @property
    def need(self) -> Any:
        """Its category and area."""
        ...

    @property
    def profile(self) -> Any:
        """Groups, age band, home and what it needs of a venue; None once it is erased."""
        ...

    @property
    def standing(self) -> Sequence[Held]:
        """Claims with their grades."""
        ...


def unmet(facts: Asking, given: supply.Offer, today: date) -> list[Judged]:
    """The rules of an offering that are not met."""
    verdict = judge(wanted(facts, today), given, _LEVEL)
    return [each for each in verdict.rules if each.met is False]


def wanted(facts: Asking, today: date) -> demand.Need:
    """A need as the rules of matching read it: no place, no time, no wish, only for whom."""
    worth = {held.claim.kind: status(held.claim, today) for held in facts.standing}
    counted = {kind for kind, stands in worth.items() if stands in _COUNTS}
    verified = {kind for kind, stands in worth.items() if stands is StandingStatus.VERIFIED}
    hardship = sorted(kind.value for kind in counted if kind.value in _HARDSHIPS)
    refused = {kind for kind, stands in worth.items() if stands is StandingStatus.REFUSED}
    grades = {held.claim.kind: held.grade for held in facts.standing if held.claim.kind in counted}
    grades |= dict.fromkeys(refused, 0)
    disabled = StandingKind.DISABILITY in counted
    profile = facts.profile
    person = PersonFacts(
        groups=profile.groups if profile else None,
        hardship=[Hardship(kind) for kind in hardship] or None,
        disability_grade=grades.get(StandingKind.DISABILITY),
        registered_area=profile.household_area if profile else None,
        living_area=Division.parse(facts.need.area_code).short,
    )
    is_open = disabled and StandingKind.DISABILITY not in verified
    band = AgeBand(profile.age_band) if profile and profile.age_band else None
    return demand.Need(
        category=facts.need.category,
        person=person,
        ages=demand.ages_of(None, band),
        unverified=frozenset({Fact.DISABILITY} if is_open else ()),
        refused=frozenset(_HARDSHIPS.intersection(refused)),
        features=frozenset(map(Accessibility, profile.accessibility or ()) if profile else ()),
        declared=frozenset(hardship) - verified,
    )


def offered(
    found: Supply | tables.Supply, features: Collection[str], *, stands: bool = True
) -> supply.Offer:
    """An offering as the rules of matching read it: its category, whom it takes, how it is reached.

    `features` are those of its venue, which nobody asks for of what comes to people; nor do they
    ask whether it `stands`.
    """
    return supply.Offer(
        id=found.offering_id,
        category_path=found.category_path or found.category,
        terms=_terms(found.eligibility or "{}"),
        channels=channels_of(found.channels),
        features=frozenset(map(Accessibility, features)),
        venue_stands=stands,
    )


def channels_of(told: Collection[str] | None) -> frozenset[Channel]:
    """How an offering reaches people; what the release before took over is on site."""
    return frozenset(map(Channel, told)) if told is not None else _ON_SITE


@lru_cache(maxsize=4096)
def _terms(eligibility: str) -> supply.Terms:
    return terms_of(Eligibility.model_validate_json(eligibility))


def terms_of(asked: Eligibility) -> supply.Terms:
    """Whom an offering takes."""
    return supply.Terms(
        age_min=asked.age_min,
        age_max=asked.age_max,
        groups=tuple(asked.groups_any),
        hardship=tuple(word.value for word in asked.hardship),
        disability=asked.disability,
        areas=tuple(asked.household_areas),
        residence=asked.residence,
    )
