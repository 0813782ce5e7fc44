"""Idle property: what lies within the caller's area, one by one and in totals."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.registry import idle_properties as contracts
from common.errors import NotFound, Text
from common.geo import System
from registry import tables
from registry.queries.finding import Key, chosen, in_order, ranked, under, within_reach
from registry.queries.venues import in_system

I, A, O = tables.IdleProperty, tables.Area, tables.Organisation
WHAT: Final = Text("存量房屋", "idle property")
_ELSEWHERE: Final = {"area_path", "owner_name"}
_SHOWN: Final = tuple(n for n in contracts.IdleProperty.model_fields if n not in _ELSEWHERE)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of idle property is asked for."""

    area: str | None = None
    status: contracts.PropertyStatus | None = None
    tenure: contracts.Tenure | None = None
    owner_id: UUID | None = None


def columns() -> Select[Any]:
    """Idle property as it is shown."""
    return (
        select(
            *(getattr(I, name) for name in _SHOWN),
            A.path_name.label("area_path"),
            func.coalesce(O.name, I.owner_name).label("owner_name"),
        )
        .join(A, A.id == I.area_id)
        .outerjoin(O, O.id == I.owner_id)
    )


def shown(row: Row[Any], system: System) -> contracts.IdleProperty:
    """A row as a property, its point in the system that was asked for."""
    return contracts.IdleProperty.model_validate(in_system(row._asdict(), system))


async def page(
    session: AsyncSession, actor: Actor, filters: Filters, *, after: Key | None, limit: int
) -> list[Row[Any]]:
    """A page of the caller's area, by area code and id."""
    wanted = select().select_from(I).where(_own(actor), *_wanted(filters))
    found = ranked(wanted, I.area_code, I.id, after=after, limit=limit)
    return list(await session.execute(in_order(columns(), found, I.id)))


async def totals(
    session: AsyncSession, actor: Actor, filters: Filters
) -> list[contracts.PropertyTotal]:
    """How many properties stand at each step, by tenure, with their floor area."""
    size = func.coalesce(func.sum(I.floor_area_m2), 0.0)
    statement = (
        select(I.status, I.tenure, func.count().label("properties"), size.label("floor_area_m2"))
        .where(_own(actor), *_wanted(filters))
        .group_by(I.status, I.tenure)
        .order_by(I.status, I.tenure)
    )
    return [contracts.PropertyTotal.model_validate(row) for row in await session.execute(statement)]


async def found(session: AsyncSession, actor: Actor, property_id: UUID) -> Row[Any]:
    """One property of the caller's area."""
    statement = columns().where(I.id == property_id, _own(actor))
    row: Row[Any] | None = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=property_id)
    return row


async def property_for_update(session: AsyncSession, property_id: UUID) -> tables.IdleProperty:
    """A property, locked until the transaction ends."""
    statement = select(I).where(I.id == property_id).with_for_update()
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=property_id)
    return row


async def area_of_venue(session: AsyncSession, venue_id: UUID) -> str:
    """Where a venue stands that is known to exist."""
    venue = tables.Venue
    found: str = (await session.scalars(select(venue.area_code).where(venue.id == venue_id))).one()
    return found


def _own(actor: Actor) -> ColumnElement[bool]:
    return or_(false(), *within_reach(actor, I.area_code))


def _wanted(filters: Filters) -> list[ColumnElement[bool]]:
    return chosen(
        (filters.area, partial(under, I.area_code)),
        (filters.status, I.status.__eq__),
        (filters.tenure, I.tenure.__eq__),
        (filters.owner_id, I.owner_id.__eq__),
    )
