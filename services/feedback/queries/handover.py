"""Cases and ratings in the form of the hand-over, with the names that others published."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import mirrors
from common.contracts.feedback import Case, Rating
from common.contracts.feeds import Kind
from common.contracts.handover import Evaluation, Matter
from feedback.domain import handover as rules
from feedback.queries import cases, ratings


async def matters(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Matter]:
    """The matters of cases."""
    return await matters_of(session, await cases.states(session, ids))


async def matters_of(session: AsyncSession, found: Mapping[UUID, Case]) -> Mapping[UUID, Matter]:
    """Cases as matters: handled by the body in charge, else by the provider."""
    in_charge = {key: each.responsible_body_id or each.provider_id for key, each in found.items()}
    bodies = await _heads(session, Kind.ORGANISATION, in_charge.values())
    services = await _heads(session, Kind.OFFERING, [c.offering_id for c in found.values()])
    return {
        key: rules.matter(each, bodies.get(in_charge[key]), services.get(each.offering_id))
        for key, each in found.items()
    }


async def evaluations(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Evaluation]:
    """The evaluations of ratings."""
    return await evaluations_of(session, await ratings.states(session, ids))


async def evaluations_of(
    session: AsyncSession, found: Mapping[UUID, Rating]
) -> Mapping[UUID, Evaluation]:
    """Ratings as evaluations."""
    bodies = await _heads(session, Kind.ORGANISATION, [r.provider_id for r in found.values()])
    services = await _heads(session, Kind.OFFERING, [r.offering_id for r in found.values()])
    return {
        key: rules.evaluation(each, bodies.get(each.provider_id), services.get(each.offering_id))
        for key, each in found.items()
    }


async def _heads(
    session: AsyncSession, kind: Kind, ids: Iterable[UUID | None]
) -> Mapping[UUID | None, dict[str, Any]]:
    """Heads of other services' records; what is not named, or not there, has none."""
    found = await mirrors.heads(session, kind, {each for each in ids if each is not None})
    return dict[UUID | None, dict[str, Any]](found.items())
