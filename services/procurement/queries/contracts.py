"""Contracts, what belongs to them, and their state for the feed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ARRAY, ColumnElement, Uuid, bindparam, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.roles import Role
from common.contracts import procurement as wire
from common.contracts import procurement_contracts as contracts
from common.errors import NotFound, Text
from common.scope import by_area, under
from procurement import tables
from procurement.queries.told import listed

C, F = tables.Contract, tables.ContractFunding
WHAT: Final = Text("合同", "contract")
TENDER: Final = Text("采购过程", "purchase")
AWARD: Final = Text("成交结果", "award")
_STATE: Final = tuple(set(wire.Contract.model_fields) - {"funding"})
_PARTS: Final = ("funding", "costs", "stations")
_CASE: Final = tuple(set(contracts.ContractCase.model_fields).difference(_PARTS))
_MONEY: Final = listed(F, wire.Funding, "contract_id = contract.id", "line_id")
_LINES: Final = text(
    f"SELECT CAST({listed(C, contracts.ContractLine, 'id = ANY(:ids)', 'id', funding=_MONEY)}"
    " AS text)"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
_MANY: Final = TypeAdapter(list[contracts.ContractLine])


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of contracts is asked for."""

    status: wire.ContractStatus | None = None
    provider_id: UUID | None = None
    buyer_id: UUID | None = None
    category: str | None = None
    area: str | None = None
    agenda_item_id: UUID | None = None


def visible(actor: Actor) -> ColumnElement[bool]:
    """What is published is everybody's; before that, of the two sides."""
    ways = [C.published_at.is_not(None), by_area(actor, C.area_code)]
    if Role.PROVIDER in actor.roles and actor.org is not None:
        ways.append(C.provider_id == actor.org)
    return or_(*ways)


async def page(
    session: AsyncSession, filters: Filters, *, after: UUID | None, limit: int
) -> Sequence[Any]:
    """Which states of published contracts are on a page, by id; one more than `limit`."""
    statement = select(C.id, C.version, C.updated_at).where(C.published_at.is_not(None))
    for column, value in (
        (C.status, filters.status),
        (C.provider_id, filters.provider_id),
        (C.buyer_id, filters.buyer_id),
        (C.category, filters.category),
        (C.agenda_item_id, filters.agenda_item_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if filters.area is not None:
        statement = statement.where(under(C.area_code, filters.area))
    if after is not None:
        statement = statement.where(C.id > after)
    return (await session.execute(statement.order_by(C.id).limit(limit + 1))).all()


async def lines(session: AsyncSession, ids: Sequence[UUID]) -> list[contracts.ContractLine]:
    """Contracts as lists show them."""
    return _MANY.validate_json(await session.scalar(_LINES, {"ids": ids}))


async def unfinished(
    session: AsyncSession, actor: Actor, *, after: UUID | None, limit: int
) -> Sequence[tables.Contract]:
    """Contracts of the caller that are not signed or not published yet, oldest first."""
    statement = select(C).where(
        visible(actor), C.published_at.is_(None), C.status != wire.ContractStatus.CANCELLED
    )
    if after is not None:
        statement = statement.where(C.id > after)
    return (await session.scalars(statement.order_by(C.id).limit(limit + 1))).all()


async def found(session: AsyncSession, actor: Actor, contract_id: UUID) -> tables.Contract:
    """One contract that the caller may see."""
    row = await session.scalar(select(C).where(C.id == contract_id, visible(actor)))
    if row is None:
        raise NotFound(what=WHAT, key=contract_id)
    return row


async def locked(session: AsyncSession, contract_id: UUID) -> tables.Contract:
    """A contract as it is now, locked until the transaction ends.

    Its key stays free: who writes a renewal twice is asked for what it goes on with.
    """
    statement = select(C).where(C.id == contract_id).with_for_update(key_share=True)
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=WHAT, key=contract_id)
    return row


async def award(session: AsyncSession, award_id: UUID) -> tables.Award:
    """The award that is to be contracted, locked until the transaction ends."""
    statement = select(tables.Award).where(tables.Award.id == award_id).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=AWARD, key=award_id)
    return row


async def tender_of_award(session: AsyncSession, award_id: UUID) -> UUID:
    """The purchase of an award: it is locked first."""
    found = await session.scalar(select(tables.Award.tender_id).where(tables.Award.id == award_id))
    if found is None:
        raise NotFound(what=AWARD, key=award_id)
    return found


async def of_tender(
    session: AsyncSession, tender_id: UUID, *, award_id: UUID | None = None
) -> Sequence[tables.Contract]:
    """The contracts of a locked purchase, or of one award of it, that nobody gave up, locked."""
    statement = select(C).where(C.tender_id == tender_id, C.status != wire.ContractStatus.CANCELLED)
    if award_id is not None:
        statement = statement.where(C.award_id == award_id)
    rows = await session.scalars(statement.order_by(C.id).with_for_update(key_share=True))
    return rows.all()


async def first_of(session: AsyncSession, row: tables.Contract) -> tables.Contract:
    """The contract that a chain of renewals began with; the contract itself if it renews none."""
    chain = select(C.id, C.renewal_of_id).where(C.id == row.id).cte("chain", recursive=True)
    before = select(C.id, C.renewal_of_id).join(chain, C.id == chain.c.renewal_of_id)
    chain = chain.union_all(before)
    first = select(chain.c.id).where(chain.c.renewal_of_id.is_(None)).scalar_subquery()
    return (await session.scalars(select(C).where(C.id == first))).one()


async def renewals(session: AsyncSession, contract_id: UUID) -> Sequence[tables.Contract]:
    """What was drawn up to go on with a contract, locked."""
    statement = select(C).where(C.renewal_of_id == contract_id).order_by(C.id)
    return (await session.scalars(statement.with_for_update(key_share=True))).all()


async def next_on(session: AsyncSession, contract_id: UUID) -> date | None:
    """The first day of the renewal that goes on with a contract; None without one."""
    live = (wire.ContractStatus.PENDING, wire.ContractStatus.ACTIVE)
    goes_on = (C.renewal_of_id == contract_id, C.status.in_(live))
    found: date | None = await session.scalar(select(func.min(C.period_start_on)).where(*goes_on))
    return found


async def tender(session: AsyncSession, tender_id: UUID) -> tables.Tender:
    """The purchase behind a contract, locked: it is not suspended or ended meanwhile."""
    statement = select(tables.Tender).where(tables.Tender.id == tender_id).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=TENDER, key=tender_id)
    return row


async def area_of_tender(session: AsyncSession, tender_id: UUID) -> str:
    """Where a purchase is made."""
    found = await session.scalar(
        select(tables.Tender.area_code).where(tables.Tender.id == tender_id)
    )
    if found is None:
        raise NotFound(what=TENDER, key=tender_id)
    return found


async def funding(session: AsyncSession, contract_id: UUID) -> Sequence[tables.ContractFunding]:
    """What a contract draws from which line, by line."""
    statement = select(F).where(F.contract_id == contract_id).order_by(F.line_id)
    return (await session.scalars(statement.execution_options(populate_existing=True))).all()


async def shown(session: AsyncSession, row: tables.Contract) -> contracts.ContractCase:
    """A contract with its money, costs and stations."""
    cost, station = tables.ContractCost, tables.ContractStation
    costs = await session.scalars(
        select(cost).where(cost.contract_id == row.id).order_by(cost.position)
    )
    stations = await session.scalars(
        select(station).where(station.contract_id == row.id).order_by(station.venue_id)
    )
    return contracts.ContractCase(
        **{name: getattr(row, name) for name in _CASE},
        funding=[
            contracts.FundingState.model_validate(each) for each in await funding(session, row.id)
        ],
        costs=[contracts.Cost.model_validate(each) for each in costs],
        stations=[contracts.StationState.model_validate(each) for each in stations],
    )


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, wire.Contract]:
    """The feed's states: of published contracts only."""
    columns: list[Any] = [getattr(C, name) for name in _STATE]
    statement = select(*columns).where(C.id.in_(ids), C.published_at.is_not(None))
    rows = (await session.execute(statement)).all()
    money = await _funding(session, [row.id for row in rows])
    return {row.id: wire.Contract(**row._asdict(), funding=money[row.id]) for row in rows}


async def _funding(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, list[wire.Funding]]:
    statement = select(F.contract_id, F.source, F.budget_line, F.value_fen)
    found: dict[UUID, list[wire.Funding]] = defaultdict(list)
    for row in await session.execute(
        statement.where(F.contract_id.in_(ids)).order_by(F.contract_id, F.line_id)
    ):
        found[row.contract_id].append(
            wire.Funding(source=row.source, budget_line=row.budget_line, value_fen=row.value_fen)
        )
    return found
