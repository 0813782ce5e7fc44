"""Who bought what from whom: the parties of contracts, for evidence and guards."""

from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from procurement import tables

C = tables.Contract


class Parties(NamedTuple):
    """The two sides of a contract and what it is about."""

    buyer_id: UUID
    provider_id: UUID
    category: str


async def parties_of(session: AsyncSession, ids: Collection[UUID]) -> Mapping[UUID, Parties]:
    """The parties of contracts."""
    if not ids:
        return {}
    statement = select(C.id, C.buyer_id, C.provider_id, C.category).where(C.id.in_(ids))
    return {row[0]: Parties(*row[1:]) for row in await session.execute(statement)}
