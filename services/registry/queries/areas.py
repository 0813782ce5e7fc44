"""Areas: one, many, as they stand or as they stood on a day. Everything here is public."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    SQLColumnExpression,
    Text,
    bindparam,
    cast,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession

from common import text
from common.contracts.registry.areas import AreaKind
from common.errors import NotFound
from common.errors import Text as Words
from registry import tables

A, P = tables.Area, tables.AreaPeriod
WHAT = Words("区划", "area")
_SHOWN = (
    "id",
    "code",
    "short_code",
    "kind",
    "level",
    "division_kind",
    "name",
    "path_name",
    "parent_id",
    "area_type",
    "lon",
    "lat",
    "coord_source",
    "valid_from",
    "valid_to",
    "source_edition",
    "version",
    "updated_at",
)
_HISTORICAL = (
    "code",
    "short_code",
    "division_kind",
    "name",
    "path_name",
    "parent_id",
    "source_edition",
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of areas is asked for."""

    on: date | None = None
    parent_id: UUID | None = None
    kind: AreaKind | None = None
    level: int | None = None
    area_type: str | None = None
    prefix: str | None = None
    words: str | None = None


def visible() -> ColumnElement[bool]:
    """Whose areas a reader may see: all of them, areas are public."""
    return true()


def matches(column: SQLColumnExpression[Any], words: str) -> ColumnElement[bool]:
    """Whether a search column has what somebody typed."""
    asked = bindparam(None, text.query(words), type_=Text)
    found: ColumnElement[bool] = column.op("@@")(cast(asked, TSQUERY))
    return found


def standing(on: date | None) -> tuple[Select[Any], Any]:
    """Areas as they stand now, or stood on a day; and the table with name, code and parent."""
    if on is None:
        return select(*(getattr(A, name) for name in _SHOWN)).where(A.valid_to.is_(None)), A
    columns = (getattr(P if name in _HISTORICAL else A, name) for name in _SHOWN)
    in_force = (P.valid_from <= on) & or_(P.valid_to.is_(None), P.valid_to > on)
    return select(*columns).join(P, P.area_id == A.id).where(in_force), P


async def page(
    session: AsyncSession, filters: Filters, *, after: tuple[str, UUID] | None, limit: int
) -> list[Row[Any]]:
    """A page of areas by short code and id: the tree in order."""
    statement, named = standing(filters.on)
    wanted = [visible()]
    if filters.parent_id is not None:
        wanted.append(named.parent_id == filters.parent_id)
    if filters.kind is not None:
        wanted.append(A.kind == filters.kind)
    if filters.level is not None:
        wanted.append(A.level == filters.level)
    if filters.area_type is not None:
        wanted.append(A.area_type == filters.area_type)
    if filters.prefix is not None:
        wanted.append(named.short_code.like(f"{filters.prefix}%"))
    if filters.words is not None:
        wanted.append(matches(A.search, filters.words))
    if after is not None:
        wanted.append(tuple_(named.short_code, A.id) > after)
    statement = statement.where(*wanted).order_by(named.short_code, A.id).limit(limit + 1)
    return list(await session.execute(statement))


async def area(session: AsyncSession, area_id: UUID, *, lock: bool = False) -> tables.Area:
    """One area, ended or not."""
    statement = select(A).where(A.id == area_id, visible())
    if lock:
        statement = statement.with_for_update(key_share=True)
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise NotFound(what=WHAT, key=area_id)
    return found


async def area_by_code(session: AsyncSession, code: str, *, on: date | None = None) -> Row[Any]:
    """The area that has a code now, or had it on a day.

    Two areas drawn by hand may have had a code on one day, told later: the one made last is meant.
    """
    statement, named = standing(on)
    newest = statement.where(named.code == code).order_by(A.id.desc()).limit(1)
    found: Row[Any] | None = (await session.execute(newest)).one_or_none()
    if found is None:
        raise NotFound(what=WHAT, key=code)
    return found


async def ancestors(session: AsyncSession, area_id: UUID, *, on: date | None) -> list[Row[Any]]:
    """The areas above an area, from the city down, as of a day."""
    start = await one_standing(session, area_id, on=on)
    above: list[Row[Any]] = []
    parent_id = start.parent_id
    while parent_id is not None:  # at most four steps
        parent = await one_standing(session, parent_id, on=on)
        above.append(parent)
        parent_id = parent.parent_id
    return above[::-1]


async def one_standing(session: AsyncSession, area_id: UUID, *, on: date | None) -> Row[Any]:
    """An area as of a day; without a day as it stands or last stood."""
    if on is None:
        statement = select(*(getattr(A, name) for name in _SHOWN))
    else:
        statement, _ = standing(on)
    found: Row[Any] | None = (await session.execute(statement.where(A.id == area_id))).one_or_none()
    if found is None:
        raise NotFound(what=WHAT, key=area_id)
    return found


async def home(session: AsyncSession, code: str) -> UUID | None:
    """The present division with a code, kept from ending or moving until the transaction ends."""
    statement = select(A.id).where(A.code == code, A.valid_to.is_(None), A.level.is_not(None))
    # The lock that a foreign key takes anyway, taken before the code is believed: an edition
    # that moves the division waits for us, or we for it.
    statement = statement.with_for_update(read=True, key_share=True)
    return (await session.scalars(statement)).one_or_none()


async def paths_of(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Path names of areas."""
    rows = await session.execute(select(A.id, A.path_name).where(A.id.in_(ids)))
    return {row.id: row.path_name for row in rows}
