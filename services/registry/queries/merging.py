"""What a merge moves: every column that points at a venue or an organisation, told by the tables.

New tables take part by their foreign key (or, for venues, by a column named `venue_id`): there is
no list to forget them in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Table,
    Uuid,
    and_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from common.auth.actor import Actor
from common.contracts.registry.duplicates import DuplicateKind
from common.errors import NotFound, Text
from registry import tables
from registry.queries.duplicates import TABLES
from registry.queries.finding import within_reach
from registry.queries.turns import in_turn, turn_of

M: Final = tables.Merge
B, Q, S = tables.Booking, tables.Occupancy, tables.Space
WHAT: Final = Text("合并", "merge")
# Reminders are renewed by whoever looks over the rosters.
_KEPT_APART: Final = frozenset(
    {"record_version", "duplicate", "merge", "record_key", "duty_reminder"}
)
_OWN: Final = frozenset({"version", "updated_at", "updated_by"})


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who moves references, and when."""

    by: str
    now: datetime


def references(kind: DuplicateKind) -> Iterator[Column[Any]]:
    """Every column that holds ids of a kind, in the order of locks."""
    target = TABLES[kind].__tablename__
    for table in sorted(tables.metadata.tables.values(), key=lambda each: turn_of(each.name)):
        if table.name not in _KEPT_APART and "id" in table.columns:
            yield from (column for column in table.columns if _points_at(column, target))


def _points_at(column: Column[Any], target: str) -> bool:
    if any(key.column.table.name == target for key in column.foreign_keys):
        return True
    if target != "venue":
        return False
    itself = (column.table.name, column.name) == ("venue", "merged_into_id")
    return itself or (column.name == "venue_id" and not column.foreign_keys)


async def move(
    session: AsyncSession, kind: DuplicateKind, old: UUID, new: UUID, stamp: Stamp
) -> dict[str, list[UUID]]:
    """Let everything that points at one record point at another; which rows, by column."""
    moved = {}
    for column in references(kind):
        if found := await _pointed(session, column, old, new, stamp):
            moved[f"{column.table.name}.{column.name}"] = found
    await _rooms_take_along(session, moved, stamp)
    return moved


def _is_told(table: Table, new: UUID) -> ColumnElement[bool]:
    """Whether the record that stays has told the same already: its rosters' days, its months.

    What is over cannot be ended any more, so it would stand against a merge for ever. It stays
    with the retired record.
    """
    mine: Any
    if table.name == "duty":
        mine = aliased(tables.Duty)
        meets = and_(
            mine.valid_from < table.c.valid_to,
            mine.valid_to > table.c.valid_from,
        )
    elif table.name == "venue_month":
        mine = aliased(tables.VenueMonth)
        meets = and_(
            mine.month == table.c.month,
            mine.concession_id.is_not_distinct_from(table.c.concession_id),
        )
    else:
        return false()
    return exists().where(mine.venue_id == new, meets)


async def _rooms_take_along(
    session: AsyncSession, moved: dict[str, list[UUID]], stamp: Stamp
) -> None:
    """What rooms hold goes with them: a booking left behind would be seen by nobody.

    So do bookings that were made since the merge, when it is undone.
    """
    rooms = moved.get("space.venue_id", [])
    if not rooms:
        return
    held = update(Q).where(Q.cell_id == S.id, S.id.in_(rooms), Q.venue_id != S.venue_id)
    await session.execute(
        held.values(venue_id=S.venue_id), execution_options={"synchronize_session": False}
    )
    theirs = update(B).where(B.space_id == S.id, S.id.in_(rooms), B.venue_id != S.venue_id)
    values = {
        "venue_id": S.venue_id,
        "version": B.version + 1,
        "updated_at": stamp.now,
        "updated_by": stamp.by,
    }
    followed = await session.scalars(
        theirs.values(values).returning(B.id), execution_options={"synchronize_session": False}
    )
    moved["booking.venue_id"] = [*moved.get("booking.venue_id", []), *followed]


async def move_back(
    session: AsyncSession,
    kind: DuplicateKind,
    moved: Mapping[str, list[str]],
    old: UUID,
    new: UUID,
    stamp: Stamp,
) -> dict[str, list[UUID]]:
    """The inverse for the rows that were moved and still point where they were moved to."""
    back = {}
    for column in references(kind):
        name = f"{column.table.name}.{column.name}"
        if ids := [UUID(each) for each in moved.get(name, ())]:
            back[name] = await _pointed(session, column, new, old, stamp, only=ids)
    await _rooms_take_along(session, back, stamp)
    return back


async def _pointed(
    session: AsyncSession,
    column: Column[Any],
    old: UUID,
    new: UUID,
    stamp: Stamp,
    *,
    only: list[UUID] | None = None,
) -> list[UUID]:
    table: Table = column.table
    values: dict[str, Any] = {column.name: new}
    if _OWN.issubset(table.columns.keys()):
        values |= {
            "version": table.c.version + 1,
            "updated_at": stamp.now,
            "updated_by": stamp.by,
        }
    which = (
        ~_is_told(table, new)
        if only is None
        else table.c.id == func.any(bindparam("only", only, ARRAY(Uuid)))
    )
    held = in_turn(table.c.id, column == old, which)
    statement = update(table).where(column == old, held).values(values).returning(table.c.id)
    return list(await session.scalars(statement))


async def records_for_update(
    session: AsyncSession, kind: DuplicateKind, *ids: UUID
) -> Mapping[UUID, Any]:
    """Records, merged ones too, locked in id order until the transaction ends."""
    t = TABLES[kind]
    statement = select(t).where(t.id.in_(ids)).order_by(t.id).with_for_update()
    return {row.id: row for row in await session.scalars(statement)}


async def merge_for_update(session: AsyncSession, merge_id: UUID) -> tables.Merge:
    """A merge, locked until the transaction ends."""
    statement = select(M).where(M.id == merge_id).with_for_update()
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=merge_id)
    return row


async def merges(
    session: AsyncSession,
    actor: Actor,
    kind: DuplicateKind | None,
    record_id: UUID | None,
    *,
    after: UUID | None,
    limit: int,
) -> list[tables.Merge]:
    """Merges of the caller's area, the newest first."""
    statement = select(M).where(or_(false(), *within_reach(actor, M.area_code)))
    if kind is not None:
        statement = statement.where(M.kind == kind)
    if record_id is not None:
        statement = statement.where(or_(M.kept_id == record_id, M.retired_id == record_id))
    if after is not None:
        statement = statement.where(M.id < after)
    return list(await session.scalars(statement.order_by(M.id.desc()).limit(limit + 1)))


async def standing_merges(
    session: AsyncSession, kind: DuplicateKind, kept_id: UUID
) -> list[tables.Merge]:
    """Merges into a record that were not undone, the oldest first."""
    statement = (
        select(M)
        .where(M.kind == kind, M.kept_id == kept_id, M.undone_at.is_(None))
        .order_by(M.made_at, M.id)
    )
    return list(await session.scalars(statement))


async def sources(session: AsyncSession, kind: DuplicateKind, kept_id: UUID) -> list[Any]:
    """A record and all that were merged into it, itself first."""
    t = TABLES[kind]
    statement = select(t).where(or_(t.id == kept_id, t.merged_into_id == kept_id))
    rows = list(await session.scalars(statement))
    return sorted(rows, key=lambda row: (row.id != kept_id, row.id))
