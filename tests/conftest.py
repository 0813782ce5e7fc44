"""Fixtures for all tests: a real PostgreSQL, sessions that roll back, services in this process.

`service` names the service a test is about (its directory under tests/); override it where that is
not enough. One server per worker, so `pytest -n` works.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.actor import Actor
from common.auth.development import ISSUER, kind_of
from common.auth.roles import Role
from common.clock import utc_now
from deploy.local.account import fleeting_place
from deploy.local.cluster import remove_data
from deploy.local.environment import SERVICES, Secrets, Urls, make_secrets
from deploy.local.postgres import LocalPostgres
from tests.callers import (
    city,
    clerk,
    clerk_actor,
    head,
    keys,
    neighbour,
    other_line,
    other_street,
    resident,
)
from tests.harness import Apps, Databases, migrate_on, open_directory, sweep

__all__ = ["city", "clerk", "clerk_actor", "head", "keys", "neighbour", "other_line"]
__all__ += ["other_street", "resident"]

# No test asserts a time: on a busy machine an example takes as long as it takes.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores: half of what tests do is wait for a server."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def postgres() -> Iterator[LocalPostgres]:
    """A server of this session's own; nothing survives it: it lies in memory and need not sync."""
    sweep()
    place = open_directory(fleeting_place)
    try:
        with LocalPostgres(place, durable=False) as server:
            yield server
    finally:
        remove_data(place)


@pytest.fixture(scope="session")
async def databases(postgres: LocalPostgres) -> AsyncIterator[Databases]:
    made = Databases(postgres)
    yield made
    await made.close()


@pytest.fixture
def service(request: pytest.FixtureRequest) -> str:
    """The service of this test. Tests of `common` run on the smallest one."""
    parts = Path(request.path).parts
    return next((name for name in SERVICES if name in parts), "feedback")


@pytest.fixture(scope="session")
def database_url(databases: Databases) -> Callable[[str], str]:
    """Address of a service's migrated database, as its application. Leave no commit in it."""
    return lambda service: databases.shared(service).app


@pytest.fixture
async def sessions(
    databases: Databases, service: str
) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Sessions whose commits are real to the code and gone after the test (one connection)."""
    async with databases.rolled_back(service) as made:
        yield made


@pytest.fixture
def fresh_database(databases: Databases, service: str) -> Iterator[Urls]:
    """A migrated database of this test's own (`.app`, `.owner`, `.audit`); commits are real."""
    with databases.fresh(service) as urls:
        yield urls


@pytest.fixture
def durable(service: str) -> Iterator[LocalPostgres]:
    """A server that syncs, to be killed: what it has acknowledged outlives it. Migrated."""
    place = open_directory()
    try:
        with LocalPostgres(place) as server:
            migrate_on(server, service, service)
            yield server
    finally:
        remove_data(place)


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    """Development keys and the development issuer of this session."""
    return make_secrets(tmp_path_factory.mktemp("secrets"))


@pytest.fixture(scope="session")
async def apps(databases: Databases, secrets: Secrets) -> AsyncIterator[Apps]:
    """Services running in this process; `apps.client("matching")` calls another one."""
    made = Apps(databases, secrets)
    yield made
    await made.close()


@pytest.fixture
async def client(
    apps: Apps, service: str, sessions: async_sessionmaker[AsyncSession]
) -> AsyncIterator[httpx.AsyncClient]:
    """Calls to the service, on the sessions that roll back. One call at a time; no workers run."""
    async with apps.client(service, sessions=sessions) as calls:
        yield calls


@pytest.fixture
async def live_client(
    apps: Apps, service: str, fresh_database: Urls
) -> AsyncIterator[httpx.AsyncClient]:
    """Calls to a service of this test's own: real commits, feeds numbered, audit chained."""
    async with apps.live(service, fresh_database) as calls:
        yield calls


@pytest.fixture(scope="session")
def bearer(secrets: Secrets) -> Callable[..., dict[str, str]]:
    """The header of a caller: `bearer(Role.CLERK, area="310101002", line="民政")`."""

    def header(*roles: Role, **claims: Any) -> dict[str, str]:
        token = secrets.issuer.issue(roles, now=utc_now(), **claims)
        return {"Authorization": f"Bearer {token}"}

    return header


@pytest.fixture(scope="session")
def actor() -> Callable[..., Actor]:
    """A caller as a value: `actor(Role.CLERK, area="310101002")`, for use cases and rules."""

    def made(*roles: Role, **parts: Any) -> Actor:
        kind = parts.pop("kind", kind_of(roles[0]))
        subject = parts.pop("subject", f"test-{roles[0]}")
        return Actor(ISSUER, subject, kind, frozenset(roles), **parts)

    return made


@pytest.fixture
def now() -> datetime:
    """A Monday morning in the city."""
    return datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
