"""What the tests stand on: databases migrated once and copied, services in this process.

`Databases` hands out copies of a migrated template; `Apps` keeps each service's app running. Both
live as long as the test session of one worker.
"""

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from asgi_lifespan import LifespanManager
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    create_async_engine,
)
from starlette.types import ASGIApp, Receive, Scope, Send

from common import migrate
from common.db import Sessions, driver_url, session_factory
from deploy.local.account import Account, fleeting_place, server_account, temporary_place
from deploy.local.cluster import remove_data
from deploy.local.environment import Secrets, Urls, settings_of, without_settings
from deploy.local.postgres import DataDirectoryInUseError, LocalPostgres
from registry.searching.documents import Documents
from registry.searching.reading import read_anew
from registry.searching.shelf import Shelf

BASE_URL = "http://service.test"
PREFIX = "linli-tests-"
PATIENCE_S = 120  # for a start or an end beside all else that a machine does


@dataclass(slots=True)
class Databases:
    """Databases of one server. A template is migrated on first use, everything else copies it."""

    server: LocalPostgres
    _templates: set[str] = field(default_factory=set)
    _shared: dict[str, Urls] = field(default_factory=dict)
    _engines: dict[str, AsyncEngine] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def shared(self, service: str) -> Urls:
        """The database on which tests roll back what they do."""
        if service not in self._shared:
            self._shared[service] = self._copy(service, f"{service}__shared")
        return self._shared[service]

    @contextmanager
    def fresh(self, service: str) -> Iterator[Urls]:
        """A database of one's own, where commits are real; gone afterwards."""
        name = f"{service}__{next(self._numbers)}"
        try:
            yield self._copy(service, name)
        finally:
            self.server.drop(name)

    @asynccontextmanager
    async def rolled_back(self, service: str) -> AsyncIterator[Sessions]:
        """Sessions whose commits are real to the code and gone after the test.

        They share one connection: what needs two at once takes a fresh database.
        """
        url = driver_url(self.shared(service).app)
        engine = self._engines.setdefault(service, create_async_engine(url))
        async with engine.connect() as connection:
            outer = await connection.begin()
            yield session_factory(connection, [], join_transaction_mode="create_savepoint")
            await outer.rollback()

    async def close(self) -> None:
        """Give the connections back."""
        for engine in self._engines.values():
            await engine.dispose()

    def _copy(self, service: str, name: str) -> Urls:
        template = f"{service}__template"
        if template not in self._templates:
            migrate_on(self.server, service, template)
            self._templates.add(template)
        self.server.copy(template, name)
        return self.server.urls(name)


def migrate_on(server: LocalPostgres, service: str, database: str) -> Urls:
    """A service's database, migrated; in a thread, since migrations bring a loop of their own."""
    server.prepare(database)
    urls = server.urls(database)
    addresses = {"owner_url": urls.owner, "app_url": urls.app, "audit_url": urls.audit}
    with ThreadPoolExecutor(1) as thread:
        thread.submit(migrate.upgrade, service, **addresses).result()
    return urls


class ReadAnew:
    """The search of a test whose commits nobody else sees: each question reads the database."""

    age_s = 0
    level = None

    @property
    def documents(self) -> Documents:
        """Nothing is remembered from one test to the next."""
        return Documents()

    async def current(self, session: AsyncSession) -> Shelf:
        """All that is published in the test."""
        return await read_anew(session)


class RequestState:
    """Each request gets its own copy of the lifespan's state, as under a real server.

    asgi-lifespan hands the same dict to all of them; a caller's identity would stay in it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "state": {**scope["state"], **scope.get("instead", {})}}
        await self._app(scope, receive, send)


def open_directory(within: Callable[[Account], Path] = temporary_place) -> Path:
    """A temporary directory that the server's account can enter (pytest's own are closed)."""
    place = Path(tempfile.mkdtemp(prefix=PREFIX, dir=within(server_account())))
    place.chmod(0o755)
    return place


def sweep() -> None:
    """Remove what test sessions left that were killed: their locks are free."""
    account = server_account()
    for where in {temporary_place(account), fleeting_place(account)}:
        for lock in where.glob(f"{PREFIX}*/lock"):
            place = lock.parent
            with suppress(DataDirectoryInUseError, OSError), LocalPostgres(place).locked():
                remove_data(place)


@dataclass(slots=True)
class Apps:
    """Services running in this process, each started once on its shared database."""

    databases: Databases
    secrets: Secrets
    _running: dict[str, LifespanManager] = field(default_factory=dict)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @asynccontextmanager
    async def client(self, service: str, **state: Any) -> AsyncIterator[httpx.AsyncClient]:
        """Calls to the shared app; `state` replaces parts of its lifespan state."""
        if service == "registry" and "sessions" in state:
            state.setdefault("own", ReadAnew())
        if service not in self._running:
            urls = self.databases.shared(service)
            manager = started(build(service, urls, self.secrets, worker="false"))
            self._running[service] = await self._stack.enter_async_context(manager)
        running = self._running[service]

        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            await running.app({**scope, "instead": state}, receive, send)

        async with _calls(served) as client:
            yield client

    @asynccontextmanager
    async def live(
        self, service: str, urls: Urls, **settings: str
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Calls to an app of one's own, workers and all, on a database of one's own."""
        app = build(service, urls, self.secrets, **settings)
        async with started(app) as manager, _calls(manager.app) as client:
            yield client

    async def close(self) -> None:
        """Stop them all."""
        await self._stack.aclose()


def started(app: ASGIApp) -> LifespanManager:
    """The app with its lifespan; `.app` answers while it runs."""
    return LifespanManager(
        RequestState(app), startup_timeout=PATIENCE_S, shutdown_timeout=PATIENCE_S
    )


def _calls(app: ASGIApp) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url=BASE_URL)


def build(service: str, urls: Urls, secrets: Secrets, **settings: str) -> ASGIApp:
    """The service's app, configured the way an operator does it: by the environment."""
    own = settings_of(service, urls, secrets, **{"base_url": BASE_URL, **settings})
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(without_settings(kept) | own)
    try:
        app: ASGIApp = import_module(f"{service}.main").app()
    finally:
        os.environ.clear()
        os.environ.update(kept)
    return app
