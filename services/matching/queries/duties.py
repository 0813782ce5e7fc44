"""What departments owe: one duty a need, and the list of what is owed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, literal, literal_column, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.scope import by_line, own
from matching import tables

D, N = tables.Duty, tables.Need


async def duties(session: AsyncSession, need_ids: Sequence[UUID]) -> Mapping[UUID, tables.Duty]:
    """The duties of some needs, ended or not, by need."""
    rows = await session.scalars(select(D).where(D.need_id.in_(need_ids)))
    return {row.need_id: row for row in rows}


async def owed(session: AsyncSession, need_id: UUID) -> tables.Duty | None:
    """The duty of a need while it stands."""
    row = await session.get(D, need_id)
    return row if row is not None and row.met_at is None and row.lifted_at is None else None


async def met(session: AsyncSession, need_id: UUID, met_at: datetime) -> tables.Duty | None:
    """The duty of a need if it was met at an instant."""
    row = await session.get(D, need_id)
    return row if row is not None and row.met_at == met_at else None


async def left_open(
    session: AsyncSession, *, opened_before: datetime, limit: int
) -> Sequence[tables.Need]:
    """Needs of the entitled that are open since long and owed by nobody; locked, in no order."""
    stands = select(D.need_id).where(D.need_id == N.id, D.met_at.is_(None), D.lifted_at.is_(None))
    statement = (
        select(N)
        .where(N.status == literal_column("'open'"), N.is_statutory)
        .where(N.opened_at < opened_before, ~stands.exists())
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def page(
    session: AsyncSession,
    actor: Actor,
    *,
    ended: bool,
    after: tuple[date, UUID] | None,
    limit: int,
) -> list[Row[Any]]:
    """What is owed within the caller's area and line, or to the resident, by the day it is due."""
    standing = D.met_at.is_(None) & D.lifted_at.is_(None)
    mine = by_line(actor, N.area_code, N.line) | own(actor, N.resident)
    columns: list[Any] = [
        *(N.number, N.area_code, N.line, N.category, N.urgency),
        *(D.need_id, D.rule, D.reason, D.raised_at, D.due_on, D.is_provisional),
        *(D.met_at, D.lifted_at),
    ]
    statement = (
        select(*columns).join(N, N.id == D.need_id).where(mine, ~standing if ended else standing)
    )
    if after is not None:
        statement = statement.where(tuple_(D.due_on, D.need_id) > tuple_(*map(literal, after)))
    rows = await session.execute(statement.order_by(D.due_on, D.need_id).limit(limit + 1))
    return list(rows)
