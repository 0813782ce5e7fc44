"""Following a feed: each change at least once on the wire, once in effect, in order.

The cursor lies in the consumer's own database and moves in the transaction of the effect. After a
410 the walk begins again from zero; what it does not meet again is handed on as deleted at its end,
so that the outcome is that of a consumer which was there all along.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import structlog
from prometheus_client import Gauge
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.ending import in_one_statement
from common.feed.client import Change, FeedClient, FeedPage, MustRestartError
from common.straight import rows

log = structlog.get_logger(__name__)

Sessions = async_sessionmaker[AsyncSession]
Apply = Callable[[AsyncSession, Sequence[Change]], Awaitable[None]]

SWEEP_BATCH: Final = 500
# Under load a turn gathers what comes in a while: its round trips cost the same for one change as
# for a hundred, so the more a turn brought the longer the next one gathers. The first change after
# a pause is taken at once, and a page with many is followed by the next one.
PACE_S: Final = 0.25
LONGEST_PACE_S: Final = 1.0
EACH_S: Final = 0.05
MANY: Final = 100
# Of this process, and no row: a feed that has nothing new is looked at again and again.
LOOKED: Final = Gauge(
    "feed_followed_looked_timestamp_seconds", "When a followed feed last answered", ["source"]
)


class Place(NamedTuple):
    """How far a consumer has come."""

    query: str
    position: int
    generation: int
    is_sweeping: bool


class Turn(NamedTuple):
    """What one look at the feed came to; `place`: where it goes on, if this turn has moved it."""

    applied: int
    is_end: bool
    place: Place | None = None


# The first walk is a sweep too, and finds nothing to sweep: its end tells that all has been read.
_FIRST: Final = text(
    "INSERT INTO feed_cursor (source, query, position, generation, is_sweeping, moved_at)"
    " VALUES (:source, '', 0, 1, true, now()) ON CONFLICT (source) DO NOTHING"
)
_PLACE: Final = (
    "SELECT query, position, generation, is_sweeping FROM feed_cursor WHERE source = :source"
)
_READ: Final = text(_PLACE)
_LOCKED: Final = text(_PLACE + " FOR UPDATE")
# Compare and set on the whole place: of two consumers with overlapping pages one gives way. Whoever
# moves it writes down with it what the page has met.
_ADVANCED: Final = (
    "WITH advanced AS (UPDATE feed_cursor SET query = $5, position = $6, moved_at = now()"
    "  WHERE source = $1 AND query = $2 AND position = $3 AND generation = $4 RETURNING 1),"
    " met AS (INSERT INTO feed_seen AS s (source, record_id, generation)"
    "  SELECT $1, m.id, $4 FROM unnest($7::uuid[]) AS m (id) WHERE EXISTS (SELECT FROM advanced)"
    "  ON CONFLICT (source, record_id) DO UPDATE SET generation = excluded.generation"
    "  WHERE s.generation <> excluded.generation),"
    " gone AS (DELETE FROM feed_seen WHERE source = $1 AND record_id = ANY($8)"
    "  AND EXISTS (SELECT FROM advanced))"
    " SELECT 1 FROM advanced"
)
_RESTARTED: Final = text(
    "UPDATE feed_cursor SET query = :next_query, position = 0, generation = generation + 1,"
    " is_sweeping = true, moved_at = now()"
    " WHERE source = :source AND generation = :generation AND position = :position"
    " AND query = :query"
)
_UNMET: Final = text(
    "DELETE FROM feed_seen WHERE source = :source AND record_id IN ("
    " SELECT record_id FROM feed_seen WHERE source = :source AND generation < :generation"
    " LIMIT :batch) RETURNING record_id"
)
_SWEPT: Final = text("UPDATE feed_cursor SET is_sweeping = false WHERE source = :source")


async def follow(source: FeedClient, sessions: Sessions, apply: Apply, *, wait_s: int = 20) -> None:
    """Apply changes as they come, until cancelled. Faults are raised: run it as a job."""
    place = None
    while True:
        turn = await take_turn(source, sessions, apply, wait_s=wait_s, place=place)
        place = turn.place
        await asyncio.sleep(pause_s(turn.applied))


def pause_s(applied: int) -> float:
    """How long the turn after one with so many changes gathers."""
    if not 0 < applied < MANY:
        return 0
    return min(max(PACE_S, EACH_S * applied), LONGEST_PACE_S)


async def catch_up(source: FeedClient, sessions: Sessions, apply: Apply) -> int:
    """Apply all there is now; how many changes that were."""
    applied = 0
    while True:
        turn = await take_turn(source, sessions, apply)
        applied += turn.applied
        if turn.is_end:
            return applied


async def take_turn(
    source: FeedClient,
    sessions: Sessions,
    apply: Apply,
    *,
    wait_s: int = 0,
    place: Place | None = None,
) -> Turn:
    """Fetch one page and apply it in one transaction with the cursor.

    Where there is none the feed is asked to wait for it, unless a walk is to be ended. `place` is
    where the turn before has left the cursor; somebody may have moved it since, which is noticed.
    """
    place = place or await _place(source.source, sessions)
    try:
        # No transaction is open during the remote call.
        page = await source.page(place.query, wait_s=0 if place.is_sweeping else wait_s)
    except MustRestartError as refusal:
        await _restart(source.source, sessions, place, refusal.query)
        return Turn(0, is_end=False)
    LOOKED.labels(source.source).set_to_current_time()
    if page.is_end:
        return (
            await _sweep(source, sessions, place, apply)
            if place.is_sweeping
            else Turn(0, is_end=True)
        )
    return await _apply_page(source.source, sessions, place, page, apply)


async def _place(source: str, sessions: Sessions) -> Place:
    async with sessions.begin() as session:
        in_one_statement(session)
        row = (await session.execute(_READ, {"source": source})).one_or_none()
        if row is None:
            await session.execute(_FIRST, {"source": source})
            row = (await session.execute(_READ, {"source": source})).one()
    return Place(*row)


async def _apply_page(
    source: str, sessions: Sessions, place: Place, page: FeedPage, apply: Apply
) -> Turn:
    to = page.items[-1].number if page.items else place.position
    met = [change.id for change in page.items if not change.is_deleted]
    gone = [change.id for change in page.items if change.is_deleted]
    moved = (*(source, place.query, place.position, place.generation), page.next_query, to)
    async with sessions.begin() as session:
        if not await rows(session, _ADVANCED, *moved, met, gone):
            return Turn(0, is_end=False)  # another process of this service was quicker
        if page.items:
            await apply(session, page.items)
    place = place._replace(query=page.next_query, position=to)
    return Turn(len(page.items), is_end=False, place=place)


async def _restart(source: str, sessions: Sessions, place: Place, query: str) -> None:
    async with sessions.begin() as session:
        values = {"source": source, "next_query": query, **place._asdict()}
        await session.execute(_RESTARTED, values)
    log.warning("feed is read from its start again", source=source)


async def _sweep(source: FeedClient, sessions: Sessions, place: Place, apply: Apply) -> Turn:
    """Hand on as deleted a batch of what this walk did not meet."""
    async with sessions.begin() as session:
        now_at = (await session.execute(_LOCKED, {"source": source.source})).one()
        if Place(*now_at) != place:
            return Turn(0, is_end=False)  # somebody else went on; look again
        values = {
            "source": source.source,
            "generation": place.generation,
            "batch": SWEEP_BATCH,
        }
        unmet: list[UUID] = [*await session.scalars(_UNMET, values)]
        if not unmet:
            await session.execute(_SWEPT, {"source": source.source})
            return Turn(0, is_end=True)
        kind = source.source.rpartition("/")[2]
        await apply(session, [Change(kind, each, place.position, None) for each in unmet])
    return Turn(len(unmet), is_end=False)
