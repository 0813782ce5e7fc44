"""Programmes: what is public, what a line works on, and the feed's states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common import scope
from common.auth.actor import Actor
from common.contracts.registry import programmes as contracts
from common.errors import NotFound, Text
from registry import tables
from registry.queries.finding import Key, chosen, in_order, ranked, under

P, A = tables.Programme, tables.Area
WHAT: Final = Text("项目", "programme")
# A literal, so that a prepared statement can use the partial index.
PUBLIC: Final[ColumnElement[bool]] = literal_column("programme.status IN ('published', 'ended')")
_SHOWN: Final = tuple(n for n in contracts.Programme.model_fields if n != "area_path")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of programmes is asked for."""

    area: str | None = None
    line: str | None = None
    category: str | None = None
    status: contracts.ProgrammeStatus | None = None
    department_id: UUID | None = None


def columns() -> Select[Any]:
    """Programmes as they are shown."""
    return select(*(getattr(P, n) for n in _SHOWN), A.path_name.label("area_path")).join(
        A, A.id == P.area_id
    )


def seen(actor: Actor) -> ColumnElement[bool]:
    """What is published, and what the caller's line works on in the caller's area."""
    return or_(PUBLIC, scope.by_line(actor, P.area_code, P.line))


async def page(
    session: AsyncSession, actor: Actor, filters: Filters, *, after: Key | None, limit: int
) -> list[Row[Any]]:
    """A page of programmes, by area code and id."""
    wanted = select().select_from(P).where(seen(actor), *_wanted(filters))
    found = ranked(wanted, P.area_code, P.id, after=after, limit=limit)
    return list(await session.execute(in_order(columns(), found, P.id)))


def _wanted(filters: Filters) -> list[ColumnElement[bool]]:
    return chosen(
        (filters.area, partial(under, P.area_code)),
        (filters.line, P.line.__eq__),
        (filters.category, P.category.__eq__),
        (filters.status, P.status.__eq__),
        (filters.department_id, P.department_id.__eq__),
    )


async def found(session: AsyncSession, actor: Actor, programme_id: UUID) -> Row[Any]:
    """One programme among those that the caller may see."""
    statement = columns().where(P.id == programme_id, seen(actor))
    row: Row[Any] | None = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=programme_id)
    return row


async def programme_for_update(session: AsyncSession, programme_id: UUID) -> tables.Programme:
    """A programme, locked until the transaction ends."""
    statement = select(P).where(P.id == programme_id).with_for_update()
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=programme_id)
    return row


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, contracts.Programme]:
    """The feed's states: what is published or has ended."""
    rows = await session.execute(columns().where(P.id.in_(ids), PUBLIC))
    return {row.id: contracts.Programme.model_validate(row) for row in rows}
