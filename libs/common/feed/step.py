"""One numbering step: take marks, render what they point at, give numbers. One transaction.

The order inside is the proof. The head rows are locked first, so steps follow each other. Under
REPEATABLE READ one snapshot shows marks and records alike: a mark that is visible has its change
visible, and a mark that is not yet visible is not deleted and comes with a later step.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from common.crypto.digest import sm3
from common.feed import statements as sql
from common.feed.faults import is_rollback
from common.feed.items import item_json
from common.feed.kinds import FeedKind
from common.feed.rendering import Present, render

log = structlog.get_logger(__name__)

BATCH = 500
Sessions = async_sessionmaker[AsyncSession]


class HeadMovedError(RuntimeError):
    """The heads are not where this leader left them: another led, or the database was replaced."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did: how many marks it took, and the new last number of each kind it moved."""

    taken: int
    last_numbers: Mapping[str, int] = field(default_factory=dict)


class Change(NamedTuple):
    """A state on its way into the feed; `present` is None for a tombstone."""

    record_id: UUID
    number: int
    present: Present | None


@asynccontextmanager
async def snapshot(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """A session whose one transaction sees one state of the database."""
    async with sessions.begin() as session:
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


async def number_changes(
    sessions: Sessions,
    kinds: Mapping[str, FeedKind],
    *,
    expected: Mapping[str, int] | None = None,
    batch: int = BATCH,
) -> Step:
    """Number up to `batch` marks. Nothing is taken unless all of it is published.

    Raises `HeadMovedError` when `expected` (kind -> last number) is not what the heads say.
    """
    step = Step(0)
    async for attempt in AsyncRetrying(
        retry=retry_if_exception(is_rollback),
        stop=stop_after_attempt(10),
        wait=wait_random_exponential(multiplier=0.02, max=1),
        reraise=True,
    ):
        with attempt:
            async with snapshot(sessions) as session:
                step = await _number(session, kinds, expected, batch)
    return step


async def _number(
    session: AsyncSession,
    kinds: Mapping[str, FeedKind],
    expected: Mapping[str, int] | None,
    batch: int,
) -> Step:
    heads = await _locked(session, kinds)
    for name, number in (expected or {}).items():
        if name not in heads or heads[name].last_number != number:
            raise HeadMovedError
    rows = (await session.execute(sql.TAKEN, {"kinds": [*heads], "batch": batch})).all()
    if not rows:
        return Step(0)

    marked: dict[str, dict[UUID, None]] = {}
    for _, kind, record_id, _ in rows:
        marked.setdefault(kind, {})[record_id] = None
    for form in kinds.values():
        if form.of in marked and form.name in heads:
            marked.setdefault(form.name, {}).update(marked[form.of])
    published = {
        name: await _publish(session, kinds[name], [*ids], heads[name])
        for name, ids in marked.items()
    }
    moved = {name: last for name, last in published.items() if last > heads[name].last_number}
    if moved:
        await session.execute(sql.MOVED, {"kinds": [*moved], "numbers": [*moved.values()]})
    await session.execute(sql.DONE, {"ids": [row.id for row in rows if row.id]})
    return Step(len(rows), moved)


async def _locked(session: AsyncSession, kinds: Mapping[str, FeedKind]) -> dict[str, Row[Any]]:
    """The heads, locked: whoever else numbers waits, or is rolled back and tries again."""
    rows = await session.execute(sql.LOCKED, {"kinds": [*kinds]})
    return {row.kind: row for row in rows}


async def _publish(
    session: AsyncSession, kind: FeedKind, ids: Sequence[UUID], head: Row[Any]
) -> int:
    """Render one kind's records, upsert those that look different from before: the last number."""
    rendering = await render(session, kind, ids)
    known = {
        row.record_id: row
        for row in await session.execute(sql.KNOWN, {"kind": kind.name, "ids": ids})
    }
    changes: list[Change] = []
    for each in ids:
        if each not in rendering.faults and _differs(known.get(each), rendering.present.get(each)):
            number = head.last_number + len(changes) + 1
            changes.append(Change(each, number, rendering.present.get(each)))
    if changes:
        await session.execute(sql.UPSERTED, _columns(kind.name, changes))
    if rendering.faults:
        await _park(session, kind.name, rendering.faults)
    if head.has_parked:
        well = [each for each in ids if each not in rendering.faults]
        await session.execute(sql.RELEASED, {"kind": kind.name, "ids": well})
    return int(head.last_number) + len(changes)


def _differs(known: Row[Any] | None, present: Present | None) -> bool:
    """Whether readers would learn something: an absent record that they never saw is no news."""
    if present is None:
        return known is not None and known.state == "updated"
    return known is None or known.digest != present.digest


def _columns(kind: str, changes: Sequence[Change]) -> dict[str, Any]:
    return {
        "kind": kind,
        "ids": [change.record_id for change in changes],
        "numbers": [change.number for change in changes],
        "bodies": [_item(kind, change) for change in changes],
        "digests": [change.present.digest if change.present else None for change in changes],
        "sums": [sm3(change.present.data) if change.present else None for change in changes],
        "areas": [change.present.area if change.present else None for change in changes],
    }


def _item(kind: str, change: Change) -> bytes:
    data = change.present.data if change.present else None
    return item_json(kind, change.record_id, change.number, data)


async def _park(session: AsyncSession, kind: str, faults: Mapping[UUID, str]) -> None:
    """Set aside what cannot be rendered, visibly and loudly; it is tried again by and by."""
    first = next(iter(faults.values()))
    log.error("feed cannot render", kind=kind, records=len(faults), fault=first)
    values = {"kind": kind, "ids": [*faults], "faults": [*faults.values()]}
    await session.execute(sql.PARKED, values)


async def mark_behind(sessions: Sessions, kinds: Mapping[str, FeedKind]) -> None:
    """Mark what kinds that tell another's records have missed; once a term of office."""
    async with sessions.begin() as session:
        for kind in kinds.values():
            if kind.of is not None:
                await session.execute(sql.BEHIND, {"kind": kind.name, "of": kind.of})


async def purge_tombstones(
    sessions: Sessions, kinds: Mapping[str, FeedKind], *, before: datetime
) -> dict[str, int]:
    """Drop tombstones numbered before an instant, and tell how many. Cursors before them end."""
    dropped: dict[str, int] = {}
    async with sessions.begin() as session:
        await _locked(session, kinds)
        for name in kinds:
            values: dict[str, Any] = {"kind": name, "before": before}
            through = await session.scalar(sql.OLD_TOMBSTONE, values)
            if through is not None:
                found = await session.execute(sql.PURGED, {"kind": name, "through": through})
                dropped[name] = getattr(found, "rowcount", 0)
                await session.execute(sql.PURGED_THROUGH, {"kind": name, "through": through})
    return dropped
