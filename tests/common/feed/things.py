"""A synthetic service: things with parts, a public and a private feed of them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import ASGIApp, Receive, Scope, Send

from common import feed
from common.auth.actor import Actor
from common.db import Database, database
from common.feed.epoch import Epoch, settle
from common.feed.kinds import FeedKind
from common.feed.server import feed_router
from common.feed.step import Step, number_changes
from common.feed.wake import FeedWaiters
from common.ids import uuid7
from common.problem_details import handlers
from common.settings import ServiceSettings

BASE = "http://feeds.test/things"
TABLES = """
CREATE TABLE thing (id uuid PRIMARY KEY, name text NOT NULL, area text, version int NOT NULL);
CREATE TABLE part (thing_id uuid NOT NULL, place int NOT NULL, word text NOT NULL,
                   PRIMARY KEY (thing_id, place));
"""

Rendered = Mapping[UUID, Mapping[str, Any]]


async def render_things(session: AsyncSession, ids: Sequence[UUID]) -> Rendered:
    """The state of things, parts inside; a thing named `broken` cannot be rendered."""
    rows = await session.execute(
        text(
            "SELECT t.id, t.name, t.area, t.version, coalesce((SELECT jsonb_object_agg(p.place,"
            " p.word) FROM part p WHERE p.thing_id = t.id), '{}') AS parts"
            " FROM thing t WHERE t.id = ANY(:ids)"
        ),
        {"ids": list(ids)},
    )
    found = {row.id: dict(row._mapping) for row in rows}
    if any(state["name"] == "broken" for state in found.values()):
        raise ValueError("a thing is broken")
    return found


def _area(state: Mapping[str, Any]) -> str | None:
    return state["area"]


THING = FeedKind("thing", render_things)
SECRET = FeedKind("secret", render_things, public=False, area_of=_area)
KINDS = {kind.name: kind for kind in (THING, SECRET)}


def settings(url: str, **others: Any) -> ServiceSettings:
    return ServiceSettings(**{"database_url": url, "base_url": BASE, **others})


async def put(session: AsyncSession, thing: UUID, name: str = "a", area: str | None = None) -> None:
    """Add or change a thing, and mark it in both feeds."""
    await session.execute(
        text(
            "INSERT INTO thing (id, name, area, version) VALUES (:id, :name, :area, 1)"
            " ON CONFLICT (id) DO UPDATE SET name = :name, area = :area,"
            " version = thing.version + 1"
        ),
        {"id": thing, "name": name, "area": area},
    )
    mark(session, thing)


async def put_part(session: AsyncSession, thing: UUID, place: int, word: str) -> None:
    await session.execute(
        text(
            "INSERT INTO part (thing_id, place, word) VALUES (:id, :place, :word)"
            " ON CONFLICT (thing_id, place) DO UPDATE SET word = :word"
        ),
        {"id": thing, "place": place, "word": word},
    )
    mark(session, thing)


async def drop(session: AsyncSession, thing: UUID) -> None:
    await session.execute(text("DELETE FROM part WHERE thing_id = :id"), {"id": thing})
    await session.execute(text("DELETE FROM thing WHERE id = :id"), {"id": thing})
    mark(session, thing)


def mark(session: AsyncSession, thing: UUID) -> None:
    for kind in KINDS:
        feed.mark(session, kind, thing)


@dataclass(slots=True)
class Things:
    """The service's database, without a leader: tests number when they want to."""

    opened: Database
    url: str
    made: list[UUID] = field(default_factory=list)

    async def add(self, count: int = 1, **parts: Any) -> list[UUID]:
        """Commit new things, one transaction."""
        ids = [uuid7() for _ in range(count)]
        async with self.opened.sessions.begin() as session:
            for each in ids:
                await put(session, each, **parts)
        self.made += ids
        return ids

    async def drop(self, *ids: UUID) -> None:
        async with self.opened.sessions.begin() as session:
            for each in ids:
                await drop(session, each)

    async def settle(self, **options: Any) -> Epoch:
        return await settle(self.opened.sessions, KINDS, **options)

    async def number(self, batch: int = 500) -> Step:
        return await number_changes(self.opened.sessions, KINDS, batch=batch)

    async def number_all(self) -> None:
        while (await self.number()).taken:
            pass

    async def states(self) -> dict[UUID, dict[str, Any]]:
        """What is true: the same rendering, of all."""
        async with self.opened.sessions() as session:
            ids = list(await session.scalars(text("SELECT id FROM thing")))
            return {each: as_json(s) for each, s in (await render_things(session, ids)).items()}


def as_json(state: Mapping[str, Any]) -> dict[str, Any]:
    return {**state, "id": str(state["id"])}


@asynccontextmanager
async def open_things(url: str) -> AsyncIterator[Things]:
    async with database(url) as opened:
        yield Things(opened, url)


class Called:
    """The app, as a given caller meets it."""

    def __init__(self, app: ASGIApp, state: Mapping[str, Any]) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "state": dict(self._state)}
        await self._app(scope, receive, send)


def feed_app(lifespan: Any = None) -> FastAPI:
    app = FastAPI(exception_handlers=handlers({}), lifespan=lifespan)
    app.include_router(feed_router(list(KINDS.values())))
    return app


def state_of(
    opened: Database, waiters: FeedWaiters, reader: Actor | None = None, **options: Any
) -> dict[str, Any]:
    """What the lifespan of a service would give to each request of `reader`."""
    return {
        "settings": settings(opened.url, **options),
        "database": opened,
        "sessions": opened.sessions,
        "waiters": waiters,
        "actor": reader or Actor.anonymous(),
    }


def client_of(
    opened: Database, waiters: FeedWaiters, reader: Actor | None = None, **options: Any
) -> httpx.AsyncClient:
    """Calls to the feeds of an open database, under `http://feeds.test/things`."""
    called = Called(feed_app(), state_of(opened, waiters, reader, **options))
    return httpx.AsyncClient(
        transport=_WithoutPrefix(httpx.ASGITransport(called)),
        base_url=BASE,
        headers={"Accept-Language": "en"},
    )


class _WithoutPrefix(httpx.AsyncBaseTransport):
    """The front door: `/things/feeds/…` outside is `/feeds/…` inside."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.removeprefix(b"/things")
        request.url = request.url.copy_with(raw_path=path)
        return await self._inner.handle_async_request(request)


async def walk(client: httpx.AsyncClient, address: str = "feeds/thing") -> list[dict[str, Any]]:
    """All items of a feed from an address to its end."""
    items: list[dict[str, Any]] = []
    while True:
        answer = await client.get(address)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        if not page["items"]:
            return items
        address = page["next"]


def states_of(items: Sequence[Mapping[str, Any]]) -> dict[UUID, dict[str, Any]]:
    """What a reader holds after a walk: the last state of each record."""
    held: dict[UUID, dict[str, Any]] = {}
    for item in items:
        if item["state"] == "updated":
            held[UUID(item["id"])] = item["data"]
        else:
            held.pop(UUID(item["id"]), None)
    return held


@dataclass(slots=True)
class Polling:
    """A reader that asks again and again, and bears with 503."""

    client: httpx.AsyncClient
    address: str = "feeds/thing"
    items: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)
    is_last: bool = False

    async def run(self) -> None:
        """Until told that nothing more comes, and then to the end."""
        while True:
            was_last = self.is_last
            answer = await self.client.get(self.address)
            if answer.status_code != 200:
                self.refusals.append(answer.status_code)
                await asyncio.sleep(0.02)
                continue
            page = answer.json()
            self.items += page["items"]
            self.address = page["next"]
            if was_last and not page["items"]:
                return
            await asyncio.sleep(0.001)
