"""Many rows at once, by PostgreSQL's COPY, in the transaction of a session.

Constraints hold as for any other row; what a use case would have worked out the caller works out.
"""

from collections.abc import Iterable, Mapping
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
    columns = list(first)
    connection = await (await session.connection()).get_raw_connection()
    await connection.driver_connection.copy_records_to_table(  # type: ignore[union-attr]
        table.__tablename__,
        columns=columns,
        records=(tuple(row[name] for name in columns) for row in chain((first,), ahead)),
    )
