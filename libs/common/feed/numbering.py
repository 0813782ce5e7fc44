"""The leader: one process of a service numbers changes; the others stand by.

A session lock on a direct connection elects it, the locked head rows are the guard. Any fault ends
the job; `common.worker` starts it again, and PostgreSQL frees the lock with the connection.
"""

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import structlog

from common.clock import utc_now
from common.db import Database
from common.feed.anchor import Anchor, anchor_in
from common.feed.direct import MARKED, NUMBERED, direct
from common.feed.epoch import Epoch, settle
from common.feed.kinds import FeedKind
from common.feed.step import BATCH, Step, mark_behind, number_changes, purge_tombstones
from common.pacing import make_way
from common.settings import ServiceSettings

log = structlog.get_logger(__name__)

POLL_S: Final = 1.0
# Under load a step gathers what comes in a quarter second: its round trips cost the same for one
# mark as for a hundred. The first mark after a pause is numbered at once.
PACE_S: Final = 0.25
# While this process imports, a full step is followed by a rest so many times as long: the rows come
# first, their numbers after them (measured: numbering at full speed halves the import). Then it
# catches up at full speed, some 10,000 rows a second.
BULK_REST: Final = 20
STAND_BY_S: Final = 1.0
ANCHOR_S: Final = 1.0
PURGE_S: Final = 600.0

_LOCK: Final = "SELECT pg_try_advisory_lock(hashtextextended('linli.feed', 0))"
# Asked on the connection that holds the lock: an answer is also proof that the lock is still held.
# By the key: a look at the table would begin with the rows of all marks that are done with.
_WORK: Final = (
    "SELECT (SELECT min(id) FROM feed_outbox) IS NOT NULL"
    " OR EXISTS (SELECT FROM feed_parked WHERE retry_at <= now())"
)


async def numbering(
    service: str, opened: Database, kinds: Sequence[FeedKind], settings: ServiceSettings
) -> None:
    """Stand by until elected, then number until something fails. A job for `common.worker`."""
    if not kinds:
        await asyncio.Event().wait()
    async with direct(opened.url, "linli feed numbering") as connection:
        while not await connection.fetchval(_LOCK):  # noqa: ASYNC110 - the lock is PostgreSQL's
            await asyncio.sleep(STAND_BY_S * random.uniform(0.8, 1.2))  # noqa: S311 - only spreads
        anchor = anchor_in(settings.anchor_dir, service)
        leader = Leader(service, opened, {kind.name: kind for kind in kinds}, connection, anchor)
        try:
            await leader.lead(keep=timedelta(days=settings.feed_keep_days))
        finally:
            # A directory that is gone must not hide why the term ended, a cancellation least of
            # all: the job would be started again and the process would not stop.
            with suppress(OSError):
                leader.write_anchor()


@dataclass(slots=True)
class Leader:
    """One term of office, from the election to the first fault."""

    service: str
    opened: Database
    kinds: Mapping[str, FeedKind]
    connection: Any
    anchor: Anchor | None
    epoch: Epoch | None = None
    last_numbers: dict[str, int] = field(default_factory=dict)
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def lead(self, *, keep: timedelta) -> None:
        """Number whenever there is work; ends only by an exception."""
        await self.connection.add_listener(MARKED, lambda *_: self.woken.set())
        await self._begin()
        clock = asyncio.get_running_loop().time
        anchor_due = purge_due = clock()
        while True:
            started = clock()
            step = await self._work()
            if clock() >= anchor_due:
                await asyncio.to_thread(self.write_anchor)
                anchor_due = clock() + ANCHOR_S
            if clock() >= purge_due:
                await self._tidy(keep)
                purge_due = clock() + PURGE_S
            if step.taken < BATCH:
                await self._rest()
            else:
                await make_way(lambda: self.opened.is_busy, BULK_REST * (clock() - started))
            if 0 < step.taken < BATCH:
                await asyncio.sleep(max(0, started + PACE_S - clock()))

    async def _begin(self) -> None:
        """Look whether the database is still the one that readers know."""
        anchored = await asyncio.to_thread(self.anchor.read) if self.anchor else None
        self.epoch = await settle(self.opened.sessions, self.kinds, anchored=anchored)
        await mark_behind(self.opened.sessions, self.kinds)
        self.last_numbers = {k: n for k, n in self.epoch.last_numbers.items() if k in self.kinds}
        if self.epoch.reason:
            await self._tell(self.kinds)
        log.info("feed leader", service=self.service, epoch=self.epoch.name)

    async def _work(self) -> Step:
        """A step, if there is anything to do."""
        self.woken.clear()
        if not await self.connection.fetchval(_WORK):
            return Step(0)
        sessions = self.opened.sessions
        step = await number_changes(sessions, self.kinds, expected=self.last_numbers)
        self.last_numbers |= step.last_numbers
        if step.last_numbers:
            await self._tell(step.last_numbers)
        return step

    async def _tell(self, kinds: Iterable[str]) -> None:
        """Wake the readers that wait, in all processes. After the commit, on this connection."""
        await self.connection.execute("SELECT pg_notify($1, $2)", NUMBERED, ",".join(kinds))

    async def _rest(self) -> None:
        """Until a writer knocks, or the poll that stands behind the knocking."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.woken.wait(), POLL_S)

    async def _tidy(self, keep: timedelta) -> None:
        sessions = self.opened.sessions
        await purge_tombstones(sessions, self.kinds, before=utc_now() - keep)

    def write_anchor(self) -> None:
        """Write down outside the database how far the numbers have come."""
        if self.anchor and self.epoch:
            self.anchor.write(self.epoch.began_at, self.last_numbers)
