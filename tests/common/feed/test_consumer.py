"""A consumer has each change once in effect, also after a kill, a race and a new start."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import httpx
import orjson
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import utc_now
from common.feed.client import Change, FeedClient
from common.feed.consumer import (
    LONGEST_PACE_S,
    MANY,
    PACE_S,
    catch_up,
    follow,
    pause_s,
    take_turn,
)
from common.feed.step import purge_tombstones
from common.feed.wake import FeedWaiters
from deploy.local.environment import Urls
from tests.common.feed.things import KINDS, Things, client_of, open_things, put
from tests.harness import Databases

HELD = """
CREATE TABLE held (id uuid PRIMARY KEY, state jsonb NOT NULL);
CREATE TABLE effect (id uuid NOT NULL, number bigint NOT NULL, is_deleted boolean NOT NULL);
"""


@pytest.fixture
async def consumer(databases: Databases) -> AsyncIterator[Things]:
    """Another service's database, which keeps what it read."""
    with databases.fresh("matching") as urls:
        async with _with_tables(databases, urls) as opened:
            yield opened


def _with_tables(databases: Databases, urls: Urls):
    name = urls.owner.rpartition("@/")[2].partition("?")[0]
    databases.server.sql(f"SET ROLE matching_owner; {HELD}", name)
    return open_things(urls.app)


@pytest.fixture
def source(reader: httpx.AsyncClient) -> FeedClient:
    return FeedClient(reader, "feedback/thing", "feeds/thing")


async def keep(session: AsyncSession, changes: Sequence[Change]) -> None:
    """The effect: the copy, and a line for each change, so that doubling shows."""
    for change in changes:
        values = {"id": change.id, "number": change.number, "is_deleted": change.is_deleted}
        await session.execute(text("INSERT INTO effect VALUES (:id, :number, :is_deleted)"), values)
        if change.is_deleted:
            await session.execute(text("DELETE FROM held WHERE id = :id"), values)
            continue
        state = orjson.dumps(change.data).decode()
        await session.execute(
            text(
                "INSERT INTO held VALUES (:id, CAST(:state AS jsonb))"
                " ON CONFLICT (id) DO UPDATE SET state = excluded.state"
            ),
            {"id": change.id, "state": state},
        )


async def held(consumer: Things) -> dict[UUID, dict]:
    async with consumer.opened.sessions() as session:
        rows = await session.execute(text("SELECT id, state FROM held"))
        return {row.id: row.state for row in rows}


async def doubled(consumer: Things) -> int:
    async with consumer.opened.sessions() as session:
        doubles = "SELECT count(*) - count(DISTINCT (id, number)) FROM effect"
        return int(await session.scalar(text(doubles)) or 0)


async def test_a_consumer_catches_up_and_goes_on_where_it_was(
    things: Things, consumer: Things, source: FeedClient
):
    await things.add(25)
    await things.number_all()
    first = await catch_up(source, consumer.opened.sessions, keep)
    await things.drop(things.made[0])
    async with things.opened.sessions.begin() as session:
        await put(session, things.made[1], "changed")
    await things.number_all()

    then = await catch_up(source, consumer.opened.sessions, keep)
    idle = await catch_up(source, consumer.opened.sessions, keep)

    assert (first, then, idle) == (25, 2, 0)
    assert await held(consumer) == await things.states()
    assert await doubled(consumer) == 0


async def test_a_feed_without_news_counts_as_looked_at_and_costs_no_row(
    things: Things, consumer: Things, source: FeedClient
):
    async def seen() -> tuple[float, object]:
        async with consumer.opened.sessions() as session:
            row = (await session.execute(text("SELECT xmin, moved_at FROM feed_cursor"))).one()
        figure = "feed_followed_looked_timestamp_seconds"
        looked = REGISTRY.get_sample_value(figure, {"source": source.source})
        return looked or 0.0, tuple(row)

    await things.add(1)
    await things.number_all()
    await catch_up(source, consumer.opened.sessions, keep)
    first, kept = await seen()
    await catch_up(source, consumer.opened.sessions, keep)
    then, kept_still = await seen()

    assert 0 < first < then
    assert kept_still == kept


async def test_an_effect_that_fails_moves_no_cursor(
    things: Things, consumer: Things, source: FeedClient
):
    await things.add(25)
    await things.number_all()
    calls = 0

    async def fail_halfway(session: AsyncSession, changes: Sequence[Change]) -> None:
        nonlocal calls
        calls += 1
        await keep(session, changes)
        if calls == 2:
            raise RuntimeError("killed after the effect, before the commit")

    with pytest.raises(RuntimeError):
        await catch_up(source, consumer.opened.sessions, fail_halfway)
    await catch_up(source, consumer.opened.sessions, keep)

    assert await held(consumer) == await things.states()
    assert await doubled(consumer) == 0


async def test_two_processes_of_one_consumer_double_nothing(
    things: Things, consumer: Things, source: FeedClient
):
    await things.add(95)
    await things.number_all()

    await asyncio.gather(*(catch_up(source, consumer.opened.sessions, keep) for _ in range(4)))

    assert await held(consumer) == await things.states()
    assert await doubled(consumer) == 0


async def test_a_page_that_grew_between_two_readers_is_applied_once(
    things: Things, consumer: Things, source: FeedClient
):
    """Both read from zero; the second page is longer and overlaps the first."""
    await things.add(3)
    await things.number_all()
    sessions = consumer.opened.sessions
    short = await source.page("")
    await things.add(3)
    await things.number_all()

    class Slow(FeedClient):
        async def page(self, query: str, *, wait_s: int = 0):
            longer = await super().page(query, wait_s=wait_s)
            await take_turn(Fixed(source.http, source.source, ""), sessions, keep)
            return longer

    class Fixed(FeedClient):
        async def page(self, query: str, *, wait_s: int = 0):  # noqa: ARG002
            return short

    await take_turn(Slow(source.http, source.source, source.address), sessions, keep)
    await catch_up(source, sessions, keep)

    assert await doubled(consumer) == 0
    assert await held(consumer) == await things.states()


async def test_a_new_start_ends_where_one_who_was_there_all_along_ends(
    things: Things, consumer: Things, source: FeedClient
):
    await things.add(700)
    await things.number_all()
    await catch_up(source, consumer.opened.sessions, keep)
    await things.drop(*things.made[:600:2])
    await things.add(20)
    await things.number_all()
    # The tombstones are gone before the consumer saw them: only a sweep can tell.
    await purge_tombstones(things.opened.sessions, KINDS, before=utc_now())

    await catch_up(source, consumer.opened.sessions, keep)

    assert await held(consumer) == await things.states()


async def test_a_restored_database_makes_consumers_drop_what_was_lost(
    things: Things, consumer: Things, source: FeedClient
):
    await things.add(12)
    await things.number_all()
    await catch_up(source, consumer.opened.sessions, keep)
    async with things.opened.sessions.begin() as session:  # yesterday's state, without a trace
        for table in ("thing", "feed_item"):
            column = "record_id" if table == "feed_item" else "id"
            await session.execute(
                text(f"DELETE FROM {table} WHERE {column} = ANY(:ids)"),
                {"ids": things.made[:5]},
            )
    await things.settle(wanted=True)

    await catch_up(source, consumer.opened.sessions, keep)

    assert (await held(consumer)).keys() == {*things.made[5:]}
    async with consumer.opened.sessions() as session:
        row = (await session.execute(text("SELECT * FROM feed_cursor"))).mappings().one()
    assert (row["generation"], row["is_sweeping"]) == (2, False)


async def test_who_follows_hears_of_news_while_waiting(
    things: Things, consumer: Things, source: FeedClient, waiters: FeedWaiters
):
    following = asyncio.create_task(follow(source, consumer.opened.sessions, keep, wait_s=15))
    try:
        while not waiters.waiting:
            await asyncio.sleep(0.01)
        (thing,) = await things.add()
        await things.number_all()
        waiters.ring(["thing"])
        async with asyncio.timeout(20):
            while thing not in await held(consumer):
                await asyncio.sleep(0.02)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


def test_the_more_a_turn_brought_the_longer_the_next_one_gathers() -> None:
    pauses = [pause_s(applied) for applied in range(1, MANY)]

    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (PACE_S, LONGEST_PACE_S)
    assert pause_s(0) == pause_s(MANY) == 0


async def test_a_token_never_follows_an_address_to_another_host(
    things: Things, waiters: FeedWaiters
):
    await things.add(15)
    await things.number_all()
    asked: list[str] = []

    async with client_of(things.opened, waiters, feed_page=10) as calls:

        async def note(request: httpx.Request) -> None:
            asked.append(request.url.host)

        calls.event_hooks = {"request": [note]}
        elsewhere = FeedClient(calls, "feedback/thing", "http://inside.test/feeds/thing")
        page = await elsewhere.page("")
        await elsewhere.page(page.next_query)

    assert asked == ["inside.test", "inside.test"]
