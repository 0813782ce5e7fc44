"""A select that is written once, for whoever asks it a thousand times a second.

To build a select, to find out that it is a known one, and to go through SQLAlchemy's connection and
results costs a hot route several times what the statement does. One that is kept (a constant, or
made once for each shape) is spelt out once; the driver gets its text and its values, and what comes
back is read as SQLAlchemy reads it.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import ColumnElement, Select, func
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import UserDefinedType

from common.domains import Domain
from common.straight import rows

_DIALECT: Final = cast(Any, asyncpg.dialect)()
_KEPT: Final = 512
_NUMERIC, _FLOAT = 1700, 701  # PostgreSQL's numbers of the types whose readers ask which it is

Rows = Select[*tuple[Any, ...]]
Reader = Callable[[Any], Any]


async def found(session: AsyncSession, statement: Rows, **values: Any) -> list[Any]:
    """The rows that a kept select finds, as named tuples; its parameters are of plain types.

    The statement is known again as the object that it is: one that is built anew for each question
    gains nothing here.
    """
    spelt = _spelt(statement)
    told = {**spelt.constants, **values}
    records = await rows(session, spelt.sql, *[told[name] for name in spelt.parameters])
    make = spelt.row._make
    if not spelt.readers:
        return [make(record) for record in records]
    return [make(spelt.read(record)) for record in records]


class Shapes:
    """A select whose conditions depend on what was given: kept in each shape that it was asked in.

    `made` makes it of its conditions, as `select(…).where` does; `ways` are these by the name of
    what calls for them.
    """

    def __init__(self, made: Callable[..., Rows], **ways: ColumnElement[bool]) -> None:
        self._made, self._ways = made, ways
        self._kept: dict[frozenset[str], Rows] = {}

    async def found(self, session: AsyncSession, **values: Any) -> list[Any]:
        """The rows for what was given; None stands for what was not."""
        given = {name: value for name, value in values.items() if value is not None}
        shape = frozenset(given.keys() & self._ways.keys())
        if shape not in self._kept:
            self._kept[shape] = self._made(*(self._ways[name] for name in sorted(shape)))
        return await found(session, self._kept[shape], **given)


def belonging(others: Rows) -> ColumnElement[Any]:
    """The rows of another select that belong to a row, as a column of it: a list of named tuples.

    A round trip costs as much as a page of them.
    """
    columns = list(others.selected_columns)
    row = func.row(*map(_plain, columns))
    told = others.with_only_columns(row, maintain_column_froms=True)
    kind = _Rows([str(column.key) for column in columns])
    return func.array(told.scalar_subquery(), type_=kind)


def _plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column as the driver reads it inside of a row, where it does not look up a domain."""
    return column.cast(column.type.impl) if isinstance(column.type, Domain) else column


def _named(names: Sequence[str]) -> Any:
    """A named tuple of these."""
    make: Any = namedtuple
    return make("Row", names)


class _Rows(UserDefinedType[Any]):
    """Rows inside of a row."""

    cache_ok = True

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def result_processor(self, *_: Any) -> Reader:
        """From tuples to named ones."""
        make = _named(self.names)._make
        return lambda found: [make(each) for each in found]


class _Spelt(NamedTuple):
    """A select as the driver takes it, and how what it finds is read."""

    sql: str
    parameters: Sequence[str]
    constants: Mapping[str, Any]
    row: Any
    readers: Sequence[tuple[int, Reader]]

    def read(self, record: Iterable[Any]) -> list[Any]:
        """What the driver gave as SQLAlchemy reads it."""
        values = [*record]
        for at, reader in self.readers:
            values[at] = reader(values[at])
        return values


@lru_cache(maxsize=_KEPT)
def _spelt(statement: Rows) -> _Spelt:
    compiled: Any = statement.compile(dialect=_DIALECT)
    if compiled.post_compile_params:
        raise TypeError("IN is spelt anew for each number of values: let it be `= ANY (array)`")
    columns = list(statement.selected_columns)
    readers = [(at, _reader(column.type)) for at, column in enumerate(columns)]
    return _Spelt(
        compiled.string,
        compiled.positiontup or (),
        compiled.params,
        _named([str(column.key) for column in columns]),
        [(at, read) for at, read in readers if read is not None],
    )


def _reader(kind: Any) -> Reader | None:
    """What SQLAlchemy does to a value of a type; None where it takes what the driver gives."""
    as_driven = _NUMERIC if getattr(kind, "asdecimal", False) else _FLOAT
    read: Reader | None = kind.dialect_impl(_DIALECT).result_processor(_DIALECT, as_driven)
    return read
