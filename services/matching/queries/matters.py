"""Referrals as matters of the portal: the feed's states, with the names that others published."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import mirrors
from common.contracts.feeds import Kind
from common.contracts.handover import Matter
from common.contracts.matching import Referral
from matching.domain.matters import matter
from matching.queries import referrals


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Matter]:
    """The matters of referrals."""
    return await states_of(session, await referrals.states(session, ids))


async def states_of(session: AsyncSession, found: Mapping[UUID, Referral]) -> Mapping[UUID, Matter]:
    """Referrals as matters."""
    providers = {each.provider_id for each in found.values()}
    offerings = {each.offering_id for each in found.values()}
    bodies = await mirrors.heads(session, Kind.ORGANISATION, providers)
    services = await mirrors.heads(session, Kind.OFFERING, offerings)
    return {
        key: matter(each, bodies.get(each.provider_id), services.get(each.offering_id))
        for key, each in found.items()
    }
