"""Concessions, the months of venues, and what was paid and used over a period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, case, false, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.permissions import Permission
from common.contracts.registry import concessions as contracts
from common.contracts.shapes import SMALLEST_FIGURE
from common.errors import NotFound, Text
from registry import tables
from registry.queries.finding import Key, chosen, in_order, ranked, under, within_reach
from registry.queries.turns import venue_around

C, M, G, E = tables.Concession, tables.VenueMonth, tables.FundGrant, tables.FundEntry
S = tables.Space
WHAT: Final = Text("经营授权", "concession")
_SHOWN: Final = tuple(contracts.Concession.model_fields)
_GRANTED: Final = C.granted_at.is_not(None)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of concessions is asked for."""

    area: str | None = None
    venue_id: UUID | None = None
    operator_id: UUID | None = None
    use: contracts.SpaceUse | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """What was done and paid in a period; whether some month of it had visits too few to tell."""

    visits: int
    is_small: bool
    services: int
    income_fen: int
    subsidy_fen: int


def _columns() -> Select[Any]:
    return select(*(getattr(C, name) for name in _SHOWN))


def seen(actor: Actor) -> ColumnElement[bool]:
    """What was granted is public; what was drafted or withdrawn, to who may work on it."""
    if not actor.may(Permission.CONCESSION_WRITE):
        return _GRANTED
    return or_(_GRANTED, *within_reach(actor, C.area_code))


async def page(
    session: AsyncSession, actor: Actor, filters: Filters, *, after: Key | None, limit: int
) -> list[Row[Any]]:
    """A page of concessions, by area code and id."""
    wanted = chosen(
        (filters.area, partial(under, C.area_code)),
        (filters.venue_id, C.venue_id.__eq__),
        (filters.operator_id, C.operator_id.__eq__),
        (filters.use, C.use.__eq__),
    )
    rows = select().select_from(C).where(seen(actor), *wanted)
    found = ranked(rows, C.area_code, C.id, after=after, limit=limit)
    return list(await session.execute(in_order(_columns(), found, C.id)))


async def found(session: AsyncSession, actor: Actor, concession_id: UUID) -> Row[Any]:
    """One concession among those that the caller may see."""
    statement = _columns().where(C.id == concession_id, seen(actor))
    row: Row[Any] | None = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=concession_id)
    return row


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, contracts.Concession]:
    """The feed's states: what is or was granted."""
    rows = await session.execute(_columns().where(C.id.in_(ids), _GRANTED))
    return {row.id: contracts.Concession.model_validate(row) for row in rows}


async def concession_for_update(
    session: AsyncSession, concession_id: UUID
) -> tuple[tables.Concession, tables.Venue]:
    """A concession and its venue, locked until the transaction ends.

    The venue is held: two grants neither share a room nor both fit under the cap of one.
    """
    venue = await venue_around(session, C, concession_id)
    if venue is None:
        raise NotFound(what=WHAT, key=concession_id)
    statement = select(C).where(C.id == concession_id).with_for_update()
    return (await session.scalars(statement)).one(), venue


async def market_areas(
    session: AsyncSession, venue_id: UUID, days: tuple[date, date]
) -> Sequence[float]:
    """Floor areas granted to the market in a venue on some of these days."""
    statement = select(C.floor_area_m2).where(
        C.venue_id == venue_id,
        C.use == contracts.SpaceUse.MARKET,
        C.status == contracts.ConcessionStatus.GRANTED,
        C.valid_from < days[1],
        C.valid_to > days[0],
    )
    return list(await session.scalars(statement))


async def is_granted(
    session: AsyncSession, venue_id: UUID, cells: Sequence[UUID], days: tuple[date, date]
) -> bool:
    """Whether some of these rooms are granted on some of these days, alone or within a hall."""
    statement = (
        select(C.id)
        .join(S, S.id == C.space_id)
        .where(
            C.venue_id == venue_id,
            C.status == contracts.ConcessionStatus.GRANTED,
            C.valid_from < days[1],
            C.valid_to > days[0],
            or_(S.id.in_(cells), S.parts.overlap(cells)),
        )
    )
    return await session.scalar(statement.limit(1)) is not None


async def floor_area(session: AsyncSession, cells: Sequence[UUID]) -> float:
    """What is known of the floor of some rooms, added up."""
    statement = select(func.coalesce(func.sum(S.floor_area_m2), 0.0)).where(S.id.in_(cells))
    return float(await session.scalar(statement) or 0.0)


async def put_month(session: AsyncSession, values: dict[str, Any]) -> tables.VenueMonth:
    """Write the figures of a month; what stood is replaced."""
    key = ("venue_id", "month", "concession_id")
    statement = insert(M).values(values)
    new = {name: statement.excluded[name] for name in values if name not in {*key, "id"}}
    row = await session.scalars(
        statement.on_conflict_do_update(index_elements=key, set_=new).returning(M),
        execution_options={"populate_existing": True},
    )
    return row.one()


async def used(session: AsyncSession, concession_id: UUID, first: date, last: date) -> Used:
    """What a concession did from a month to a month, and what subsidies it got."""
    done = (
        await session.execute(
            select(
                func.coalesce(func.sum(M.visits), 0),
                func.coalesce(func.sum(M.services), 0),
                func.coalesce(func.sum(M.income_fen), 0),
                func.coalesce(func.bool_or(M.visits.between(1, SMALLEST_FIGURE - 1)), false()),
            ).where(M.concession_id == concession_id, M.month.between(first, last))
        )
    ).one()
    subsidies = (
        select(func.coalesce(func.sum(paid()), 0))
        .select_from(E)
        .join(G, (G.fund_id == E.fund_id) & (G.id == E.grant_id))
    )
    statement = subsidies.where(
        G.concession_id == concession_id, E.booked_on >= first, E.booked_on < after(last)
    )
    subsidy_fen = int(await session.scalar(statement) or 0)
    return Used(int(done[0]), bool(done[3]), int(done[1]), int(done[2]), subsidy_fen)


def paid() -> ColumnElement[int]:
    """What an entry pays out: payments, less refunds."""
    return case((E.kind == "payment", E.amount_fen), (E.kind == "refund", -E.amount_fen), else_=0)


def after(month: date) -> date:
    """The first day after a month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
