"""Delivery lists: drafts for the staff of the area, published ones for everybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    cast,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.permissions import Permission
from common.contracts.registry import delivery_lists as contracts
from common.errors import NotFound
from common.errors import Text as Words
from registry import tables
from registry.queries.finding import Key, chosen, either, in_order, ranked, under, within_reach
from registry.queries.offerings import PUBLISHED
from registry.queries.pledges import PUBLIC

L, A, O = tables.DeliveryList, tables.Area, tables.Organisation
OFFERING, PLEDGE, VENUE = tables.Offering, tables.Pledge, tables.Venue
WHAT: Final = Words("资源配送清单", "delivery list")
_OUT: Final[ColumnElement[bool]] = literal_column("delivery_list.status = 'published'")
_SHOWN: Final = tuple(n for n in contracts.DeliveryList.model_fields if n != "area_path")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the delivery lists are asked for; `on` is a day on which they hold."""

    area: str | None = None
    status: contracts.ListStatus | None = None
    on: date | None = None


def columns() -> Select[Any]:
    """Delivery lists as they are shown."""
    shown = (getattr(L, name) for name in _SHOWN)
    return select(*shown, A.path_name.label("area_path")).join(A, A.id == L.area_id)


def visible(actor: Actor) -> ColumnElement[bool]:
    """What is published, and all of the caller's own area."""
    if not actor.may(Permission.DELIVERY_LIST_WRITE):
        return _OUT
    return either([_OUT, *within_reach(actor, L.area_code)])


async def page(
    session: AsyncSession, actor: Actor, filters: Filters, *, after: Key | None, limit: int
) -> list[Row[Any]]:
    """A page of delivery lists, by area code and id."""
    conditions = chosen(
        (filters.area, partial(under, L.area_code)),
        (filters.status, L.status.__eq__),
        (filters.on, lambda day: (L.valid_from <= day) & (L.valid_to > day)),
    )
    wanted = select().select_from(L).where(visible(actor), *conditions)
    found = ranked(wanted, L.area_code, L.id, after=after, limit=limit)
    return list(await session.execute(in_order(columns(), found, L.id)))


async def found(session: AsyncSession, actor: Actor, list_id: UUID) -> Row[Any]:
    """One delivery list as a caller may see it."""
    statement = columns().where(L.id == list_id, visible(actor))
    row: Row[Any] | None = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=list_id)
    return row


async def list_for_update(session: AsyncSession, list_id: UUID) -> tables.DeliveryList:
    """A delivery list, locked until the transaction ends."""
    statement = select(L).where(L.id == list_id).with_for_update()
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=list_id)
    return row


async def named(
    session: AsyncSession, lines: Sequence[Mapping[str, Any]], *, on: date
) -> dict[str, tuple[str, str | None]]:
    """The resources of some lines that can be called on a day: name and provider by id as text."""
    ids = {UUID(str(line["resource_id"])) for line in lines if line["resource_id"] is not None}
    if not ids:
        return {}
    every = union_all(
        _offerings().where(OFFERING.id.in_(ids)),
        _pledges(on).where(PLEDGE.id.in_(ids)),
        _venues().where(VENUE.id.in_(ids)),
    )
    kinds = {str(line["resource_id"]): line["kind"] for line in lines}
    found = await session.execute(every)
    return {row.key: (row.name, row.provider) for row in found if kinds[row.key] == row.kind}


async def callable_in(session: AsyncSession, area: str, *, on: date, limit: int) -> list[Row[Any]]:
    """What can be called in an area and could stand on its list: kind, key, name and provider."""
    offerings = _offerings().where(under(OFFERING.area_code, area))
    offerings = offerings.order_by(OFFERING.area_code, OFFERING.id).limit(limit)
    pledges = _pledges(on).where(under(PLEDGE.area_code, area))
    pledges = pledges.order_by(PLEDGE.area_code, PLEDGE.id).limit(limit)
    return [*await session.execute(pledges), *await session.execute(offerings)][:limit]


def _resource(kind: str, key: Any, name: Any) -> Select[Any]:
    columns: tuple[Any, ...] = (
        literal(kind).label("kind"),
        cast(key, Text).label("key"),
        name.label("name"),
        O.name.label("provider"),
    )
    return select(*columns)


def _offerings() -> Select[Any]:
    found = _resource("offering", OFFERING.id, OFFERING.name).select_from(OFFERING)
    return found.join(O, O.id == OFFERING.provider_id).where(PUBLISHED)


def _pledges(on: date) -> Select[Any]:
    """What is pledged by a body that stands, as long as its days are not over."""
    found = _resource("pledge", PLEDGE.id, PLEDGE.title).select_from(PLEDGE)
    is_pledged = PLEDGE.status == literal_column("'pledged'")
    lasts = or_(PLEDGE.available_to.is_(None), PLEDGE.available_to >= on)
    stands = O.dissolved_on.is_(None)
    joined = found.join(O, O.id == PLEDGE.organisation_id)
    return joined.where(PUBLIC, is_pledged, lasts, stands)


def _venues() -> Select[Any]:
    found = _resource("venue", VENUE.id, VENUE.name).select_from(VENUE)
    stands = (VENUE.status != literal_column("'closed'")) & VENUE.merged_into_id.is_(None)
    return found.outerjoin(O, O.id == VENUE.operator_id).where(stands)


async def states(
    session: AsyncSession, ids: Sequence[UUID]
) -> Mapping[UUID, contracts.DeliveryList]:
    """The feed's states: what is published; a withdrawn list is gone."""
    rows = await session.execute(columns().where(L.id.in_(ids), _OUT))
    return {row.id: contracts.DeliveryList.model_validate(row) for row in rows}
