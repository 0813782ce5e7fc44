"""The versions of a record, those that stand no more and the one that does, as one list."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    cast,
    func,
    literal_column,
    not_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.registry.history import HistoryKind
from common.errors import NotFound
from common.errors import Text as Words
from registry import tables
from registry.domain.history import Version
from registry.queries.programmes import PUBLIC
from registry.tables.history import NOT_KEPT

P: Final = tables.RecordVersion
TABLES: Final[Mapping[HistoryKind, type[tables.Record]]] = {
    HistoryKind.AREA: tables.Area,
    HistoryKind.ORGANISATION: tables.Organisation,
    HistoryKind.DICTIONARY_ENTRY: tables.DictionaryEntry,
    HistoryKind.VENUE: tables.Venue,
    HistoryKind.SERVICE_ITEM: tables.ServiceItem,
    HistoryKind.OFFERING: tables.Offering,
    HistoryKind.PLEDGE: tables.Pledge,
    HistoryKind.IDLE_PROPERTY: tables.IdleProperty,
    HistoryKind.DELIVERY_LIST: tables.DeliveryList,
    HistoryKind.PROGRAMME: tables.Programme,
    HistoryKind.FUND: tables.Fund,
    HistoryKind.BUNDLE: tables.Bundle,
    HistoryKind.CONCESSION: tables.Concession,
    HistoryKind.SPACE: tables.Space,
    HistoryKind.DUTY: tables.Duty,
}
# Records that lie where their venue lies.
_IN_VENUES: Final = frozenset({HistoryKind.SPACE, HistoryKind.DUTY})
WHAT: Final = Words("记录", "record")


async def area_of(session: AsyncSession, kind: HistoryKind, record_id: UUID) -> str | None:
    """The area a record lies in now; None for kinds that lie nowhere. Raises `NotFound`."""
    table: Any = TABLES[kind]
    if kind in _IN_VENUES:
        return await _area_of_venue(session, table, record_id)
    code = {HistoryKind.AREA: "short_code", HistoryKind.DICTIONARY_ENTRY: None}.get(
        kind, "area_code"
    )
    column = literal_column("NULL") if code is None else getattr(table, code)
    row = (await session.execute(select(table.id, column).where(table.id == record_id))).first()
    if row is None:
        raise NotFound(what=WHAT, key=record_id)
    found: str | None = row[1]
    return found


async def line_of(session: AsyncSession, kind: HistoryKind, record_id: UUID) -> str | None:
    """The line whose business alone a record still is; None where all of its area may know it."""
    if kind is not HistoryKind.PROGRAMME:
        return None
    programme = tables.Programme
    statement = select(programme.line).where(programme.id == record_id, not_(PUBLIC))
    line: str | None = await session.scalar(statement)
    return line


async def _area_of_venue(session: AsyncSession, table: Any, record_id: UUID) -> str:
    venue = tables.Venue
    statement = select(venue.area_code).join(table, table.venue_id == venue.id)
    found: str | None = await session.scalar(statement.where(table.id == record_id))
    if found is None:
        raise NotFound(what=WHAT, key=record_id)
    return found


async def versions(
    session: AsyncSession, kind: HistoryKind, record_id: UUID, *, below: int | None, limit: int
) -> list[Version]:
    """Versions of a record, the newest first; `below` is where a page before ended."""
    every = _every(kind, record_id)
    statement = select(every).order_by(every.c.version.desc()).limit(limit)
    if below is not None:
        statement = statement.where(every.c.version < below)
    return [Version(*row) for row in await session.execute(statement)]


async def version_before(
    session: AsyncSession, kind: HistoryKind, record_id: UUID, instant: datetime
) -> tuple[Version, bool] | None:
    """The version that stood just before an instant, and whether it still stands."""
    every = _every(kind, record_id)
    stood = select(every).where(every.c.at < instant).order_by(every.c.version.desc()).limit(1)
    row = (await session.execute(stood)).first()
    if row is None:
        return None
    newest = await session.scalar(select(func.max(every.c.version)))
    return Version(*row), row.version == newest


def labels(kind: HistoryKind) -> Mapping[str, str]:
    """What the columns of a kind mean."""
    columns = TABLES[kind].__table__.columns
    return {column.name: column.comment or column.name for column in columns}


def _every(kind: HistoryKind, record_id: UUID) -> Any:
    table: Any = TABLES[kind]
    past: Select[Any] = select(
        P.version, P.made_at.label("at"), P.made_by.label("by"), P.facts
    ).where(P.kind == kind.value, P.record_id == record_id)
    present = select(table.version, table.updated_at, table.updated_by, _facts(kind)).where(
        table.id == record_id
    )
    return past.union_all(present).subquery("every_version")


def _facts(kind: HistoryKind) -> ColumnElement[Any]:
    row = func.to_jsonb(literal_column(kind.value), type_=JSONB)
    return row.op("-", return_type=JSONB())(cast(list(NOT_KEPT), ARRAY(Text)))
