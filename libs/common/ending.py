"""What one statement writes at the end of a transaction: rows, feed marks, audit, the kept answer.

To a hot route a round trip costs more than the writing. Whatever nothing in the transaction reads
again waits in `session.info`; `common.db` sends all of it before the commit, as the common table
expressions of ONE statement. Foreign keys between its parts hold: they are checked at its end.

What several transactions write can be one statement too (`common.gathering`), where they say the
same of other records: rows then follow each other behind one VALUES, arrays are joined.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from itertools import chain
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

import orjson
from sqlalchemy import JSON, Column, Connection, Insert, Table, Update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction

from common.domains import sent
from common.drafts import given

_POSITIONAL: Final = cast(Any, postgresql.dialect)(paramstyle="qmark")
_PARTS: Final = "ending"
_BEGUN: Final = "begun"
_ALONE: Final = "alone"
_AT_ONCE: Final = "at once"
_STRAIGHT: Final = "straight"
_OF_ONE_TYPE: Final = (date, UUID)  # wherever PostgreSQL finds one, it is of the same type to it

Info = dict[Any, Any]


class Part(NamedTuple):
    """A statement that changes something, a `?` for each of its values.

    What it returns is for parts that call it by its name. Of an INSERT of one row, what follows
    VALUES may be told apart.
    """

    sql: str
    values: tuple[Any, ...]
    name: str = ""
    row: str = ""

    @property
    def is_of_many(self) -> bool:
        """Whether the same of other records can be said with it: a row, or arrays only."""
        is_of_arrays = bool(self.values) and all(isinstance(each, list) for each in self.values)
        return bool(self.row) or is_of_arrays


class Value(NamedTuple):
    """An expression on other parts by their name in place of a value, a `?` for each of its own."""

    sql: str
    values: tuple[Any, ...] = ()


Shape = tuple[tuple[str, str, str], ...]
"""Name, statement and row of each part."""


Journal = Callable[[Info], list[Part]]
"""What else is to be written at the end."""


class WrittenTooEarlyError(RuntimeError):
    """A transaction that was to write with its last statement only has written before."""


def at_end(session: AsyncSession, sql: str, *values: Any, name: str = "") -> None:
    """Let a statement go with the one that ends the transaction; `?` stands for a value.

    One whose values are lists says the same of each record that they name, however many; the last
    list has their keys.
    """
    session.info.setdefault(_PARTS, []).append(Part(sql, values, name))


def row_at_end(session: AsyncSession, sql: str, row: str, *values: Any) -> None:
    """Let an INSERT of one row go with it; `row` is what follows VALUES."""
    session.info.setdefault(_PARTS, []).append(Part(sql, values, row=row))


def insert_at_end(session: AsyncSession, row: DeclarativeBase, **instead: Value) -> None:
    """Insert a row with the statement that ends the transaction.

    `instead` of its values some columns may have expressions. The session does not know the row:
    what is set on it later is not written. Defaults of its columns are filled in now, what nobody
    has set is left out; columns are of plain types or JSON.
    """
    told = tuple((name, value.sql) for name, value in instead.items())
    insert = _insert(cast(Table, row.__table__), given(row), told)
    row_at_end(session, insert.sql, insert.row, *insert.values(row, instead))


def execute_at_end(
    session: AsyncSession, statement: Insert | Update, values: Mapping[str, Any], *, name: str = ""
) -> None:
    """Let a statement that is made once and for all go with the one that ends the transaction.

    Its parameters are named, and of plain types.
    """
    spelt = _spelt(statement)
    told = {**spelt.constants, **values}
    at_end(session, spelt.sql, *(told[each] for each in spelt.names), name=name)


def in_one_statement(session: AsyncSession) -> None:
    """Promise that the transaction writes with its last statement only.

    BEGIN and COMMIT are then two round trips for nothing: each statement stands for itself. Called
    before anything is read; takes no connection yet. Flushing an entity breaks the promise and is
    refused.
    """
    session.info[_ALONE] = True
    if _STRAIGHT not in session.info:
        _do_without_begin(session.sync_session)


def go_straight(info: Info) -> None:
    """There is no SQLAlchemy session yet (`common.straight`)."""
    info[_STRAIGHT] = True


def go_round(session: Session) -> None:
    """There is one after all, which goes on as was promised."""
    del session.info[_STRAIGHT]
    if is_alone(session.info):
        _do_without_begin(session)


def is_alone(info: Info) -> bool:
    """Whether `in_one_statement` was promised."""
    return bool(info.get(_ALONE))


def in_a_transaction(session: AsyncSession) -> None:
    """Send BEGIN after all, for a GET that reads through a cursor; before anything is read."""
    session.info.pop(_AT_ONCE, None)


def note_begin(session: Session, transaction: SessionTransaction, _: Connection) -> None:
    """A transaction has got its connection; a listener to `after_begin`."""
    if not transaction.nested:
        session.info[_BEGUN] = transaction


def goes_at_once(session: Session) -> bool:
    """Whether the statements of this transaction stand for themselves."""
    transaction = session.get_transaction()
    return transaction is not None and session.info.get(_AT_ONCE) is transaction


def _do_without_begin(session: Session) -> None:
    """Let statements stand for themselves, unless BEGIN was sent already."""
    transaction = session.get_transaction()
    if session.info.get(_BEGUN) is not transaction:
        session.info[_AT_ONCE] = transaction


def refuse_early(session: Session, *_: object) -> None:
    """Raises `WrittenTooEarlyError` where `in_one_statement` was promised; before each flush."""
    if is_alone(session.info) and (session.new or session.dirty or session.deleted):
        raise WrittenTooEarlyError


def end(session: Session, journal: Journal) -> None:
    """Write what waits, and the journal; where that is all, it needs no BEGIN and no COMMIT."""
    parts = waiting(session.info, journal)
    if parts:
        _do_without_begin(session)
    write(session, parts)
    session.info.pop(_ALONE, None)


def waiting(info: Info, journal: Journal) -> list[Part]:
    """What is to be written at the end; it waits no longer."""
    return [*info.pop(_PARTS, ()), *journal(info)]


def write(session: Session, parts: Sequence[Part]) -> None:
    """Some parts as one statement."""
    if parts:
        # As the driver takes it: through `text()` it costs a writer 7 % of its throughput.
        session.connection().exec_driver_sql(*as_one(parts))


def as_one(parts: Sequence[Part]) -> tuple[str, tuple[Any, ...]]:
    """One statement of many parts, and its values."""
    values = tuple(chain.from_iterable(part.values for part in parts))
    return composed(_shape(parts)), values


def by_itself(parts: Sequence[Part]) -> tuple[str, tuple[Any, ...]]:
    """The same of what is never said with others: an id, a day or an instant is sent once.

    A row and what it moves name their instant five times over, and the server reads each value.
    """
    values: list[Any] = []
    numbers: list[int] = []
    known: dict[int, int] = {}
    for value in chain.from_iterable(part.values for part in parts):
        number = known.get(id(value)) if isinstance(value, _OF_ONE_TYPE) else None
        if number is None:
            values.append(value)
            number = known[id(value)] = len(values)
        numbers.append(number)
    return composed(_shape(parts), tuple(numbers)), tuple(values)


def shape(parts: Sequence[Part]) -> Shape | None:
    """What says the same has the same shape; None for what can only be said by itself."""
    return _shape(parts) if all(part.is_of_many for part in parts) else None


def named(parts: Sequence[Part]) -> set[Any]:
    """The keys of the records that arrays name, in parts that have a shape."""
    return {key for part in parts if not part.row for key in part.values[-1]}


def together(several: Sequence[Sequence[Part]]) -> Sequence[Part]:
    """What transactions of one shape write, as if one of them wrote it all."""
    if len(several) == 1:
        return several[0]
    return [_joined(alike) for alike in zip(*several, strict=True)]


def _joined(alike: Sequence[Part]) -> Part:
    first = alike[0]
    if first.row:
        values = tuple(value for part in alike for value in part.values)
        return first._replace(values=values, row=_rows(first.row, len(alike)))
    arrays = zip(*(part.values for part in alike), strict=True)
    return first._replace(values=tuple([*chain.from_iterable(each)] for each in arrays))


def _shape(parts: Sequence[Part]) -> Shape:
    return tuple((part.name, part.sql, part.row) for part in parts)


@lru_cache(maxsize=512)
def _rows(row: str, number: int) -> str:
    return ", ".join([row] * number)


@lru_cache(maxsize=512)
def composed(parts: Shape, numbers: tuple[int, ...] | None = None) -> str:
    """One statement of many, each with its name; the values are numbered through, or as told."""
    told = [(name, f"{sql} VALUES {row}" if row else sql) for name, sql, row in parts]
    *before, (_, last) = told
    listed = ", ".join(
        f"{name or f'part_{at}'} AS ({sql})" for at, (name, sql) in enumerate(before)
    )
    pieces = (f"WITH {listed} {last}" if before else last).split("?")
    told_as = numbers or range(1, len(pieces))
    return pieces[0] + "".join(f"${n}{each}" for n, each in zip(told_as, pieces[1:], strict=True))


class _Spelt(NamedTuple):
    """A statement with a `?` for each parameter, their names in that order, and values it has."""

    sql: str
    names: Sequence[str]
    constants: Mapping[str, Any]


@lru_cache
def _spelt(statement: Insert | Update) -> _Spelt:
    compiled: Any = statement.compile(dialect=_POSITIONAL)
    return _Spelt(compiled.string, compiled.positiontup, compiled.params)


class _Insert(NamedTuple):
    """How a row of a table is inserted: its columns, some with a default, some of JSON."""

    sql: str
    row: str
    names: Sequence[str]
    defaults: Mapping[str, Callable[[], Any]]
    of_json: Sequence[int]
    instead: Sequence[int]

    def values(self, row: DeclarativeBase, instead: Mapping[str, Value]) -> Sequence[Any]:
        """The values of a row, as the driver takes them."""
        for name, default in self.defaults.items():
            if name not in row.__dict__:
                setattr(row, name, default())
        values = [*map(row.__dict__.get, self.names)]
        for at in self.of_json:
            if values[at] is not None:
                values[at] = orjson.dumps(values[at]).decode()
        for at in self.instead:  # the last first, so that the others stay where they are
            values[at : at + 1] = instead[self.names[at]].values
        return values


@lru_cache
def _insert(table: Table, given: frozenset[str], instead: tuple[tuple[str, str], ...]) -> _Insert:
    told = dict(instead)
    columns = [
        each
        for each in table.columns
        if each.default is not None or each.name in given or each.name in told
    ]
    names = [each.name for each in columns]
    values = ", ".join(told.get(each.name, sent(each.type)) for each in columns)
    return _Insert(
        sql=f"INSERT INTO {table.name} ({', '.join(names)})",
        row=f"({values})",
        names=names,
        defaults={
            name: _default(each)
            for name, each in zip(names, columns, strict=True)
            if each.default is not None and name not in told
        },
        of_json=[
            at
            for at, each in enumerate(columns)
            if isinstance(each.type, JSON) and each.name not in told
        ],
        instead=[at for at, name in reversed([*enumerate(names)]) if name in told],
    )


def _default(column: Column[Any]) -> Callable[[], Any]:
    given: Any = column.default
    return partial(given.arg, None) if given.is_callable else lambda: given.arg
