"""Referrals as matters of the portal: the feed's states, with the names that others published."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import mirrors
from common.contracts.feeds import Kind
from common.contracts.handover import Matter
from matching.domain.matters import matter
from matching.queries import referrals


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Matter]:
    """The matters of referrals."""
    found = await referrals.states(session, ids)
    providers = {each.provider_id for each in found.values()}
    offerings = {each.offering_id for each in found.values()}
    bodies = await mirrors.many(session, Kind.ORGANISATION, providers)
    services = await mirrors.many(session, Kind.OFFERING, offerings)
    return {
        key: matter(each, bodies.get(each.provider_id), services.get(each.offering_id))
        for key, each in found.items()
    }
