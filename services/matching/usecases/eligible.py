"""Whether an offering takes this person: the rules of matching, asked again before a place is held.

The index only proposes. What is not known, or not verified, is left to the provider's answer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day
from common.codes import Division
from common.contracts.feeds import Kind
from common.contracts.matching_needs import StandingKind, StandingStatus
from common.contracts.matching_queries import Fact
from common.contracts.registry.offerings import Eligibility, Hardship, PersonFacts
from common.contracts.vocabulary import AgeBand
from common.errors import Conflict, FieldError, NotFound, Text
from matching import tables
from matching.domain import demand, supply
from matching.domain.eligibility import judge, told
from matching.domain.standing import status
from matching.domain.walking import StraightLine
from matching.queries import mirrors
from matching.queries import needs as queries
from matching.queries.places import WHAT

_HARDSHIPS: Final = frozenset(word.value for word in Hardship)
_COUNTS: Final = frozenset(
    {StandingStatus.DECLARED, StandingStatus.VERIFIED, StandingStatus.EXPIRED}
)
_LEVEL: Final = StraightLine(detour=1.0, speed_kmh=4.5)  # no rule here asks for a walk


class NotEligible(Conflict):
    """The offering does not take this person; `errors` names each rule and what it asks."""

    slug = "not-eligible"
    title = Text("不符合准入条件", "Not eligible")
    detail = Text("该服务的准入条件不符，详见 errors。", "Rules of the offering are not met.")


async def must_be_eligible(
    session: AsyncSession, need: tables.Need, offering_id: UUID, *, now: datetime
) -> None:
    """Raises `NotEligible` with the rules that are not met."""
    state = await mirrors.one(session, Kind.OFFERING, offering_id)
    if state is None:
        raise NotFound(what=WHAT, key=offering_id)
    profile = await queries.profile(session, need.id)
    claims = await queries.standing(session, need.id)
    verdict = judge(wanted(need, profile, claims, now), offer(state), _LEVEL)
    unmet = [each for each in verdict.rules if each.met is False]
    if unmet:
        raise NotEligible(
            errors=[
                FieldError(
                    f"/{each.rule}",
                    told(each).given,
                    Text(told(each).message, told(each, "en").message),
                )
                for each in unmet
            ]
        )


def wanted(
    need: tables.Need,
    profile: tables.Profile | None,
    claims: Sequence[tables.Standing],
    now: datetime,
) -> demand.Need:
    """A need as the rules of matching read it: no place, no time, only for whom."""
    today = city_day(now)
    counted = {row.kind: row for row in claims if status(queries.claim(row), today) in _COUNTS}
    verified = {
        row.kind
        for row in counted.values()
        if status(queries.claim(row), today) is StandingStatus.VERIFIED
    }
    hardship = [Hardship(kind) for kind in counted if kind in _HARDSHIPS]
    disability = counted.get(StandingKind.DISABILITY)
    open_facts = set()
    if not verified.issuperset(hardship):
        open_facts.add(Fact.HARDSHIP)
    if disability is not None and StandingKind.DISABILITY not in verified:
        open_facts.add(Fact.DISABILITY)
    person = PersonFacts(
        groups=profile.groups if profile else None,
        hardship=hardship or None,
        disability_grade=disability.grade if disability else None,
        registered_area=profile.household_area if profile else None,
        living_area=Division.parse(need.area_code).short,
    )
    band = AgeBand(profile.age_band) if profile and profile.age_band else None
    return demand.Need(
        category=need.category,
        person=person,
        ages=demand.ages_of(None, band),
        unverified=frozenset(open_facts),
    )


def offer(state: Mapping[str, Any]) -> supply.Offer:
    """An offering as the rules of matching read it: its category and whom it takes."""
    asked = Eligibility.model_validate(state["eligibility"])
    terms = supply.Terms(
        age_min=asked.age_min,
        age_max=asked.age_max,
        groups=tuple(asked.groups_any),
        hardship=tuple(word.value for word in asked.hardship),
        disability=asked.disability,
        areas=tuple(asked.household_areas),
        residence=asked.residence,
    )
    return supply.Offer(id=UUID(state["id"]), category_path=state["category_path"], terms=terms)
