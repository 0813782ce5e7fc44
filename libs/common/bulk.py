"""Many rows at once, past SQLAlchemy: by PostgreSQL's COPY, and column by column.

In the transaction of a session. Constraints hold as for any other row; what a use case would have
worked out the caller works out.
"""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase


async def copy(
    session: AsyncSession, table: type[DeclarativeBase], rows: Iterable[Mapping[str, Any]]
) -> None:
    """Append rows, all of the columns that the first one names; what it leaves out is null."""
    ahead = iter(rows)
    first = next(ahead, None)
    if first is None:
        return
    names = list(first)
    records = (tuple(row[name] for name in names) for row in chain((first,), ahead))
    await (await _driver(session)).copy_records_to_table(
        table.__tablename__, columns=names, records=records
    )


async def copy_columns(
    session: AsyncSession, table: type[DeclarativeBase], columns: Mapping[str, Iterable[Any]]
) -> None:
    """Append rows that are given column by column, all columns of one length."""
    records = zip(*columns.values(), strict=True)
    await (await _driver(session)).copy_records_to_table(
        table.__tablename__, columns=[*columns], records=records
    )


async def columns(
    session: AsyncSession, statement: str, *values: object
) -> Mapping[str, Sequence[Any]]:
    """What a statement finds, by name of the column; `$1` is the first of the values."""
    prepared = await (await _driver(session)).prepare(statement)
    names = [each.name for each in prepared.get_attributes()]
    rows = await prepared.fetch(*values)
    found = list(zip(*rows, strict=True)) or [()] * len(names)
    return dict(zip(names, found, strict=True))


@contextmanager
def uncollected() -> Iterator[None]:
    """While rows come by the hundred thousand, which are no cycles, nobody looks for any.

    Looking took two thirds of the time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def _driver(session: AsyncSession) -> Any:
    """The connection as asyncpg has it."""
    return (await (await session.connection()).get_raw_connection()).driver_connection
