"""Keeps the shelf level with the feeds: read whole at the start, then change by change.

Every process follows for itself, with its place in memory: it begins anew after a restart. Venues
are read before offerings, so that an offering finds its venue.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final, Self
from uuid import UUID

import structlog

from common.clock import city_day, utc_now
from common.contracts.feeds import Kind
from common.contracts.matching_queries import IndexState
from common.contracts.vocabulary import RatingDimension
from common.db import Database
from common.errors import Problem, Text, Unavailable
from common.feed.client import Change, FeedClient, MustRestartError
from common.feed.wake import FeedWaiters
from common.health import IndexHealth
from common.http import ServiceHttp
from common.rules import RuleTable, packaged_rules
from common.rules_table import rule_table
from matching.domain.scoring import Policy
from matching.queries.allocation_results import newest_prices
from matching.settings import Settings
from matching.shelf import quickest
from matching.shelf.columns import Rows
from matching.shelf.entries import Reader, State, house
from matching.shelf.footpaths import Footpaths, footpaths
from matching.shelf.shelf import Shelf
from matching.shelf.taking import Taking

log = structlog.get_logger(__name__)

JURISDICTION: Final = "310000"
MATCH_ORDER: Final = "rating.use.match_order"  # the rule of procurement that lets ratings count
WAIT_S: Final = 5  # how long a feed is asked to wait for a change
PATIENCE_S: Final = 10.0  # how long a question waits for the first reading
RULES_S: Final = 30.0  # how often the weights are looked at
AGAIN_S: Final = 1.0
REST_S: Final = 0.02  # after an empty page: not every server waits as it is asked to
BREATH: Final = 100  # states that are read without letting others work

Sources = Mapping[Kind, FeedClient]
Take = Callable[[Sequence[Change]], Awaitable[None]]


class MatchesLoading(Unavailable):
    """The process has just started and reads what it matches."""

    slug = "matches-loading"
    title = Text("匹配正在就绪，请稍后重试", "The matching is getting ready; try again in a moment")


class Following:
    """The shelf of this process, and how far it has followed."""

    def __init__(
        self, sources: Sources, policy: Policy, footpaths: Footpaths | None = None
    ) -> None:
        self.footpaths = footpaths
        self._sources = sources
        self._policy = policy
        self._version = policy.version
        self._shelf = Shelf(policy, quickest.best)
        self._ready = asyncio.Event()
        self._priced_by: UUID | None = None
        self._queries: dict[Kind, str] = {}
        self._level_at: dict[Kind, float] = {}
        self.positions: dict[Kind, int] = {}
        if not sources:
            self._ready.set()

    @classmethod
    @asynccontextmanager
    async def running(
        cls, settings: Settings, opened: Database, waiters: FeedWaiters
    ) -> AsyncIterator[Self]:
        """Follow while the context is open. Needs neither the feeds nor a database to start."""
        async with AsyncExitStack() as stack:
            sources = await _sources(settings, stack)
            paths = await stack.enter_async_context(footpaths(settings))
            policy = policy_of(packaged_rules("matching"))
            following = cls(sources, policy, paths)
            tasks = [asyncio.create_task(following.stay(), name="match-index")] if sources else []
            tasks.append(asyncio.create_task(following.weigh(opened), name="match-weights"))
            count = following.count(opened, waiters)
            tasks.append(asyncio.create_task(count, name="match-places"))
            tasks.append(asyncio.create_task(quickest.become(policy), name="match-kernel"))
            try:
                yield following
            finally:
                await _ended(tasks)

    async def current(self) -> Shelf:
        """The shelf as it stands. Raises `MatchesLoading` while it is first read."""
        if not self._ready.is_set():
            try:
                await asyncio.wait_for(self._ready.wait(), PATIENCE_S)
            except TimeoutError as late:
                raise MatchesLoading from late
        return self._shelf

    @property
    def shelf(self) -> Shelf:
        """The shelf as it stands, empty until it `is_ready`."""
        return self._shelf

    @property
    def is_ready(self) -> bool:
        """Whether the first reading is done."""
        return self._ready.is_set()

    @property
    def state(self) -> IndexState:
        """How far the feeds were followed and how long ago they were last known to be level."""
        return IndexState(**self.standing)

    @property
    def standing(self) -> dict[str, Any]:
        """The same as plain values, for answers that are written many times a second."""
        age_s = None
        if self._level_at:
            age_s = round(asyncio.get_running_loop().time() - min(self._level_at.values()), 3)
        return {
            "offerings": len(self._shelf),
            "positions": {kind.value: number for kind, number in self.positions.items()},
            "age_s": age_s,
            "policy": self._version,
        }

    def health(self) -> IndexHealth:
        """How far the index is, for the probe."""
        state = self.state
        return IndexHealth(
            is_ready=self.is_ready,
            records=state.offerings,
            positions=state.positions,
            age_s=state.age_s,
        )

    async def stay(self) -> None:
        """Read, then follow; after a fault begin again where it was, or anew."""
        while True:
            try:
                while not self._queries:
                    await self.read()
                await self.follow()
            except MustRestartError:
                self._queries = {}
            except Exception as fault:  # whatever it is, the shelf goes on serving meanwhile
                log.warning("match index is behind", fault=type(fault).__name__)
                await asyncio.sleep(AGAIN_S)

    async def read(self) -> None:
        """Everything anew, beside the shelf that serves; again if other funds bind meanwhile."""
        policy = self._policy
        shelf, parts = Shelf(policy, quickest.best), list[Rows]()
        reader = Reader(policy)
        queries: dict[Kind, str] = {}

        async def shelve(changes: Sequence[Change]) -> None:
            entries = [reader.entry(each.data) for each in changes if each.data is not None]
            if entries:
                parts.append(shelf.lists.rows(entries))

        async def learn(changes: Sequence[Change]) -> None:
            _learn(shelf, changes)

        for kind in self._sources:
            take = shelve if kind is Kind.OFFERING else learn
            queries[kind] = await self._walk(kind, take)
        self._hand_on(shelf)
        await asyncio.to_thread(shelf.lay, parts)
        if policy.money != self._policy.money:
            return
        if self._hand_on(shelf):
            shelf.weigh()
        self._shelf, self._queries = shelf, queries
        gc.freeze()  # what was read stays: no collection walks through it while a resident waits
        self._ready.set()
        log.info("match index is ready", offerings=len(shelf))

    def _hand_on(self, shelf: Shelf) -> bool:
        """Give a new shelf the weights, prices and places of now; whether it had other ones."""
        new, old = shelf.lists, self._shelf.lists
        had_others = new.policy is not self._policy or new.scarcity is not old.scarcity
        new.scarcity, new.places = old.scarcity, old.places
        if had_others:
            new.weigh(self._policy)
        return had_others

    async def follow(self) -> None:
        """All feeds side by side, until one of them fails or all must be read anew."""
        tasks = [asyncio.create_task(self._follow(kind)) for kind in self._sources]
        try:
            await asyncio.gather(*tasks)
        finally:
            await _ended(tasks)

    async def weigh(self, opened: Database) -> None:
        """Take the weights as people set them in the rule table."""
        while True:
            try:
                async with opened.sessions() as session:
                    self.take(policy_of(await rule_table(session)))
                    self.price(*await newest_prices(session))
            except Problem as unset:
                log.warning("weights are not taken", fault=unset.sentence().en)
            except Exception as fault:  # the database may come later
                log.info("weights are not read", fault=type(fault).__name__)
            await asyncio.sleep(RULES_S)

    async def count(self, opened: Database, waiters: FeedWaiters) -> None:
        """Keep the places that are taken level with the database."""

        def level(number: int) -> None:
            self.positions[Kind.REFERRAL] = number
            self._level(Kind.REFERRAL)

        await Taking(opened, waiters, lambda: self._shelf).stay(level)

    def take(self, policy: Policy) -> None:
        """Other weights at once; whose money binds whom only with everything read anew."""
        old, self._policy = self._policy, policy
        before, self._version = self._version, policy.version
        if self._version == before:
            return
        self._shelf.weigh(policy)
        if policy.money != old.money:
            self._queries = {}

    def price(self, run_id: UUID | None, minutes: Mapping[UUID, float]) -> None:
        """Other prices of scarcity at once: those of the run that was committed last."""
        if run_id != self._priced_by:
            self._priced_by = run_id
            self._shelf.lists.scarcity = dict(minutes)
            self._shelf.weigh()

    async def _walk(self, kind: Kind, take: Take) -> str:
        """From the first page of a feed to its end; the query of what comes after."""
        query = ""
        while True:
            page = await self._sources[kind].page(query)
            if page.is_end:
                self._level(kind)
                return page.next_query
            await take(page.items)
            self._moved(kind, page.items)
            query = page.next_query

    async def _follow(self, kind: Kind) -> None:
        queries = self._queries
        while self._queries is queries:  # until everything is to be read anew
            page = await self._sources[kind].page(queries[kind], wait_s=WAIT_S)
            await self._apply(kind, page.items)
            queries[kind] = page.next_query
            self._moved(kind, page.items)
            self._level(kind)
            await self._tidy()
            await asyncio.sleep(REST_S if page.is_end else 0)

    async def _apply(self, kind: Kind, changes: Sequence[Change]) -> None:
        shelf = self._shelf
        if kind is not Kind.OFFERING:
            _learn(shelf, changes)
            return
        reader = Reader(self._policy)
        for start in range(0, len(changes), BREATH):
            part = changes[start : start + BREATH]
            shelf.drop([each.id for each in part if each.data is None])
            shelf.put([reader.entry(each.data) for each in part if each.data is not None])
            await asyncio.sleep(0)

    async def _tidy(self) -> None:
        """Merge what came, beside the questions; what changes meanwhile is kept.

        Whoever is cut off, because another feed has failed, leaves the shelf free to merge again.
        """
        shelf = self._shelf
        if shelf.is_worn:
            parts = shelf.frozen()
            try:
                shelf.swap(await asyncio.to_thread(shelf.merged, parts))
            finally:
                shelf.thaw()

    def _moved(self, kind: Kind, changes: Sequence[Change]) -> None:
        if changes:
            self.positions[kind] = changes[-1].number

    def _level(self, kind: Kind) -> None:
        self._level_at[kind] = asyncio.get_running_loop().time()


def policy_of(table: RuleTable) -> Policy:
    """The policy of today in this city."""
    return Policy.by_rules(table.at(city_day(utc_now()), JURISDICTION))


def _learn(shelf: Shelf, changes: Sequence[Change]) -> None:
    """Venues and ratings: what offerings are known by."""
    ratings = {e.id: _rating(e.data) for e in changes if e.kind == Kind.PROVIDER_RATING}
    for change in changes:
        if change.kind == Kind.VENUE and change.data is not None:
            shelf.settle(change.id, house(change.data))
    if ratings:
        shelf.rate(ratings)


def _rating(state: State | None) -> tuple[UUID, str, float] | None:
    """Provider, category and lower bound, where the rating may order matches; else none."""
    if state is None or state["dimension"] != RatingDimension.OVERALL or not state["is_rated"]:
        return None
    if state["suspended_at"] is not None or MATCH_ORDER not in state["lawful_uses"]:
        return None
    if state["lower_bound"] is None:
        return None
    return UUID(state["provider_id"]), state["category"], float(state["lower_bound"])


async def _sources(settings: Settings, stack: AsyncExitStack) -> Sources:
    """The feeds in the order in which they are first read."""
    found: dict[Kind, FeedClient] = {}
    if settings.registry_url is None:
        return found
    for kind, url, name in (
        (Kind.VENUE, settings.registry_url, Text("资源库", "The registry")),
        (Kind.PROVIDER_RATING, settings.procurement_url, Text("采购", "Procurement")),
        (Kind.OFFERING, settings.registry_url, Text("资源库", "The registry")),
    ):
        if url is not None:
            http = await stack.enter_async_context(ServiceHttp(str(url).rstrip("/"), what=name))
            found[kind] = FeedClient(http, f"{kind.service}/{kind}", f"/feeds/{kind}")
    return found


async def _ended(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
