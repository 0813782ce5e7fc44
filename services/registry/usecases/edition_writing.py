"""Write what an edition of the division list changes: ends, additions, renewals, successions."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import feed, text
from common.auth.actor import Actor
from common.codes import Division
from common.contracts.registry.areas import AreaKind
from common.ids import uuid7
from registry import tables
from registry.domain.areas import kind_of
from registry.domain.editions import EditionRow, Known, Plan
from registry.queries import area_periods as periods
from registry.queries import bulk
from registry.queries import editions as queries
from registry.usecases.editing import made, touch

KIND: Final = "area"


@dataclass(frozen=True, slots=True)
class Offer:
    """What an edition says of itself."""

    name: str
    valid_from: date
    source: str
    scope: str
    dry_run: bool = False
    confirm_endings: bool = False


async def write(
    session: AsyncSession,
    plan: Plan,
    known: dict[str, Known],
    offer: Offer,
    *,
    by: Actor,
    now: datetime,
) -> dict[str, UUID]:
    """Write the plan; returns the id of every division by its code, old and new codes alike."""
    ids = {code: area.id for code, area in known.items()}
    ids |= {renewed.row.code: renewed.known.id for renewed in plan.renewed}
    added = {row.code: uuid7() for row, _ in plan.added}
    ids |= added
    await _end(session, plan, offer.valid_from, by=by, now=now)
    await _add(session, plan, ids, offer, by=by, now=now)
    await _renew(session, plan, ids, offer, by=by, now=now)
    await bulk.insert(session, tables.AreaSuccession, _successions(plan, ids, offer.valid_from))
    touched = [*added.values(), *(ids[f.predecessor] for f in plan.follows)]
    feed.mark_many(session, KIND, [*touched, *(ids[f.successor] for f in plan.follows)])
    return ids


def _successions(plan: Plan, ids: dict[str, UUID], on: date) -> list[dict[str, Any]]:
    return [
        {
            "predecessor_id": ids[each.predecessor],
            "successor_id": ids[each.successor],
            "kind": each.kind,
            "on": on,
        }
        for each in plan.follows
    ]


async def _end(session: AsyncSession, plan: Plan, on: date, *, by: Actor, now: datetime) -> None:
    """End what is no longer listed: after its last day, not before its first."""
    rows = await queries.areas_for_update(session, [area.id for area in plan.ended])
    last = await periods.last_periods(session, list(rows))
    for row in rows.values():
        row.valid_to = max(on, row.valid_from + timedelta(days=1))
        last[row.id].valid_to = max(on, last[row.id].valid_from + timedelta(days=1))
        touch(row, by, now)
    await session.flush()
    feed.mark_many(session, KIND, rows)


async def _add(
    session: AsyncSession,
    plan: Plan,
    ids: dict[str, UUID],
    offer: Offer,
    *,
    by: Actor,
    now: datetime,
) -> None:
    """Add the new areas, each with the first period of its history."""
    # 6,761 names take some seconds of pinyin: beside the event loop, not in it.
    tokens = await asyncio.to_thread(_tokens, [row for row, _ in plan.added])
    areas = [
        {
            **_named(row, path, ids, offer),
            **_first(row, ids, offer),
            "search": words,
            **made(by, now),
        }
        for (row, path), words in zip(plan.added, tokens, strict=True)
    ]
    await bulk.insert(session, tables.Area, areas)
    opened = [
        {
            **_named(row, path, ids, offer),
            "area_id": ids[row.code],
            "valid_from": offer.valid_from,
            "valid_to": None,
        }
        for row, path in plan.added
    ]
    await bulk.insert(session, tables.AreaPeriod, opened)


def _tokens(rows: Sequence[EditionRow]) -> list[list[str]]:
    return [text.tokens(row.name, row.code) for row in rows]


def _named(row: EditionRow, path: str, ids: dict[str, UUID], offer: Offer) -> dict[str, Any]:
    """What an edition says of an area, as area and period keep it."""
    division = Division.parse(row.code)
    parent = division.parent
    return {
        "code": row.code,
        "short_code": division.short,
        "division_kind": row.division_kind,
        "name": row.name,
        "path_name": path,
        "parent_id": ids[parent.code] if parent else None,
        "source_edition": offer.name,
    }


def _first(row: EditionRow, ids: dict[str, UUID], offer: Offer) -> dict[str, Any]:
    kind, level = kind_of(row.code)
    return {
        "id": ids[row.code],
        "kind": AreaKind(kind),
        "level": level,
        "valid_from": offer.valid_from,
    }


async def _renew(
    session: AsyncSession,
    plan: Plan,
    ids: dict[str, UUID],
    offer: Offer,
    *,
    by: Actor,
    now: datetime,
) -> None:
    """Rename, move, recode: the area stays, a new period of its history opens."""
    renewed = {each.known.id: each for each in plan.renewed}
    names = await queries.former_names(session, list(renewed))
    rows = await queries.areas_for_update(session, list(renewed))
    for area_id, row in rows.items():
        each = renewed[area_id]
        for name, value in _named(each.row, each.path_name, ids, offer).items():
            setattr(row, name, value)
        row.search = text.tokens(each.row.name, each.row.code, *names.get(area_id, ()))
        touch(row, by, now)
    await periods.renew(session, list(rows.values()), on=offer.valid_from)
    feed.mark_many(session, KIND, rows)
