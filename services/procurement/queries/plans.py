"""Plans with their years, and the items in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts import procurement_plans as contracts
from common.errors import NotFound, Text
from common.scope import by_area, under
from procurement import tables

P, Y, I = tables.Plan, tables.PlanYear, tables.PurchaseItem
PLAN: Final = Text("购买计划", "purchase plan")
ITEM: Final = Text("购买项目", "purchase item")
_PLAN_FIELDS: Final = tuple(set(contracts.Plan.model_fields) - {"years"})


@dataclass(frozen=True, slots=True)
class PlanFilters:
    """What a list of plans is asked for."""

    area: str | None = None
    field: contracts.PlanField | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class ItemFilters:
    """What a list of items is asked for."""

    plan_id: UUID | None = None
    area: str | None = None
    year: int | None = None
    origin: contracts.ItemOrigin | None = None
    status: contracts.ItemStatus | None = None


def visible(actor: Actor) -> ColumnElement[bool]:
    """What is published is everybody's; drafts are of the staff of their area."""
    return or_(P.status != contracts.PlanStatus.DRAFT, by_area(actor, P.area_code))


async def page(
    session: AsyncSession, actor: Actor, filters: PlanFilters, *, after: UUID | None, limit: int
) -> Sequence[tables.Plan]:
    """A page of plans by id; one more than `limit` tells of a next page."""
    statement = select(P).where(visible(actor))
    if filters.field is not None:
        statement = statement.where(P.field == filters.field)
    if filters.year is not None:
        statement = statement.where(P.first_year <= filters.year, P.last_year >= filters.year)
    if filters.area is not None:
        statement = statement.where(under(P.area_code, filters.area))
    if after is not None:
        statement = statement.where(P.id > after)
    return (await session.scalars(statement.order_by(P.id).limit(limit + 1))).all()


async def found(session: AsyncSession, actor: Actor, plan_id: UUID) -> tables.Plan:
    """One plan that the caller may see."""
    row = await session.scalar(select(P).where(P.id == plan_id, visible(actor)))
    if row is None:
        raise NotFound(what=PLAN, key=plan_id)
    return row


async def locked(session: AsyncSession, plan_id: UUID) -> tables.Plan:
    """A plan as it is now, locked until the transaction ends."""
    statement = select(P).where(P.id == plan_id).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=PLAN, key=plan_id)
    return row


async def year_locked(session: AsyncSession, plan_id: UUID, year: int) -> tables.PlanYear:
    """A year of a plan, locked until the transaction ends."""
    statement = select(Y).where(Y.plan_id == plan_id, Y.year == year).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=Text("计划年度", "year of the plan"), key=year)
    return row


async def shown(session: AsyncSession, rows: Sequence[tables.Plan]) -> Sequence[contracts.Plan]:
    """Plans as they are answered, their years read at once."""
    years: Mapping[UUID, list[contracts.PlanYearState]] = {row.id: [] for row in rows}
    statement = select(Y).where(Y.plan_id.in_(years)).order_by(Y.year)
    for year in await session.scalars(statement.execution_options(populate_existing=True)):
        years[year.plan_id].append(contracts.PlanYearState.model_validate(year))
    return [
        contracts.Plan(**{name: getattr(row, name) for name in _PLAN_FIELDS}, years=years[row.id])
        for row in rows
    ]


def _items(actor: Actor) -> ColumnElement[bool]:
    published = select(P.id).where(P.id == I.plan_id, P.status != contracts.PlanStatus.DRAFT)
    return or_(by_area(actor, I.area_code), published.exists())


async def items(
    session: AsyncSession, actor: Actor, filters: ItemFilters, *, after: UUID | None, limit: int
) -> Sequence[tables.PurchaseItem]:
    """A page of items by id; one more than `limit` tells of a next page."""
    statement = select(I).where(_items(actor))
    for column, value in (
        (I.plan_id, filters.plan_id),
        (I.year, filters.year),
        (I.origin, filters.origin),
        (I.status, filters.status),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if filters.area is not None:
        statement = statement.where(under(I.area_code, filters.area))
    if after is not None:
        statement = statement.where(I.id > after)
    return (await session.scalars(statement.order_by(I.id).limit(limit + 1))).all()


async def item(session: AsyncSession, actor: Actor, item_id: UUID) -> tables.PurchaseItem:
    """One item that the caller may see."""
    row = await session.scalar(select(I).where(I.id == item_id, _items(actor)))
    if row is None:
        raise NotFound(what=ITEM, key=item_id)
    return row


async def item_locked(session: AsyncSession, item_id: UUID) -> tables.PurchaseItem:
    """An item as it is now, locked until the transaction ends."""
    statement = select(I).where(I.id == item_id).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=ITEM, key=item_id)
    return row


async def item_of_tender(session: AsyncSession, tender_id: UUID) -> tables.PurchaseItem | None:
    """The item that a purchase is for, locked; None where it is for none."""
    statement = select(I).where(I.tender_id == tender_id, I.status != contracts.ItemStatus.DROPPED)
    row: tables.PurchaseItem | None = await session.scalar(statement.with_for_update())
    return row


async def item_of_residents(
    session: AsyncSession, agenda_item_id: UUID
) -> tables.PurchaseItem | None:
    """Where a residents' item stands in a plan, locked; None where it stands in none."""
    statement = select(I).where(
        I.agenda_item_id == agenda_item_id, I.status != contracts.ItemStatus.DROPPED
    )
    row: tables.PurchaseItem | None = await session.scalar(statement.with_for_update())
    return row
