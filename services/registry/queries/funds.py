"""Funds with what they promised, their ledger line by line, and the feed's states."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, false, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.registry import funds as contracts
from common.errors import NotFound, Text
from registry import tables
from registry.queries.finding import Key, chosen, in_order, ranked, under, within_reach

F, G, N, A = tables.Fund, tables.FundGrant, tables.FundEntry, tables.Area
WHAT: Final = Text("资金", "fund")
GRANT: Final = Text("资助", "grant")
_SHOWN: Final = tuple(name for name in contracts.Fund.model_fields if name != "area_path")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of funds is asked for."""

    area: str | None = None
    source: str | None = None
    line: str | None = None
    status: contracts.FundStatus | None = None
    programme_id: UUID | None = None


def columns() -> Select[Any]:
    """Funds as lists show them."""
    return select(*(getattr(F, n) for n in _SHOWN), A.path_name.label("area_path")).join(
        A, A.id == F.area_id
    )


def own(actor: Actor) -> ColumnElement[bool]:
    """Funds of the caller's area."""
    return or_(false(), *within_reach(actor, F.area_code))


async def page(
    session: AsyncSession, actor: Actor, filters: Filters, *, after: Key | None, limit: int
) -> list[Row[Any]]:
    """A page of the caller's area, by area code and id."""
    wanted = select().select_from(F).where(own(actor), *_wanted(filters))
    found = ranked(wanted, F.area_code, F.id, after=after, limit=limit)
    return list(await session.execute(in_order(columns(), found, F.id)))


def _wanted(filters: Filters) -> list[ColumnElement[bool]]:
    return chosen(
        (filters.area, partial(under, F.area_code)),
        (filters.source, F.source.__eq__),
        (filters.line, F.line.__eq__),
        (filters.status, F.status.__eq__),
        (filters.programme_id, F.programme_id.__eq__),
    )


async def found(session: AsyncSession, actor: Actor, fund_id: UUID) -> contracts.FundState:
    """One fund of the caller's area, with its grants."""
    row = (await session.execute(columns().where(F.id == fund_id, own(actor)))).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=fund_id)
    grants = await _grants(session, [fund_id])
    return contracts.FundState.model_validate({**row._asdict(), "grants": grants[fund_id]})


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, contracts.FundState]:
    """The feed's states: every fund with its grants."""
    grants = await _grants(session, ids)
    rows = await session.execute(columns().where(F.id.in_(ids)))
    return {
        row.id: contracts.FundState.model_validate({**row._asdict(), "grants": grants[row.id]})
        for row in rows
    }


async def _grants(
    session: AsyncSession, fund_ids: Sequence[UUID]
) -> Mapping[UUID, list[contracts.Grant]]:
    statement = select(G).where(G.fund_id.in_(fund_ids)).order_by(G.fund_id, G.id)
    held: dict[UUID, list[contracts.Grant]] = defaultdict(list)
    for row in await session.scalars(statement):
        held[row.fund_id].append(contracts.Grant.model_validate(row))
    return held


async def entries(
    session: AsyncSession, fund_id: UUID, *, after: UUID | None, limit: int
) -> list[tables.FundEntry]:
    """A page of a fund's ledger, the oldest first."""
    statement = select(N).where(N.fund_id == fund_id).order_by(N.id).limit(limit + 1)
    if after is not None:
        statement = statement.where(N.id > after)
    return list(await session.scalars(statement))


async def fund_for_update(session: AsyncSession, fund_id: UUID) -> tables.Fund:
    """A fund, locked until the transaction ends: all that moves its money waits here."""
    statement = select(F).where(F.id == fund_id).with_for_update()
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=fund_id)
    return row


async def grant(session: AsyncSession, fund_id: UUID, grant_id: UUID) -> tables.FundGrant:
    """A grant of a fund; who changes it holds the fund."""
    statement = select(G).where(G.fund_id == fund_id, G.id == grant_id)
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(what=GRANT, key=grant_id)
    return row


async def post(session: AsyncSession, entries: Sequence[Mapping[str, Any]]) -> None:
    """Entries of a fund by one statement: only what stands after all of them is checked."""
    await session.execute(insert(N).values(list(entries)))


async def granted_days(session: AsyncSession, fund_id: UUID) -> tuple[date, date] | None:
    """From when to when the grants of a fund run; None without any."""
    statement = select(func.min(G.valid_from), func.max(G.valid_to)).where(G.fund_id == fund_id)
    first, last = (await session.execute(statement)).one()
    return None if first is None else (first, last)


async def standing_categories(session: AsyncSession, fund_id: UUID) -> Sequence[str]:
    """What the grants of a fund are for, those that run and those that were paid from."""
    stands = or_(G.status == contracts.GrantStatus.OPEN, G.spent_fen > 0)
    statement = select(G.category).where(G.fund_id == fund_id, stands).distinct()
    return list(await session.scalars(statement.order_by(G.category)))


async def reload(session: AsyncSession, *rows: Any) -> None:
    """Read again what the ledger's trigger has changed."""
    await session.flush()
    for row in rows:
        await session.refresh(row)
