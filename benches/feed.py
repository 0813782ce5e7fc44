"""The feed: how fast it is harvested and numbered, what a mark costs in SQL, how soon news arrives.

A synthetic kind with items of about 700 bytes; one server process, which also numbers.
"""

import asyncio
import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from statistics import median
from uuid import UUID

import asyncpg
import httpx

from benches import Row
from benches.house import house, migrated
from common.ids import uuid7
from deploy.local.environment import Urls
from deploy.local.postgres import LocalPostgres
from tests.common.feed.things import TABLES
from tests.living import free_port

ITEMS, WALKS = 50_000, 5
CLIENTS, SECONDS, ROUNDS = 32, 3.0, 5
NEWS = 30
STARTUP_S = 60

_NEXT = re.compile(rb'"next":"([^"]*)"')
_THINGS = (
    "INSERT INTO thing SELECT id, repeat('演示数据', 43), NULL, 1 FROM unnest($1::uuid[]) AS id"
)
_MARKS = (
    "INSERT INTO feed_outbox (kind, record_id) SELECT 'thing', id FROM unnest($1::uuid[]) AS id"
)
_MARK = (
    "INSERT INTO feed_outbox (kind, record_id)"
    " SELECT * FROM unnest(ARRAY['thing'], ARRAY[$1]::uuid[])"
)


def rows() -> list[Row]:
    """All figures, on one PostgreSQL with fsync."""
    with house() as (server, _):
        urls = migrated(server, "feedback", "feedback")
        server.sql(f"SET ROLE feedback_owner; {TABLES}", "feedback")
        with serving_things(urls) as (host, port):
            return [
                *_numbering(urls),
                *_harvest(host, port),
                *asyncio.run(_news(urls, f"http://{host}:{port}")),
                *_marks(server),
            ]


@contextmanager
def serving_things(urls: Urls) -> Iterator[tuple[str, int]]:
    """The synthetic service as one process; where it listens."""
    port = free_port()
    command = [sys.executable, "-m", "tests.common.feed.serve_things", urls.app, str(port)]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        command, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    try:
        _await_answer(f"http://127.0.0.1:{port}/feeds/thing")
        yield "127.0.0.1", port
    finally:
        process.terminate()
        process.wait(30)


def _await_answer(address: str) -> None:
    deadline = time.monotonic() + STARTUP_S
    while time.monotonic() < deadline:
        try:
            if httpx.get(address, timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{address} did not become ready")


def _numbering(urls: Urls) -> list[Row]:
    """From one commit of all marks to the last number."""

    async def measure() -> float:
        async with direct(urls) as connection:
            ids = [uuid7() for _ in range(ITEMS)]
            async with connection.transaction():
                await connection.execute(_THINGS, ids)
                await connection.execute(_MARKS, ids)
            started = time.perf_counter()
            waiting = "SELECT EXISTS (SELECT FROM feed_outbox)"
            while await connection.fetchval(waiting):  # noqa: ASYNC110 - another process works
                await asyncio.sleep(0.02)
            return time.perf_counter() - started

    took_s = asyncio.run(measure())
    return [Row(f"numbering {ITEMS:,} marks", f"{ITEMS / took_s:,.0f} items/s")]


@asynccontextmanager
async def direct(urls: Urls) -> AsyncIterator[asyncpg.Connection]:
    """One connection, without the pool."""
    connection = await asyncpg.connect(urls.app)
    try:
        yield connection
    finally:
        await connection.close()


def _harvest(host: str, port: int) -> list[Row]:
    """One reader follows `next` to the end, several times."""
    walks = [_walk(host, port) for _ in range(WALKS)]
    rates = [items / took_s for items, _, took_s in walks]
    items, size, _ = walks[0]
    return [
        Row("size of an item", f"{size / items:.0f} bytes"),
        Row(
            f"harvest of {items:,} items through HTTP, one process",
            f"{median(rates):,.0f} items/s ({min(rates):,.0f} to {max(rates):,.0f})",
            ">= 20,000 items/s",
        ),
    ]


def _walk(host: str, port: int) -> tuple[int, int, float]:
    """Items, bytes and seconds of a walk from the first page to the empty one."""
    connection = http.client.HTTPConnection(host, port)
    address, items, size = "/feeds/thing", 0, 0
    started = time.perf_counter()
    while True:
        connection.request("GET", address)
        body = connection.getresponse().read()
        found = body.count(b'{"state":"')
        items, size = items + found, size + len(body)
        if not found:
            connection.close()
            return items, size, time.perf_counter() - started
        following = _NEXT.search(body)
        assert following  # noqa: S101 - every page names the next
        address = following[1].decode().removeprefix(f"http://{host}:{port}")


async def _news(urls: Urls, base: str) -> list[Row]:
    """From the commit of a change to its arrival at a reader that waits."""
    took_ms: list[float] = []
    async with direct(urls) as connection, httpx.AsyncClient(timeout=40) as reader:
        page = await reader.get(f"{base}/feeds/thing?afterChangeNumber=9007199254740991")
        epoch = await connection.fetchval("SELECT epoch FROM feed_head WHERE kind = 'thing'")
        last = await connection.fetchval("SELECT last_number FROM feed_head WHERE kind = 'thing'")
        address = f"{base}/feeds/thing?afterChangeNumber={last}&epoch={epoch}"
        page.raise_for_status()
        for _ in range(NEWS):
            call = reader.get(address, headers={"Prefer": "wait=30"})
            waiting = asyncio.create_task(call)
            await asyncio.sleep(0.1)
            thing = uuid7()
            async with connection.transaction():
                await connection.execute(_THINGS, [thing])
                await connection.execute(_MARKS, [thing])
            started = time.perf_counter()
            await connection.execute("NOTIFY linli_feed_marked")  # as a service does
            answer = await waiting
            took_ms.append((time.perf_counter() - started) * 1000)
            address = answer.json()["next"]
    return [Row("news at a waiting reader", f"{median(took_ms):.0f} ms", "<= 1,000 ms when idle")]


def _marks(server: LocalPostgres) -> list[Row]:
    """32 connections insert a row, with and without a mark beside it, in turns."""
    urls = migrated(server, "feedback", "feedback__marks")
    server.sql(f"SET ROLE feedback_owner; {TABLES}", "feedback__marks")
    ratios: list[float] = []
    with serving_things(urls):
        for number in range(ROUNDS + 1):
            plain, marked = (asyncio.run(_write(urls, is_marked=each)) for each in (False, True))
            if number:  # the first round warms up
                ratios.append(marked / plain)
    return [
        Row(
            f"{CLIENTS} writers in raw SQL, with a mark to without",
            f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
        )
    ]


async def _write(urls: Urls, *, is_marked: bool) -> float:
    """Transactions a second."""
    pool = await asyncpg.create_pool(urls.app, min_size=CLIENTS, max_size=CLIENTS)
    deadline = time.perf_counter() + SECONDS

    async def write() -> int:
        done = 0
        async with pool.acquire() as connection:
            while time.perf_counter() < deadline:
                thing: UUID = uuid7()
                async with connection.transaction():
                    await connection.execute("INSERT INTO thing VALUES ($1, 'a', NULL, 1)", thing)
                    if is_marked:
                        await connection.execute(_MARK, thing)
                done += 1
        return done

    done = sum(await asyncio.gather(*(write() for _ in range(CLIENTS))))
    await pool.close()
    return done / SECONDS
