"""Budget lines, what purchases hold on them, and their ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts import procurement_budgets as contracts
from common.errors import NotFound, Text
from common.scope import by_area, under
from procurement import tables

L, C, E = tables.BudgetLine, tables.BudgetClaim, tables.LedgerEntry
WHAT: Final = Text("预算科目", "budget line")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of budget lines is asked for."""

    year: int | None = None
    area: str | None = None
    buyer_id: UUID | None = None
    source: str | None = None


async def page(
    session: AsyncSession, actor: Actor, filters: Filters, *, after: UUID | None, limit: int
) -> Sequence[tables.BudgetLine]:
    """A page of lines by id; one more than `limit` tells of a next page."""
    statement = select(L).where(by_area(actor, L.area_code))
    for column, value in (
        (L.year, filters.year),
        (L.buyer_id, filters.buyer_id),
        (L.source, filters.source),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if filters.area is not None:
        statement = statement.where(under(L.area_code, filters.area))
    if after is not None:
        statement = statement.where(L.id > after)
    return (await session.scalars(statement.order_by(L.id).limit(limit + 1))).all()


async def found(session: AsyncSession, actor: Actor, line_id: UUID) -> tables.BudgetLine:
    """One line that the caller may see."""
    row = await session.scalar(select(L).where(L.id == line_id, by_area(actor, L.area_code)))
    if row is None:
        raise NotFound(what=WHAT, key=line_id)
    return row


async def locked(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, tables.BudgetLine]:
    """Lines as they are now, locked in the order of their ids until the transaction ends."""
    statement = select(L).where(L.id.in_(ids)).order_by(L.id).with_for_update()
    rows = await session.scalars(statement.execution_options(populate_existing=True))
    lines = {row.id: row for row in rows}
    if missing := set(ids) - lines.keys():
        raise NotFound(what=WHAT, key=min(missing))
    return lines


async def lines(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, tables.BudgetLine]:
    """Lines as they were last read, without a lock: only what never changes may be used."""
    found = {row.id: row for row in await session.scalars(select(L).where(L.id.in_(ids)))}
    if missing := set(ids) - found.keys():
        raise NotFound(what=WHAT, key=min(missing))
    return found


async def claim(
    session: AsyncSession, line_id: UUID, holder_id: UUID, kind: contracts.HolderKind
) -> tables.BudgetClaim:
    """What a holder has on a locked line; an empty claim is made where there is none."""
    values = {"line_id": line_id, "holder_id": holder_id, "holder_kind": kind}
    empty = {"reserved_fen": 0, "committed_fen": 0, "paid_fen": 0}
    await session.execute(insert(C).values(**values, **empty).on_conflict_do_nothing())
    statement = select(C).where(C.line_id == line_id, C.holder_id == holder_id)
    row = await session.scalar(statement.execution_options(populate_existing=True))
    assert row is not None  # noqa: S101 - the line is locked, nobody else takes it away
    return row


async def claims_of(session: AsyncSession, holder_id: UUID) -> Sequence[tables.BudgetClaim]:
    """What a holder has on all lines."""
    statement = select(C).where(C.holder_id == holder_id).order_by(C.line_id)
    return (await session.scalars(statement)).all()


async def next_number(session: AsyncSession, line_id: UUID) -> int:
    """The number of the next entry of a locked line."""
    last = await session.scalar(select(func.max(E.number)).where(E.line_id == line_id))
    return (last or 0) + 1


async def entries(
    session: AsyncSession, line_id: UUID, *, after: int, limit: int
) -> Sequence[tables.LedgerEntry]:
    """Entries of a line in order; one more than `limit` tells of a next page."""
    statement = select(E).where(E.line_id == line_id, E.number > after).order_by(E.number)
    return (await session.scalars(statement.limit(limit + 1))).all()


def shown(row: tables.BudgetLine) -> contracts.BudgetLine:
    """A line as it is answered."""
    bound = row.reserved_fen + row.committed_fen + row.paid_fen
    names = set(contracts.BudgetLine.model_fields) - {"free_fen"}
    values = {name: getattr(row, name) for name in names}
    return contracts.BudgetLine(**values, free_fen=row.planned_fen - bound)
