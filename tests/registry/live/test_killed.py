"""Killed in the middle of an import: the file is finished, nothing is lost, nothing comes twice."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx

from common.db import direct_url
from deploy.local.environment import Secrets, Urls
from deploy.local.postgres import LocalPostgres
from tests.living import Living, living
from tests.registry.importing.tables_of import (
    ORGANISATIONS,
    VENUES,
    as_csv,
    imported,
    offering,
    send,
)
from tests.registry.live.stranger import Stranger
from tests.registry.small_city import listing, upload

ROWS = 12_000
PATIENCE_S = 120
Caller = dict[str, str]


@asynccontextmanager
async def furnished(urls: Urls, secrets: Secrets, city: Caller) -> AsyncIterator[Living]:
    """A registry that knows a small city, a provider and a venue."""
    async with living("registry", urls, secrets) as service:
        async with httpx.AsyncClient(base_url=service.base, timeout=30) as office:
            assert (await upload(office, city, listing())).status_code == 201
            for kind, records in (("organisation", ORGANISATIONS), ("venue", VENUES)):
                assert (await imported(office, city, kind, as_csv(records)))["rows_failed"] == 0
        yield service


async def progress(office: httpx.AsyncClient, city: Caller, job: str, until: str) -> dict[str, Any]:
    """The import, as soon as some rows are in (`until` "some") or it has ended ("end").

    Answers may fail while a process or PostgreSQL is away.
    """
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                answer = await office.get(f"/v1/imports/{job}", headers=city)
                told: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
            except httpx.TransportError:
                told = {}
            if told.get("finished_at") or (until == "some" and told.get("rows_read", 0) > 0):
                return told
            await asyncio.sleep(0.02)


def kill_and_start(server: LocalPostgres) -> None:
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    server.start()


async def rows_in(urls: Urls) -> dict[str, tuple[str, int]]:
    """Names and versions of the published offerings, by id, as the database has them."""
    connection = await asyncpg.connect(direct_url(urls.app))
    try:
        rows = await connection.fetch(
            "SELECT id, name, version FROM offering WHERE status = 'published'"
        )
    finally:
        await connection.close()
    return {str(row["id"]): (row["name"], row["version"]) for row in rows}


async def all_numbered(urls: Urls) -> None:
    connection = await asyncpg.connect(direct_url(urls.app))
    try:
        async with asyncio.timeout(PATIENCE_S):
            while await connection.fetchval("SELECT EXISTS (SELECT FROM feed_outbox)"):
                await asyncio.sleep(0.1)
    finally:
        await connection.close()


async def check(urls: Urls, stranger: Stranger, told: dict[str, Any]) -> None:
    """Each row once, each record in its first version, the stranger's copy like the database."""
    assert (told["state"], told["rows_read"], told["rows_inserted"]) == ("done", ROWS, ROWS)
    await all_numbered(urls)
    await stranger.to_the_end()
    stands = await rows_in(urls)
    read = {name: (data["name"], data["version"]) for name, data in stranger.items.items()}
    assert len(stands) == ROWS
    assert {version for _, version in stands.values()} == {1}
    assert read == stands
    assert (stranger.stale, stranger.starts) == ([], 1)


async def test_a_killed_service_finishes_its_import_and_its_reader_misses_nothing(
    fresh_database: Urls, secrets: Secrets, city: Caller
) -> None:
    async with furnished(fresh_database, secrets, city) as service:
        stranger = Stranger(f"{service.base}/feeds/offering")
        async with (
            httpx.AsyncClient(base_url=service.base, timeout=30) as office,
            stranger.following(),
        ):
            content = as_csv(offering(number) for number in range(ROWS))
            job = (await send(office, city, "offering", content)).json()["id"]
            midway = await progress(office, city, job, "some")
            service.kill()
            await asyncio.to_thread(service.start)
            told = await progress(office, city, job, "end")

        await check(fresh_database, stranger, told)
    assert (midway["state"], midway["rows_read"] < ROWS) == ("running", True)


async def test_a_killed_postgresql_loses_no_row_of_an_import(
    durable: LocalPostgres, secrets: Secrets, city: Caller
) -> None:
    urls = durable.urls("registry")
    async with furnished(urls, secrets, city) as service:
        stranger = Stranger(f"{service.base}/feeds/offering")
        async with (
            httpx.AsyncClient(base_url=service.base, timeout=30) as office,
            stranger.following(),
        ):
            content = as_csv(offering(number) for number in range(ROWS))
            job = (await send(office, city, "offering", content)).json()["id"]
            midway = await progress(office, city, job, "some")
            await asyncio.to_thread(kill_and_start, durable)
            told = await progress(office, city, job, "end")

        await check(urls, stranger, told)
    assert (midway["state"], midway["rows_read"] < ROWS) == ("running", True)
