"""One order of locks, so that no two writers wait for each other in a ring (decision 0044).

Organisations, venues, rooms, then what points at them by the names of its tables; of a kind, each
by its id. Whoever writes one record of a venue holds the venue first, whoever writes many at once
locks them in turn.
"""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, select
from sqlalchemy.ext.asyncio import AsyncSession

from registry import tables

V: Final = tables.Venue
_FIRST: Final = ("organisation", "venue", "space")


def turn_of(table: str) -> tuple[int, str]:
    """When the rows of a table are locked: before those of a table with a later turn."""
    return (_FIRST.index(table) if table in _FIRST else len(_FIRST), table)


def in_turn(key: SQLColumnExpression[UUID], *wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    """The rows to be written, locked one after the other by their ids before any of them is."""
    held = select(key.label("id")).where(*wanted).order_by(key).with_for_update().cte("held")
    return key.in_(select(held.c.id))


async def venue_around(
    session: AsyncSession, table: type[Any], record_id: UUID, *, read: bool = False
) -> tables.Venue | None:
    """The venue that a record is in, locked, merged or not; None when there is no such record.

    A merge may carry the record off while we wait: then the venue where it is by now is held too.
    """
    place = select(table.venue_id).where(table.id == record_id)
    there: UUID | None = await session.scalar(place)
    while there is not None:
        statement = select(V).where(V.id == there).with_for_update(read=read)
        venue = (await session.scalars(statement)).one()
        seen, there = there, await session.scalar(place)
        if there == seen:
            return venue
    return None
