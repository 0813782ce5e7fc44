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
from common.feed.faults import is_rollback, passes
from common.feed.items import item_json
from common.feed.kinds import FeedKind
from common.feed.rendering import Present, Render, Rendering, rendered_apart, rendered_together
from common.straight import rows, written

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

    kind: str
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

    A step in which a record cannot be rendered is taken again, looking at each by itself.
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
            try:
                async with snapshot(sessions) as session:
                    step = await _number(session, kinds, expected, batch, rendered_together)
            except Exception as fault:
                if passes(fault) or isinstance(fault, HeadMovedError):
                    raise
                async with snapshot(sessions) as session:
                    step = await _number(session, kinds, expected, batch, rendered_apart)
    return step


async def _number(
    session: AsyncSession,
    kinds: Mapping[str, FeedKind],
    expected: Mapping[str, int] | None,
    batch: int,
    rendered: Render,
) -> Step:
    heads = {row.kind: row for row in await rows(session, sql.LOCKED, [*kinds])}
    for name, number in (expected or {}).items():
        if name not in heads or heads[name].last_number != number:
            raise HeadMovedError
    taken = await rows(session, sql.TAKEN, [*heads], batch)
    if not taken:
        return Step(0)

    marked: dict[str, dict[UUID, None]] = {}
    for _, kind, record_id in taken:
        marked.setdefault(kind, {})[record_id] = None
    for form in kinds.values():
        if form.of in marked and form.name in heads:
            marked.setdefault(form.name, {}).update(marked[form.of])
    looks = await rendered(session, [(kinds[name], [*ids]) for name, ids in marked.items()])
    changes = _changes(heads, marked, looks, await _known(session, marked))
    moved = {change.kind: change.number for change in changes}
    await _publish(session, changes, moved, [row.id for row in taken if row.id])
    for name, look in looks.items():
        await _set_aside(session, heads[name], look, [*marked[name]])
    return Step(len(taken), moved)


async def _known(
    session: AsyncSession, marked: Mapping[str, Mapping[UUID, None]]
) -> Mapping[tuple[str, UUID], Row[Any]]:
    """How readers know the marked records, those that they know."""
    pairs = [(name, each) for name, ids in marked.items() for each in ids]
    names, ids = zip(*pairs, strict=True)
    found = await rows(session, sql.KNOWN, [*names], [*ids])
    return {(row.kind, row.record_id): row for row in found}


def _changes(
    heads: Mapping[str, Row[Any]],
    marked: Mapping[str, Mapping[UUID, None]],
    looks: Mapping[str, Rendering],
    known: Mapping[tuple[str, UUID], Row[Any]],
) -> list[Change]:
    """The next numbers for records that look different from before."""
    changes = []
    for name, ids in marked.items():
        look, number = looks[name], heads[name].last_number
        for each in ids:
            present = look.present.get(each)
            if each not in look.faults and _differs(known.get((name, each)), present):
                number += 1
                changes.append(Change(name, each, number, present))
    return changes


def _differs(known: Row[Any] | None, present: Present | None) -> bool:
    """Whether readers would learn something: an absent record that they never saw is no news."""
    if present is None:
        return known is not None and known.state == "updated"
    return known is None or known.digest != present.digest


async def _publish(
    session: AsyncSession, changes: Sequence[Change], moved: Mapping[str, int], done: list[int]
) -> None:
    """Write the changes, move the heads, and be done with the marks."""
    presents = [change.present for change in changes]
    columns = (
        [change.kind for change in changes],
        [change.record_id for change in changes],
        [change.number for change in changes],
        [_item(change) for change in changes],
        [present and present.digest for present in presents],
        [present and sm3(present.data) for present in presents],
        [present and present.area for present in presents],
    )
    await written(session, sql.PUBLISHED, *columns, [*moved], [*moved.values()], done)


def _item(change: Change) -> bytes:
    data = change.present.data if change.present else None
    return item_json(change.kind, change.record_id, change.number, data)


async def _set_aside(
    session: AsyncSession, head: Row[Any], look: Rendering, ids: Sequence[UUID]
) -> None:
    """Park what cannot be rendered; what can be again is parked no longer."""
    if look.faults:
        await _park(session, head.kind, look.faults)
    if head.has_parked:
        well = [each for each in ids if each not in look.faults]
        await session.execute(sql.RELEASED, {"kind": head.kind, "ids": well})


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
        await rows(session, sql.LOCKED, [*kinds])
        for name in kinds:
            values: dict[str, Any] = {"kind": name, "before": before}
            through = await session.scalar(sql.OLD_TOMBSTONE, values)
            if through is not None:
                found = await session.execute(sql.PURGED, {"kind": name, "through": through})
                dropped[name] = getattr(found, "rowcount", 0)
                await session.execute(sql.PURGED_THROUGH, {"kind": name, "through": through})
    return dropped
