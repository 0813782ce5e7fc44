"""Who bought what from whom, and whose hands a purchase went through."""

from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, union
from sqlalchemy.ext.asyncio import AsyncSession

from procurement import tables

A, C, D, P = tables.Award, tables.Contract, tables.TenderDocument, tables.PanelDraw


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


async def hands(session: AsyncSession, tender: tables.Tender) -> frozenset[str]:
    """Who made a purchase, its documents, its panel, its awards and its contracts."""
    made = ((D, D.added_by), (P, P.drawn_by), (A, A.created_by), (C, C.created_by))
    names = union(*(select(name).where(of.tender_id == tender.id) for of, name in made))
    return frozenset({tender.created_by, *await session.scalars(names)})
