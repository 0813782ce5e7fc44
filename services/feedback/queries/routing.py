"""Who answers for what: service items and organisations as the registry's feeds last told them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import mirrors
from common.contracts.feeds import Kind
from common.contracts.registry.organisations import OrganisationStatus


async def body(session: AsyncSession, body_id: UUID) -> Mapping[str, Any] | None:
    """An organisation that exists still."""
    found = await mirrors.one(session, Kind.ORGANISATION, body_id)
    is_there = found is not None and found["status"] == OrganisationStatus.ACTIVE
    return found if is_there else None


async def body_name(session: AsyncSession, body_id: UUID | None) -> str | None:
    """What a body is called; None when there is none, or its name is not known here."""
    if body_id is None:
        return None
    found = await mirrors.one(session, Kind.ORGANISATION, body_id)
    return found["name"] if found else None


async def offering(session: AsyncSession, offering_id: UUID) -> Mapping[str, Any] | None:
    """A published offering."""
    return await mirrors.one(session, Kind.OFFERING, offering_id)
