"""Bulk writes: thousands of rows in one statement, by `unnest` of one array per column.

No COPY and no temporary table: one round trip, and it runs where the role may not create anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Column, Table, Text, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import INT4MULTIRANGE, JSONB, Range
from sqlalchemy.ext.asyncio import AsyncSession

from common.ids import uuid7s
from registry.domain.word_lists import joined
from registry.tables.base import Base, Lexemes, Record
from registry.tables.place import PlanePoint

_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own
_TEXT: Final = "TEXT"
_BETWEEN, _NULL = "\x1e", "\x1d"  # between texts, and instead of one; never typed by anyone
# One empty text is an array of one, where `string_to_array` sees none at all.
_TEXTS: Final = (
    "coalesce(nullif(string_to_array(CAST(:{0} AS TEXT), chr(30), chr(29)), '{{}}'), '{{\"\"}}')"
)
_DERIVED: Final = (Lexemes, PlanePoint)  # follow from other columns, and a point knows no equality
_OWN: Final = ("version", "created_at", "updated_at", "created_by", "updated_by")


@dataclass(slots=True)
class Outcome:
    """What a bulk write did."""

    inserted: list[UUID] = field(default_factory=list)
    updated: list[UUID] = field(default_factory=list)
    unchanged: int = 0

    @property
    def touched(self) -> list[UUID]:
        """Records that readers must hear of."""
        return [*self.inserted, *self.updated]


async def upsert(
    session: AsyncSession,
    table: type[Record],
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
    by: str,
    now: datetime,
    where: str | None = None,
    guard: str | None = None,
    ids: Sequence[UUID] | None = None,
    only: Sequence[str] | None = None,
) -> Outcome:
    """Insert rows, or update those whose key exists and whose values differ.

    All rows have the same columns, without those that every record has; keys are distinct within
    `rows` and not null. `where` repeats the predicate of a partial unique index. With `guard` only
    existing rows under that area prefix are updated. Rows are locked in key order, so two imports
    cannot deadlock. `ids` are the ids of rows that are new; drawn here when absent. With `only`
    the other columns of the rows stay out of it.
    """
    if not rows:
        return Outcome()
    columns = tuple(only or rows[0])
    statement = _upsert(_table(table), columns, tuple(key), where, guard is not None)
    values = _arrays(_table(table), columns, rows)
    values |= {"id": ids or uuid7s(len(rows)), "now": now, "by": by}
    if guard is not None:
        values["guard"] = f"{guard}%"
    outcome = Outcome()
    for record_id, version in await session.execute(statement, values):
        (outcome.inserted if version == 1 else outcome.updated).append(record_id)
    outcome.unchanged = len(rows) - len(outcome.inserted) - len(outcome.updated)
    return outcome


async def insert(
    session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows as they are; every column without a default is given."""
    if rows:
        columns = tuple(rows[0])
        values = _arrays(_table(table), columns, rows)
        await session.execute(_insert(_table(table), columns), values)


def _table(mapped: type[Base]) -> Table:
    table = mapped.__table__
    assert isinstance(table, Table)  # noqa: S101 - our classes map tables, nothing else
    return table


@lru_cache(maxsize=64)
def _insert(table: Table, columns: tuple[str, ...]) -> TextClause:
    return text(f"INSERT INTO {table.name} ({_names(columns)}) {_source(table, columns)}")


@lru_cache(maxsize=64)
def _upsert(
    table: Table, columns: tuple[str, ...], key: tuple[str, ...], where: str | None, guarded: bool
) -> TextClause:
    """The statement: names come from our own tables, values are bound."""
    compared = [
        name
        for name in columns
        if name not in key and not isinstance(table.columns[name].type, _DERIVED)
    ]
    settable = [name for name in columns if name not in key]
    updates = ", ".join(f"{_quoted(name)} = excluded.{_quoted(name)}" for name in settable)
    mine = ", ".join(f"t.{_quoted(name)}" for name in compared)
    theirs = ", ".join(f"excluded.{_quoted(name)}" for name in compared)
    statement = (
        f"INSERT INTO {table.name} AS t ({_names((*columns, 'id'))}, {_names(_OWN)}) "
        f"{_source(table, (*columns, 'id'), also=', 1, :now, :now, :by, :by')}"
        f" ORDER BY {', '.join(f'r.{_quoted(name)}' for name in key)}"
        f" ON CONFLICT ({_names(key)}){f' WHERE {where}' if where else ''} DO UPDATE SET {updates},"
        " version = t.version + 1, updated_at = excluded.updated_at,"
        " updated_by = excluded.updated_by"
        f" WHERE ROW({mine}) IS DISTINCT FROM ROW({theirs})"
        f"{' AND t.area_code LIKE :guard' if guarded else ''}"
        " RETURNING t.id, t.version"
    )
    return text(statement)


def _source(table: Table, columns: tuple[str, ...], *, also: str = "") -> str:
    kinds = [_kind(table.columns[name]) for name in columns]
    arrays = ", ".join(
        _TEXTS.format(name) if kind == _TEXT else f"CAST(:{name} AS {kind}[])"
        for name, (kind, _) in zip(columns, kinds, strict=True)
    )
    shown = ", ".join(
        taken.format(f"r.{_quoted(name)}") for name, (_, taken) in zip(columns, kinds, strict=True)
    )
    return f"SELECT {shown}{also} FROM unnest({arrays}) AS r ({_names(columns)})"


def _kind(column: Column[Any]) -> tuple[str, str]:
    """The element type to send, and the expression that makes the column's value of it."""
    match column.type:
        case Lexemes():  # a third of the time of a vector's own text, read letter by letter
            return _TEXT, "array_to_tsvector(string_to_array({}, chr(31)))"
        case ARRAY(item_type=Text()):
            return _TEXT, "string_to_array({}, chr(31))"
        case ARRAY() as array:
            return _TEXT, f"CAST({{}} AS {array.compile(_DIALECT)})"
        case JSONB():
            return _TEXT, "CAST({} AS jsonb)"
        case INT4MULTIRANGE():
            return _TEXT, "CAST({} AS int4multirange)"
        case other:
            return other.compile(_DIALECT), "{}"


def _arrays(
    table: Table, columns: tuple[str, ...], rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name in columns:
        column = _elements(table.columns[name], [row[name] for row in rows])
        is_text = _kind(table.columns[name])[0] == _TEXT
        made[name] = _one_text(column) if is_text else column
    return made


def _elements(column: Column[Any], values: list[Any]) -> list[Any]:
    """The values as `_kind` says they are sent."""
    match column.type:
        case Lexemes():
            return [each if isinstance(each, str) else joined(each) for each in values]
        case ARRAY(item_type=Text()):
            return [None if each is None else joined(each) for each in values]
        case ARRAY():  # numbers: their literal needs no quotes
            return [None if each is None else f"{{{','.join(map(str, each))}}}" for each in values]
        case JSONB():
            return [None if each is None else orjson.dumps(each).decode() for each in values]
        case INT4MULTIRANGE():
            return [None if each is None else _ranges(each) for each in values]
    return values


def _one_text(values: list[str | None]) -> str:
    """Texts as one: PostgreSQL parts it in a third of the time that both sides need for an array.

    Raises ValueError when a value holds one of the marks between them.
    """
    text_ = _BETWEEN.join([_NULL if each is None else each for each in values])
    if text_.count(_BETWEEN) != len(values) - 1 or _NULL in values:
        raise ValueError("control characters in a text")
    return text_


def _ranges(ranges: Iterable[Range[int]]) -> str:
    return f"{{{','.join(f'[{each.lower},{each.upper})' for each in ranges)}}}"


def _names(columns: Sequence[str]) -> str:
    return ", ".join(map(_quoted, columns))


def _quoted(name: str) -> str:
    return f'"{name}"'
