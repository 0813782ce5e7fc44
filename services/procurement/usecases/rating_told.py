"""What feedback's feeds say of providers: residents' ratings, and complaints that were upheld."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import mirrors
from common.contracts.feedback import Case, Rating
from common.contracts.feeds import Kind
from common.feed.client import Change
from procurement.domain.evidence import Told, of_case, of_rating
from procurement.queries import evidence as queries
from procurement.queries.parties import Parties, parties_of
from procurement.usecases import evidence

# What the release before does not tell yet: while both run, its pages are read as well.
_NEW_IN_RATINGS: Final = {"escalation_level": 0}
_NEW_IN_CASES: Final = {"contact_escalation_level": 0}


async def ratings(session: AsyncSession, changes: Sequence[Change], *, now: datetime) -> None:
    """Take ratings in as evidence; the buyer is that of the contract."""
    told = [{**_NEW_IN_RATINGS, **each.data} for each in changes if each.data is not None]
    found = [Rating.model_validate(each) for each in told]
    buyers = await parties_of(session, _named(found))
    said = [of_rating(each, _buyer(buyers, each.contract_id)) for each in found]
    await evidence.record(session, said, now=now)
    await _forget(session, "rating", changes, now=now)


async def cases(session: AsyncSession, changes: Sequence[Change], *, now: datetime) -> None:
    """Take upheld complaints in as evidence, in the category of the contract or the offering."""
    states = [{**_NEW_IN_CASES, **each.data} for each in changes if each.data is not None]
    found = [Case.model_validate(each) for each in states]
    parties = await parties_of(session, _named(found))
    without = [each for each in found if each.provider_id and each.contract_id not in parties]
    wanted = [each.offering_id for each in without if each.offering_id]
    offerings = await mirrors.many(session, Kind.OFFERING, wanted)
    said: list[Told] = []
    for each in found:
        category = _category(each, parties, offerings)
        told = of_case(each, category, _buyer(parties, each.contract_id)) if category else None
        if told is not None:
            said.append(told)
    await evidence.record(session, said, now=now)
    await _forget(session, "complaint", changes, now=now)


def _named(found: Sequence[Rating] | Sequence[Case]) -> list[UUID]:
    return [each.contract_id for each in found if each.contract_id is not None]


def _buyer(parties: Mapping[UUID, Parties], contract_id: UUID | None) -> UUID | None:
    found = parties.get(contract_id) if contract_id else None
    return found.buyer_id if found else None


def _category(
    case: Case, parties: Mapping[UUID, Parties], offerings: Mapping[UUID, Mapping[str, Any]]
) -> str | None:
    """The service category of a case: its own is the category of complaints, another word."""
    if case.provider_id is None:
        return None
    if case.contract_id is not None and case.contract_id in parties:
        return parties[case.contract_id].category
    offering = offerings.get(case.offering_id) if case.offering_id else None
    return None if offering is None else str(offering["category"])


async def _forget(
    session: AsyncSession, source: str, changes: Sequence[Change], *, now: datetime
) -> None:
    """What the feed no longer has takes back what it said."""
    gone = [each.id for each in changes if each.data is None]
    for said in await queries.sources(session, source, gone):
        await evidence.strike(session, said, now=now)
