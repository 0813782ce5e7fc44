"""Service items 事项: one, many, and their state for the feed."""

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
    SQLColumnExpression,
    and_,
    literal_column,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.permissions import Permission
from common.contracts.registry import service_items as contracts
from common.errors import NotFound, Text
from registry import tables
from registry.queries.finding import (
    Asked,
    Key,
    any_of,
    chosen,
    either,
    in_order,
    ranked,
    says,
    under,
    unindexed,
    within_reach,
)

S, A = tables.ServiceItem, tables.Area
WHAT: Final = Text("服务事项", "service item")
_PUBLISHED: Final[ColumnElement[str]] = literal_column("'published'")
_DRAFT: Final[ColumnElement[str]] = literal_column("'draft'")
# A draft that was dropped before anybody promised it stays the business of its office.
PUBLIC: Final = and_(S.status != _DRAFT, S.promised_at.is_not(None))
_SHOWN: Final = tuple(
    name for name in contracts.ServiceItem.model_fields if name not in {"area_path"}
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of service items is asked for; `categories` holds one and those under it."""

    words: Asked | None = None
    categories: Sequence[str] | None = None
    groups: Sequence[str] | None = None
    area: str | None = None
    code: str | None = None
    department_id: UUID | None = None
    status: contracts.ItemStatus | None = None
    on: date | None = None


def visible(actor: Actor) -> ColumnElement[bool]:
    """What is or was promised is public; everything else is shown to the staff of the area."""
    if not actor.may(Permission.SERVICE_ITEM_WRITE):
        return PUBLIC
    return either([PUBLIC, *within_reach(actor, S.area_code)])


def columns() -> Select[Any]:
    """Service items as they are shown."""
    shown = (getattr(S, name) for name in _SHOWN)
    return select(*shown, A.path_name.label("area_path")).join(A, A.id == S.area_id)


async def page(
    session: AsyncSession, actor: Actor, filters: Filters, *, after: Key | None, limit: int
) -> list[Row[Any]]:
    """A page of service items, by area code and id; without a status the published ones."""
    wanted = select().select_from(S).where(visible(actor), *_wanted(filters))
    rank: SQLColumnExpression[Any] = S.area_code
    if filters.words is not None:
        rank = unindexed(rank, text_like=True)
    found = ranked(wanted, rank, S.id, after=after, limit=limit)
    return list(await session.execute(in_order(columns(), found, S.id)))


def _wanted(filters: Filters) -> list[ColumnElement[bool]]:
    status = S.status == _PUBLISHED if filters.status is None else S.status == filters.status
    return [
        status,
        *chosen(
            (filters.code, S.code.__eq__),
            (filters.department_id, S.responsible_department_id.__eq__),
            (filters.words, partial(says, S.search)),
            (filters.categories, partial(any_of, S.category)),
            (filters.groups, S.target_groups.overlap),
            (filters.area, partial(under, S.area_code)),
            (filters.on, _in_force),
        ),
    ]


def _in_force(on: date) -> ColumnElement[bool]:
    return and_(S.valid_from <= on, or_(S.valid_to.is_(None), S.valid_to > on))


async def found(session: AsyncSession, actor: Actor, item_id: UUID) -> Row[Any]:
    """One service item as it is shown to a caller."""
    statement = columns().where(S.id == item_id, visible(actor))
    row: Row[Any] | None = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=item_id)
    return row


async def item_for_update(session: AsyncSession, item_id: UUID) -> tables.ServiceItem:
    """A service item, locked until the transaction ends."""
    statement = select(S).where(S.id == item_id).with_for_update()
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=item_id)
    return row


async def states(
    session: AsyncSession, ids: Sequence[UUID]
) -> Mapping[UUID, contracts.ServiceItem]:
    """The feed's states: what is or was promised; drafts are not there yet."""
    rows = await session.execute(columns().where(S.id.in_(ids), PUBLIC))
    return {row.id: contracts.ServiceItem.model_validate(row) for row in rows}


async def ids_by_code(session: AsyncSession, codes: Sequence[str]) -> dict[str, UUID]:
    """Service items by external code."""
    rows = await session.execute(select(S.code, S.id).where(S.code.in_(codes)))
    return {str(code): item_id for code, item_id in rows}
