"""What a merge changes beside single references: lists that name bodies, and what shut a venue.

A list is a column of ids named after a kind: `organisation_ids`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.registry.duplicates import DuplicateKind
from registry import tables
from registry.queries.duplicates import TABLES
from registry.queries.merging import Stamp
from registry.queries.turns import in_turn, turn_of

W: Final = tables.Blackout
_WHOLE: Final = "blackout.is_whole"
_SHORTENED: Final = "shortened"
Moved = dict[str, list[UUID]]


async def rename(
    session: AsyncSession, kind: DuplicateKind, old: UUID, new: UUID, stamp: Stamp
) -> Moved:
    """Let lists name one record for another, each once; which were renamed, which shortened."""
    found: Moved = {}
    for table, name in _lists(kind):
        ids = table.c[name]
        twice = ids.contains([old, new])
        ways = {
            f"{table.name}.{name}.{_SHORTENED}": (twice, func.array_remove(ids, old)),
            f"{table.name}.{name}": (ids.contains([old]), func.array_replace(ids, old, new)),
        }
        for key, (named, value) in ways.items():
            found[key] = await _written(session, table, named, {name: value}, stamp)
    return {name: rows for name, rows in found.items() if rows}


async def name_again(
    session: AsyncSession,
    kind: DuplicateKind,
    moved: Mapping[str, list[str]],
    old: UUID,
    new: UUID,
    stamp: Stamp,
) -> Moved:
    """The inverse, for lists that still name what they were left with."""
    back: Moved = {}
    for table, name in _lists(kind):
        ids = table.c[name]
        ways = {
            f"{table.name}.{name}": func.array_replace(ids, new, old),
            f"{table.name}.{name}.{_SHORTENED}": func.array_append(ids, old),
        }
        for key, value in ways.items():
            if rows := [UUID(each) for each in moved.get(key, ())]:
                named = table.c.id.in_(rows) & ids.contains([new])
                back[key] = await _written(session, table, named, {name: value}, stamp)
    return back


async def shut_no_further(session: AsyncSession, moved: Moved, stamp: Stamp) -> Moved:
    """What shut the retired venue as a whole shuts its rooms, and none that the other one gets."""
    came = moved.get("blackout.venue_id", ())
    found = await _written(
        session, _BLACKOUT, W.id.in_(came) & W.is_whole, {"is_whole": False}, stamp
    )
    return {_WHOLE: found} if found else {}


async def shut_again(session: AsyncSession, moved: Mapping[str, list[str]], stamp: Stamp) -> None:
    """What shut a venue as a whole before a merge does so after its undoing."""
    left = [UUID(each) for each in moved.get(_WHOLE, ())]
    await _written(session, _BLACKOUT, W.id.in_(left), {"is_whole": True}, stamp)


_BLACKOUT: Final = tables.metadata.tables["blackout"]


def _lists(kind: DuplicateKind) -> Iterator[tuple[Table, str]]:
    name = f"{TABLES[kind].__tablename__}_ids"
    for table in sorted(tables.metadata.tables.values(), key=lambda each: turn_of(each.name)):
        if name in table.columns:
            yield table, name


async def _written(
    session: AsyncSession,
    table: Table,
    which: ColumnElement[bool],
    values: dict[str, Any],
    stamp: Stamp,
) -> list[UUID]:
    values |= {
        "version": table.c.version + 1,
        "updated_at": stamp.now,
        "updated_by": stamp.by,
    }
    statement = update(table).where(in_turn(table.c.id, which)).values(values)
    return list(await session.scalars(statement.returning(table.c.id)))
