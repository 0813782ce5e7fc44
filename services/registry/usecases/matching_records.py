"""Looking for duplicates: records that are new or changed are filed, and compared with their like.

A look is bounded and leaves the queue right for the records it took: repeating it changes nothing.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.registry.duplicates import DuplicateKind, DuplicateStatus, Sweep
from common.ids import uuid7
from common.turns import take_turn
from registry.domain.double_funding import in_order
from registry.domain.likeness.blocking import CROWDED, keys, probes
from registry.domain.likeness.names import Gazetteer
from registry.domain.likeness.records import Likened, likened
from registry.domain.likeness.scoring import SHOWN_FROM, Likeness, likeness
from registry.queries import duplicates as queries

BATCH: Final = 100
Pair = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Look:
    """What is known for one look: the records, and who shares which key."""

    records: Mapping[UUID, Likened]
    filed: Mapping[str, list[UUID]]


async def look(
    session: AsyncSession, kind: DuplicateKind, *, now: datetime, limit: int = BATCH
) -> int:
    """Look at the next records, whoever they belong to; how many there were."""
    await take_turn(session, "duplicates", kind)  # else two would file the same records
    rows = await queries.unseen(session, kind, limit=limit)
    await _look_at(session, kind, rows, now=now)
    return len(rows)


async def look_by(
    session: AsyncSession, kind: DuplicateKind, *, by: Actor, now: datetime, limit: int = BATCH
) -> Sweep:
    """Look at the next records of the caller's area."""
    await take_turn(session, "duplicates", kind)
    rows = await queries.unseen(session, kind, limit=limit, actor=by)
    found = await _look_at(session, kind, rows, now=now)
    left = await queries.unseen_count(session, kind, by)
    return Sweep(looked_at=len(rows), found=found, left=left)


async def _look_at(
    session: AsyncSession, kind: DuplicateKind, rows: Sequence[Row[Any]], *, now: datetime
) -> int:
    if not rows:
        return 0
    gazetteer = Gazetteer.of(await queries.place_names(session))
    own = await asyncio.to_thread(_likened, _told(row for row in rows if row.stands), gazetteer)
    filed = {row.id: keys(own[row.id]) if row.id in own else () for row in rows}
    await queries.refile(session, kind, filed)
    wanted = {key for record in own.values() for key in probes(record)}
    sharing = await queries.sharing(session, kind, wanted)
    others = {each for held in sharing.values() if len(held) <= CROWDED for each in held}
    strangers = await queries.rows(session, kind, others - own.keys())
    known = own | await asyncio.to_thread(_likened, _told(strangers), gazetteer)
    pairs = await asyncio.to_thread(_alike, own, Look(known, sharing))

    found = [_queued(kind, pair, told, now) for pair, told in pairs.items()]
    await queries.keep_found(session, kind, [row.id for row in rows], found)
    await queries.mark_seen(session, kind, {row.id: row.version for row in rows})
    return len(found)


def _told(rows: Iterable[Row[Any]]) -> list[dict[str, Any]]:
    return [row._asdict() for row in rows]


def _likened(rows: list[dict[str, Any]], gazetteer: Gazetteer) -> dict[UUID, Likened]:
    return {row["id"]: likened(row, gazetteer) for row in rows}


def _alike(own: Mapping[UUID, Likened], seen: Look) -> dict[Pair, Likeness]:
    """The pairs that are alike enough for people to look at."""
    found: dict[Pair, Likeness] = {}
    for record in own.values():
        for other in _sharing(record, seen):
            pair = in_order(record.id, other.id)  # type: ignore[arg-type]  # ids of rows
            if pair in found or record.id == other.id:
                continue
            holders = len(seen.filed.get(f"p:{record.phone}", ()))
            told = likeness(record, other, phone_shared_by=holders)
            if told.score >= SHOWN_FROM:
                found[pair] = told
    return found


def _sharing(record: Likened, seen: Look) -> list[Likened]:
    held = (seen.filed.get(key, []) for key in probes(record))
    ids = {each for others in held if len(others) <= CROWDED for each in others}
    return [seen.records[each] for each in sorted(ids) if each in seen.records]


def _queued(kind: DuplicateKind, pair: Pair, told: Likeness, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "kind": kind,
        "first_id": pair[0],
        "second_id": pair[1],
        "score": told.score,
        "reasons": [
            {"code": r.code, "weight": r.weight, "zh": r.text.zh, "en": r.text.en}
            for r in told.reasons
        ],
        "status": DuplicateStatus.OPEN,
        "found_at": now,
    }
