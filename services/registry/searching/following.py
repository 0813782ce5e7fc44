"""Keeps the index level with the database: read whole at the start, then change by change.

What this process commits is read before its next search, so that whoever writes finds what was
written; what others commit comes with the feeds, in order, as soon as it is numbered. The first
reading happens in a thread with a connection of its own: other requests are served meanwhile.
"""

import asyncio
import gc
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import date
from typing import Final, NamedTuple, Self
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day, utc_now
from common.db import Database, Mark, database
from common.errors import Text, Unavailable
from common.feed.wake import FeedWaiters
from common.health import IndexHealth
from common.pacing import make_way
from common.tasks import end
from registry.queries import shelving
from registry.queries.shelving import KINDS, PORTION, Head
from registry.searching.documents import Documents
from registry.searching.reading import read_words, shelved
from registry.searching.shelf import Shelf

log = structlog.get_logger(__name__)

LOOK_S: Final = 1.0  # how often the feeds are looked at when nobody rings
PATIENCE_S: Final = 10.0  # how long a search waits for the first reading
REST: Final = 2.0  # rests, by the time that a portion took, while somebody writes in bulk
OWN: Final = 500  # own changes that are read before a search; more come with the feed
AGAIN_S: Final = 1.0

Changes = Mapping[str, Sequence[UUID]]
"""Ids by kind: what is to be read again."""


class Unnumbered(NamedTuple):
    """Changes that had no number yet when the index was read; they are read again with theirs.

    What was published and taken back before its first number never comes in the feed.
    """

    upto: int
    ids: Changes


class IndexLoading(Unavailable):
    """The process has just started and reads what it searches."""

    slug = "index-loading"
    title = Text("检索正在就绪，请稍后重试", "The search is getting ready; try again in a moment")


class Following:
    """The index of this process, and how far it has followed."""

    def __init__(self, opened: Database, waiters: FeedWaiters) -> None:
        self._database = opened
        self._waiters = waiters
        self._shelf: Shelf | None = None
        self._ready = asyncio.Event()
        self._heads: Mapping[str, Head] = {}
        self._unnumbered = Unnumbered(0, {})
        self._own: dict[str, set[UUID]] = defaultdict(set)
        self._reading = asyncio.Lock()
        self._level_at = 0.0
        self._day = date.min
        self._ending = False
        self.documents = Documents()

    @classmethod
    @asynccontextmanager
    async def running(cls, opened: Database, waiters: FeedWaiters) -> AsyncIterator[Self]:
        """Follow while the context is open. Needs no database to start."""
        following = cls(opened, waiters)
        opened.listeners.append(following.note)
        task = asyncio.create_task(following._stay(), name="search-index")
        try:
            yield following
        finally:
            following._ending = True
            opened.listeners.remove(following.note)
            await end(task)

    def note(self, marks: Sequence[Mark]) -> None:
        """What this process has just committed."""
        if len(marks) > OWN:
            return
        for kind, record_id in marks:
            if kind in KINDS:
                self._own[kind].add(record_id)

    async def current(self, session: AsyncSession) -> Shelf:
        """The index with all that this process has written, unless it writes in bulk.

        Raises `IndexLoading` when the first reading takes longer than anybody waits.
        """
        if self._shelf is None:
            try:
                await asyncio.wait_for(self._ready.wait(), PATIENCE_S)
            except TimeoutError as late:
                raise IndexLoading from late
        if self._own or self._reading.locked():
            async with self._reading:
                await self._read_own(session)
        assert self._shelf is not None  # noqa: S101 - it was ready
        return self._shelf

    @property
    def level(self) -> Shelf | None:
        """The index where it holds all that this process has written and read; None otherwise."""
        return None if self._own or self._reading.locked() else self._shelf

    @property
    def age_s(self) -> int:
        """Whole seconds since the index was last known to be level with the feeds."""
        return max(0, int(asyncio.get_running_loop().time() - self._level_at))

    def health(self) -> IndexHealth:
        """How far the index is, for the probe."""
        shelf = self._shelf
        return IndexHealth(
            is_ready=shelf is not None,
            records=0 if shelf is None else len(shelf),
            positions={kind: head.number for kind, head in self._heads.items()},
            age_s=None if shelf is None else float(self.age_s),
        )

    async def _read_own(self, session: AsyncSession) -> None:
        own, self._own = self._own, defaultdict(set)
        if sum(map(len, own.values())) > OWN:
            return
        changes = {kind: list(ids) for kind, ids in own.items() if ids}
        try:
            await self._apply(session, changes)
        except BaseException:
            for kind, ids in changes.items():
                self._own[kind].update(ids)
            raise

    async def _stay(self) -> None:
        """Read, then follow; after a fault, and when the index is worn, begin again."""
        while True:
            try:
                await self._read()
                await self._follow()
            except Exception as fault:  # also the driver's own, when the server dies mid-word
                log.info("search index is behind", fault=type(fault).__name__)
            await asyncio.sleep(AGAIN_S)

    async def _read(self) -> None:
        """Everything anew, beside the index that serves. Its heads are those before the reading."""
        if self._shelf is not None and not self._shelf.is_worn and not await self._is_other():
            return
        with _uncollected():
            shelf, self._heads, self._unnumbered = await asyncio.to_thread(
                lambda: asyncio.run(self._whole())
            )
        self._shelf = shelf
        gc.freeze()  # millions of objects that stay: no collection walks through them again
        self.documents.forget_all()
        self._level_at = asyncio.get_running_loop().time()
        self._ready.set()
        log.info("search index is ready", offerings=len(shelf))

    async def _whole(self) -> tuple[Shelf, Mapping[str, Head], "Unnumbered"]:
        async with (
            database(self._database.url, pool_size=1, journal=False) as opened,
            opened.sessions() as session,
        ):
            heads = await shelving.heads(session)
            shelf = Shelf(await read_words(session))
            async for rows in shelving.walk(session):
                shelf.put(shelved(rows))
                if self._ending:
                    break
            waiting = await shelving.unnumbered(session)
        ids: dict[str, list[UUID]] = defaultdict(list)
        for row in waiting:
            ids[row.kind].append(row.record_id)
        return shelf, heads, Unnumbered(max((row.id for row in waiting), default=0), ids)

    async def _is_other(self) -> bool:
        """Whether the database was restored since: positions then mean nothing."""
        async with self._database.sessions() as session:
            now = await shelving.heads(session)
        return any(
            kind in now and (now[kind].epoch != head.epoch or now[kind].number < head.number)
            for kind, head in self._heads.items()
        )

    async def _follow(self) -> None:
        """Until the index is worn or its database is another one."""
        assert self._shelf is not None  # noqa: S101 - it was read
        documents = asyncio.create_task(self._fill(), name="search-documents")
        try:
            while not self._shelf.is_worn and not await self._is_other():
                bells = [self._waiters.bell(kind) for kind in KINDS]
                if not await self._step():
                    await _any_of(bells, LOOK_S)
        finally:
            documents.cancel()

    async def _step(self) -> bool:
        """Take one portion of each feed; whether there was anything."""
        clock = asyncio.get_running_loop().time
        began, moved = clock(), False
        async with self._database.sessions() as session:
            await self._turn_the_day(session)
            for kind in KINDS:
                head = self._heads.get(kind)
                after = head.number if head else 0
                rows = await shelving.changed(session, kind, after, limit=PORTION)
                if rows:
                    async with self._reading:
                        await self._apply(session, {kind: [row.record_id for row in rows]})
                    epoch = head.epoch if head else (await shelving.heads(session))[kind].epoch
                    self._heads = {**self._heads, kind: Head(rows[-1].change_number, epoch)}
                    moved = True
            if self._unnumbered.ids and not await shelving.is_waiting(
                session, self._unnumbered.upto
            ):
                async with self._reading:
                    await self._apply(session, self._unnumbered.ids)
                self._unnumbered = Unnumbered(0, {})
        if not moved:
            self._level_at = clock()
        else:
            await make_way(lambda: self._database.is_busy, REST * (clock() - began))
        return moved

    async def _turn_the_day(self, session: AsyncSession) -> None:
        """On a new day other synonyms count, though nobody changed a word."""
        today = city_day(utc_now())
        if today == self._day:
            return
        async with self._reading:
            await self._renew(session, await self._reword(session))
        self._day = today

    async def _apply(self, session: AsyncSession, changes: Changes) -> None:
        """Read what changed and put it in the place of what stood."""
        shelf = self._shelf
        assert shelf is not None  # noqa: S101 - it was read
        ids = list(changes.get("offering", ()))
        if venues := changes.get("venue"):
            ids += await shelving.offerings_of(session, venues)
        if changes.get("dictionary_entry"):
            ids += await self._reword(session)
        await self._renew(session, ids)
        if areas := changes.get("area"):
            shelf.area_names = {}  # another one: who still waits for names fills the old one
            self.documents.forget(await shelving.offerings_in(session, areas))

    async def _reword(self, session: AsyncSession) -> list[UUID]:
        """Read the words of today; the offerings that are found by other ones than before."""
        shelf = self._shelf
        assert shelf is not None  # noqa: S101 - it was read
        renamed = shelf.reword(await read_words(session))
        return [each for code in renamed for each in shelf.of_category(code)]

    async def _renew(self, session: AsyncSession, ids: Sequence[UUID]) -> None:
        """Read some offerings and put them in the place of what stood."""
        shelf = self._shelf
        assert shelf is not None  # noqa: S101 - it was read
        for start in range(0, len(ids), PORTION):
            part = ids[start : start + PORTION]
            entries = shelved(await shelving.entries(session, part))
            shelf.drop(part)
            shelf.put(entries)
            self.documents.forget(part)
            await asyncio.sleep(0)

    async def _fill(self) -> None:
        """Render what nobody asked for yet, in quiet moments."""
        assert self._shelf is not None  # noqa: S101 - it was read
        await self.documents.fill(
            self._database.sessions, self._shelf, is_busy=lambda: self._database.is_busy
        )


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for garbage while millions of objects are made that stay: it took half the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


async def _any_of(bells: Sequence[asyncio.Event], wait_s: float) -> None:
    waits = [asyncio.create_task(bell.wait()) for bell in bells]
    try:
        await asyncio.wait(waits, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
