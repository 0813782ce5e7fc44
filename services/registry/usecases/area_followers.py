"""What lies in an area follows it: when a division is recoded, renamed or merged away."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import feed
from common.auth.actor import Actor
from common.codes import Division
from registry import tables
from registry.domain.areas import path_of
from registry.domain.editions import Plan
from registry.queries import area_periods as periods
from registry.queries import editions as queries
from registry.usecases.editing import PURPOSE, touch

KIND: Final = "area"
Moves = dict[UUID, tuple[UUID, str]]
"""Area -> the area in which its records lie from now on, and that one's code."""


async def follow(
    session: AsyncSession, plan: Plan, ids: dict[str, UUID], *, on: date, by: Actor, now: datetime
) -> list[str]:
    """Move records and own areas after their division; codes that ended with something inside.

    An ended area hands over what lies in it when exactly one area follows it; with several heirs,
    or none, people must decide, and the code is told.
    """
    await session.flush()
    heirs = _heirs(plan, ids)
    moves = heirs | {each.known.id: (each.known.id, each.row.code) for each in plan.renewed}
    if moves:
        await _take_records(session, moves, heirs, by=by.alias(PURPOSE), now=now)
        await _take_codes(session, _recoded(plan, heirs), by=by.alias(PURPOSE), now=now)
        feed.mark_many(session, "population", await queries.peopled(session, list(moves)))
    await _take_own_areas(session, moves, on=on, by=by, now=now)
    return await _left_behind(session, plan, set(heirs))


def _heirs(plan: Plan, ids: dict[str, UUID]) -> Moves:
    """Ended area -> its only heir."""
    found = {}
    for area in plan.ended:
        successors = plan.successors(area.code)
        if len(successors) == 1:
            found[area.id] = (ids[successors[0]], successors[0])
    return found


def _recoded(plan: Plan, heirs: Moves) -> dict[str, str]:
    """Code -> the code that follows it."""
    moved = {each.known.code: each.row.code for each in plan.renewed}
    merged = {area.code: heirs[area.id][1] for area in plan.ended if area.id in heirs}
    return {old: new for old, new in (moved | merged).items() if old != new}


async def _take_records(
    session: AsyncSession, moves: Moves, heirs: Moves, *, by: str, now: datetime
) -> None:
    """Records that lie in a division. A street that was merged away delivers nothing any more."""
    withdrawn = await queries.withdraw_lists(session, list(heirs), by=by, now=now)
    feed.mark_many(session, "delivery_list", withdrawn)
    for table, kind in queries.LYING.items():
        moved = await queries.move_lying(session, table, moves, by=by, now=now)
        if kind is not None:
            feed.mark_many(session, kind, moved)


async def _take_codes(
    session: AsyncSession, codes: dict[str, str], *, by: str, now: datetime
) -> None:
    """Records that keep a code alone, and the areas whose people an offering is for."""
    if not codes:
        return
    for table, kind in queries.CODED.items():
        changed = await queries.recode(session, table, codes, by=by, now=now)
        if kind is not None:
            feed.mark_many(session, kind, changed)
    prefixes = {Division.parse(old).short: Division.parse(new).short for old, new in codes.items()}
    limited = await queries.recode_households(session, prefixes, by=by, now=now)
    feed.mark_many(session, "offering", limited)


async def _take_own_areas(
    session: AsyncSession,
    moves: Moves,
    *,
    on: date,
    by: Actor,
    now: datetime,
) -> None:
    """Grids, estates and sectors in a moved division get its new prefix and path."""
    if not moves:
        return
    rows = await queries.own_areas(session, list(moves))
    moved: list[tables.Area] = []
    homes = await queries.areas_for_update(session, [moves[_home(row)][0] for row in rows])
    for row in rows:
        home = homes[moves[_home(row)][0]]
        path = path_of(home.path_name, row.name)
        if (row.parent_id, row.short_code, row.path_name) == (home.id, home.short_code, path):
            continue
        row.parent_id, row.short_code, row.path_name = home.id, home.short_code, path
        touch(row, by, now)
        feed.mark(session, KIND, row.id)
        moved.append(row)
    await periods.renew(session, moved, on=on)


def _home(row: tables.Area) -> UUID:
    """The division in which an own area lies: it always has one."""
    assert row.parent_id is not None  # noqa: S101 - a table constraint
    return row.parent_id


async def _left_behind(session: AsyncSession, plan: Plan, handed_over: set[UUID]) -> list[str]:
    """Codes of ended areas in which records still lie."""
    ended = {area.id: area.code for area in plan.ended if area.id not in handed_over}
    left = {
        area_id
        for table in queries.LYING
        if ended
        for _, area_id in await queries.lying_in(session, table, list(ended))
    }
    own = await queries.own_areas(session, list(ended)) if ended else []
    left |= {_home(row) for row in own}
    return sorted(ended[area_id] for area_id in left)
