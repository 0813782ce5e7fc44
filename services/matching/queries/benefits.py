"""Benefits: those of one person by keyed index, and those of an area and line."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.errors import NotFound, Text
from common.scope import by_line
from matching import tables
from matching.domain.benefits import Grant

B = tables.Benefit
WHAT: Final = Text("给付", "benefit")


async def of_person(session: AsyncSession, indexes: Sequence[bytes]) -> list[Grant]:
    """What a person has been granted, by whomever, and stands; under present and older keys."""
    stands = B.person.in_(indexes) & B.voided_at.is_(None)
    rows = await session.scalars(select(B).where(stands).order_by(B.from_on, B.id))
    return [
        Grant(row.id, row.kind, row.source, row.from_on, row.to_on, row.area_code, row.line)
        for row in rows
    ]


async def page(
    session: AsyncSession, actor: Actor, *, kind: str | None, after: UUID | None, limit: int
) -> Sequence[tables.Benefit]:
    """Benefits within the caller's area and line, oldest first."""
    statement = select(B).where(by_line(actor, B.area_code, B.line))
    if kind is not None:
        statement = statement.where(B.kind == kind)
    if after is not None:
        statement = statement.where(B.id > after)
    return (await session.scalars(statement.order_by(B.id).limit(limit + 1))).all()


async def found(
    session: AsyncSession, actor: Actor, benefit_id: UUID, *, lock: bool = False
) -> tables.Benefit:
    """One benefit of the caller's area and line; locked for a change."""
    statement = select(B).where(B.id == benefit_id, by_line(actor, B.area_code, B.line))
    row = await session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound(what=WHAT, key=benefit_id)
    return row
