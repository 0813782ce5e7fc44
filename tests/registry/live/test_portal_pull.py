"""The portal pulls from zero while fifty writers work, and ends with the database's own state.

Its sample clients do so as programs of their own, with signed calls over a real port; what they
hold at the end is the database's, by digest and by letter. `PULL_SECONDS=60 pytest
tests/registry/live/test_portal_pull.py -s` is the larger form.
"""

import asyncio
import json
import os
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from common.auth import portal_app
from common.auth.roles import Role
from common.clock import utc_now
from common.crypto.keyring import KeyRing
from common.crypto.keys import Keys
from common.db import database
from common.feed.client import FeedClient
from deploy.local.environment import Secrets, Urls
from registry.main import KINDS
from tests.harness import BASE_URL, build, started
from tests.loopback import on_loopback
from tests.portal_clients import APP, JAVA, JAVASCRIPT, PYTHON, Client, free_port, journal
from tests.registry.small_city import listing, upload
from tests.registry.writers import crowd_at_work, street_of

Header = dict[str, str]
States = dict[str, Any]
NAMES = ("area", "organisation", "dictionary_entry", "venue", "service_item", "offering")
TOWNS = {
    "310101002": "310101002000",
    "310101013": "310101013000",
    "310105001": "310105001000",
}
SECONDS = float(os.environ.get("PULL_SECONDS", "0"))
IDS = {"population": "SELECT DISTINCT area_id FROM area_population"}
# What a plain look at the tables says is public, without the code that renders it.
TABLES = {
    "offering": "SELECT id, version FROM offering WHERE status = 'published'",
    "venue": "SELECT id, version FROM venue WHERE status <> 'closed'",
}


@pytest.fixture
def service() -> str:
    return "registry"


class Patient(httpx.AsyncBaseTransport):
    """Sends again what a busy service answers with 503: the one fault that callers must expect.

    The request is the same to the byte, key included, so what was done is not done twice.
    """

    def __init__(self, inner: httpx.AsyncClient) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        while True:
            answer = await self._inner.send(request)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return httpx.Response(
                    answer.status_code, headers=answer.headers, content=answer.content
                )
            await asyncio.sleep(0.5)


async def numbered(urls: Urls) -> None:
    """Until no change waits for its number."""
    async with database(urls.app, pool_size=1) as opened:
        for _ in range(1200):
            async with opened.sessions() as session:
                if not await session.scalar(text("SELECT count(*) FROM feed_outbox")):
                    return
            await asyncio.sleep(0.1)
    raise AssertionError("changes were never numbered")


async def exchanged(client: httpx.AsyncClient, kind: str, done: asyncio.Event) -> States:
    """A reader of the exchange from zero, until the end that stands after all work."""
    held: States = {}
    query: dict[str, Any] = {"limit": 40}
    while True:
        was_done = done.is_set()
        answer = await client.get(f"/exchange/v1/{kind}", params=query)
        assert answer.status_code == 200, answer.text
        batch = answer.json()
        for row in batch["rows"]:
            if row["cd_operation"] == "D":
                held.pop(row["row_guid"], None)
            else:
                held[row["row_guid"]] = row["data"]
        query["cursor"] = batch["cursor"]
        if was_done and not batch["has_more"]:
            return held
        await asyncio.sleep(0 if batch["has_more"] else 0.05)


async def fed(client: httpx.AsyncClient, kind: str, done: asyncio.Event) -> States:
    """A reader of the RPDE feed from zero."""
    held: States = {}
    feed, query = FeedClient(client, f"registry/{kind}", f"/feeds/{kind}"), ""
    while True:
        was_done = done.is_set()
        page = await feed.page(query)
        for item in page.items:
            if item.data is None:
                held.pop(str(item.id), None)
            else:
                held[str(item.id)] = item.data
        query = page.next_query
        if was_done and not page.items:
            return held
        await asyncio.sleep(0 if page.items else 0.05)


async def standing(urls: Urls) -> tuple[dict[str, States], dict[str, dict[str, int]]]:
    """What the database holds: each kind rendered, and two tables looked at plainly."""
    async with database(urls.app, pool_size=2) as opened, opened.sessions() as session:
        rendered: dict[str, States] = {}
        for kind in KINDS:
            ids = list(
                await session.scalars(text(IDS.get(kind.name, f"SELECT id FROM {kind.name}")))
            )
            states = await kind.render(session, ids)
            rendered[kind.name] = {
                str(each): state.model_dump(mode="json")  # type: ignore[union-attr]
                for each, state in states.items()
            }
        plain = {
            name: {str(row.id): row.version for row in await session.execute(text(statement))}
            for name, statement in TABLES.items()
        }
        return rendered, plain


@asynccontextmanager
async def served(urls: Urls, secrets: Secrets) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """The registry with its workers: calls in this process, and the address of a real port."""
    app = build("registry", urls, secrets)
    async with started(app) as manager, on_loopback(manager.app, free_port()) as address:
        inner = httpx.AsyncClient(transport=httpx.ASGITransport(manager.app), base_url=BASE_URL)
        async with httpx.AsyncClient(transport=Patient(inner), base_url=BASE_URL) as client:
            yield client, address


async def admitted(urls: Urls, secrets: Secrets) -> str:
    """The secret of the portal's app."""
    keys = Keys.of(KeyRing.from_directory(secrets.keys))
    values = {"name": "一网通办", "area": "31", "now": utc_now(), "quota_per_minute": 100_000}
    async with database(urls.app, pool_size=1) as opened, opened.sessions.begin() as session:
        return await portal_app.register(session, keys, APP, **values)


def held_by(store: Path) -> dict[str, States]:
    """What the Python client has in its file."""
    held: dict[str, States] = {name: {} for name in NAMES}
    with closing(sqlite3.connect(store)) as sql:
        for kind, guid, data in sql.execute("SELECT kind, row_guid, data FROM record"):
            held[kind][guid] = json.loads(data)
    return held


async def prove(client: Client, store: Path, address: str, secret: str) -> None:
    """A client pulls what it lacks, and finds itself equal by digest in every kind."""
    code, said = await client.run("prove", str(store), address, *NAMES, secret=secret)
    assert code == 0, said
    assert [line.split()[2] for line in said.splitlines()] == ["equal"] * len(NAMES), said


async def test_every_pull_from_zero_ends_with_the_state_of_the_database(
    fresh_database: Urls,
    secrets: Secrets,
    city: Header,
    bearer: Callable[..., Header],
    tmp_path: Path,
) -> None:
    secret = await admitted(fresh_database, secrets)
    async with served(fresh_database, secrets) as (client, address):
        answer = await upload(client, city, listing())
        assert answer.status_code == 201, answer.text
        streets = [
            await street_of(client, bearer(Role.CLERK, area=town, line="civil_affairs"), code)
            for town, code in TOWNS.items()
        ]
        done = asyncio.Event()
        began = time.perf_counter()
        working = asyncio.create_task(
            crowd_at_work(client, streets, writers=50, rounds=2, seconds=SECONDS)
        )
        await asyncio.sleep(0.5)  # so that the readers begin in the middle of it
        readers = {
            (face.__name__, kind): asyncio.create_task(face(client, kind, done))
            for face in (exchanged, fed)
            for kind in NAMES
        }
        store, begun = tmp_path / "portal.db", list[bool]()
        working.add_done_callback(lambda _: begun.append(store.exists()))
        pulled = await PYTHON.run("pull", str(store), address, *NAMES, secret=secret)
        counts = await working
        worked_s = time.perf_counter() - began
        await numbered(fresh_database)
        done.set()
        held = {key: await task for key, task in readers.items()}
        await prove(PYTHON, store, address, secret)
        others = [client for client in (JAVASCRIPT, JAVA) if client.command]
        for other in others:
            await prove(other, tmp_path / other.name, address, secret)
        rendered, plain = await standing(fresh_database)

    sys.stdout.write(f"{worked_s:.0f} s, {sum(counts.values())} calls: {dict(counts)}\n")
    assert pulled[0] == 0, pulled[1]
    assert begun == [True], "the client had not begun while the writers worked"
    held |= {("portal", kind): states for kind, states in held_by(store).items()}
    held |= {
        (other.name, kind): journal(tmp_path / other.name, kind)
        for other in others
        for kind in NAMES
    }
    for (face, kind), states in held.items():
        assert states == rendered[kind], f"{face}: {kind}"
    for kind, versions in plain.items():
        for face in ("exchanged", "fed", "portal"):
            found = {key: state["version"] for key, state in held[face, kind].items()}
            assert found == versions, f"{face}: {kind}"
    assert len(plain["offering"]) > 25


async def test_a_client_notices_what_it_lost_and_what_was_changed_behind_its_back(
    fresh_database: Urls, secrets: Secrets, city: Header, tmp_path: Path
) -> None:
    secret, store = await admitted(fresh_database, secrets), tmp_path / "portal.db"
    async with served(fresh_database, secrets) as (client, address):
        assert (await upload(client, city, listing())).status_code == 201
        await numbered(fresh_database)
        await prove(PYTHON, store, address, secret)
        with closing(sqlite3.connect(store)) as sql, sql:
            sql.execute(
                "DELETE FROM record WHERE rowid ="
                " (SELECT min(rowid) FROM record WHERE kind = 'area')"
            )
            sql.execute("UPDATE record SET cd_sm3 = 'x' WHERE kind = 'dictionary_entry'")
        code, said = await PYTHON.run("prove", str(store), address, *NAMES, secret=secret)

    told = {line.split()[0]: line.split()[2] for line in said.splitlines() if line[0] != " "}
    assert code == 1
    assert [kind for kind in NAMES if told[kind] == "differs"] == ["area", "dictionary_entry"]
