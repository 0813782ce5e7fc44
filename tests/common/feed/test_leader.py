"""The leader at work: elected, woken, killed, replaced; PostgreSQL killed under it."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from common.feed.anchor import anchor_in
from common.feed.wake import FeedWaiters
from common.ids import uuid7
from deploy.local.environment import Urls
from deploy.local.postgres import LocalPostgres
from tests.common.feed.serve_things import at_work
from tests.common.feed.things import (
    TABLES,
    Polling,
    Things,
    client_of,
    open_things,
    put,
    settings,
    states_of,
    walk,
)

PATIENCE_S = 120  # a machine that has much else to do


async def eventually(is_true: Callable[[], Any]) -> None:
    """Wait until an awaitable question is answered by yes."""
    async with asyncio.timeout(PATIENCE_S):
        while not await is_true():
            await asyncio.sleep(0.02)


async def all_numbered(things: Things) -> bool:
    async with things.opened.sessions() as session:
        return not await session.scalar(text("SELECT EXISTS (SELECT FROM feed_outbox)"))


@asynccontextmanager
async def leading(url: str, **options: Any) -> AsyncIterator[Things]:
    """A process at work: writes through it wake its leader."""
    async with at_work(settings(url, **options)) as state:
        yield Things(state["database"], url)


async def test_a_change_reaches_a_waiting_reader_through_the_leader(things_database: Urls):
    async with AsyncExitStack() as stack:
        things = await stack.enter_async_context(leading(things_database.app))
        waiters = await stack.enter_async_context(FeedWaiters.listening(things.opened))
        calls = await stack.enter_async_context(client_of(things.opened, waiters))

        async def is_settled() -> bool:
            return (await calls.get("feeds/thing")).status_code == 200

        await eventually(is_settled)
        call = calls.get("feeds/thing", headers={"Prefer": "wait=25"})
        waiting = asyncio.create_task(call)
        while not waiters.waiting:
            await asyncio.sleep(0.01)
        (thing,) = await things.add()
        answer = await asyncio.wait_for(waiting, PATIENCE_S)

    assert [item["id"] for item in answer.json()["items"]] == [str(thing)]


async def test_only_one_of_two_processes_leads_and_the_other_takes_over(things_database: Urls):
    async with leading(things_database.app) as first:
        await first.add(3)
        await eventually(lambda: all_numbered(first))
        async with leading(things_database.app), first.opened.sessions() as session:
            names = await session.scalars(
                text("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted")
            )
            assert len(list(names)) == 1
    async with leading(things_database.app) as second:
        await second.add(3)
        await eventually(lambda: all_numbered(second))


async def test_the_leader_leaves_its_numbers_outside_the_database(
    things_database: Urls, tmp_path: Path
):
    async with leading(things_database.app, anchor_dir=tmp_path) as things:
        await things.add(3)
        await eventually(lambda: all_numbered(things))

    anchor = anchor_in(tmp_path, "things")
    assert anchor
    found = anchor.read()
    assert found
    assert found.last_numbers == {"thing": 3, "secret": 3}


async def test_a_leader_under_whom_the_heads_move_looks_again(things_database: Urls):
    async with leading(things_database.app) as things:
        await things.add(3)
        await eventually(lambda: all_numbered(things))
        async with things.opened.sessions.begin() as session:
            await session.execute(text("UPDATE feed_head SET last_number = last_number + 10"))
        await things.add(2)
        await eventually(lambda: all_numbered(things))
        async with client_of(things.opened, FeedWaiters()) as calls:
            items = await walk(calls)

    assert [item["modified"] for item in items] == [1, 2, 3, 14, 15]


def numbering_process(url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.common.feed.serve_things", url, "0"],
        stdout=subprocess.DEVNULL,
    )


async def test_killing_the_numbering_process_loses_and_doubles_nothing(
    things: Things, reader: httpx.AsyncClient
):
    seed = random.Random(3)
    polling = Polling(reader)
    reading = asyncio.create_task(polling.run())
    process = None
    try:
        for _ in range(3):
            process = numbering_process(things.url)
            await things.add(200)
            before = len(polling.items)
            await eventually(lambda before=before: _longer(polling.items, before))
            await things.add(400)
            await asyncio.sleep(seed.random() / 20)
            process.send_signal(signal.SIGKILL)
            process.wait()
        process = numbering_process(things.url)
        await eventually(lambda: all_numbered(things))
    finally:
        if process:
            process.kill()
            process.wait()
    polling.is_last = True
    await asyncio.wait_for(reading, PATIENCE_S)

    numbers = [item["modified"] for item in polling.items]
    assert numbers == list(range(1, 1801))
    assert states_of(polling.items) == await things.states()


async def _longer(items: list[Any], before: int) -> bool:
    return len(items) > before


async def _write_through_faults(things: Things, until: asyncio.Event) -> list[UUID]:
    """Commit things one by one; those whose commit was acknowledged."""
    acknowledged: list[UUID] = []
    while not until.is_set():
        each = uuid7()
        try:
            async with things.opened.sessions.begin() as session:
                await put(session, each)
            acknowledged.append(each)
        except (DBAPIError, OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.05)
    return acknowledged


async def test_killing_postgresql_loses_and_doubles_nothing(durable: LocalPostgres):
    urls = durable.urls("feedback")
    durable.sql(f"SET ROLE feedback_owner; {TABLES}", "feedback")
    async with open_things(urls.app) as writing, at_work(settings(urls.app)) as state:
        things = Things(state["database"], urls.app)
        is_over = asyncio.Event()
        writers = [asyncio.create_task(_write_through_faults(writing, is_over)) for _ in range(4)]
        async with client_of(things.opened, state["waiters"], feed_page=50) as calls:
            polling = Polling(calls)
            reading = asyncio.create_task(polling.run())
            for _ in range(2):
                before = len(polling.items)
                await eventually(lambda before=before: _longer(polling.items, before + 50))
                await _kill_and_restart(durable)
            before = len(polling.items)
            await eventually(lambda before=before: _longer(polling.items, before + 50))
            is_over.set()
            acknowledged = {each for done in await asyncio.gather(*writers) for each in done}
            await eventually(lambda: all_numbered(things))
            polling.is_last = True
            await asyncio.wait_for(reading, PATIENCE_S)
        states = await things.states()
    numbers = [item["modified"] for item in polling.items]

    assert numbers == sorted(set(numbers))
    assert states_of(polling.items) == states
    assert acknowledged <= states.keys()
    assert set(polling.refusals) <= {503}


async def _kill_and_restart(server: LocalPostgres) -> None:
    pid = server.pid
    assert pid

    def again() -> None:
        os.kill(pid, signal.SIGKILL)
        server.stop()
        server.start()

    await asyncio.to_thread(again)
