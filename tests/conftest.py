"""Fixtures for all tests: a real PostgreSQL, sessions that roll back, services in this process.

`service` names the service a test is about (its directory under tests/); override it where that is
not enough. One server per worker, so `pytest -n` works.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from deploy.local.cluster import remove_data
from deploy.local.postgres import SERVICES, LocalPostgres
from tests.harness import Databases, Urls, open_directory


@pytest.fixture(scope="session")
def postgres() -> Iterator[LocalPostgres]:
    """A server of this session's own; nothing survives it, so it need not sync."""
    place = open_directory()
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
def now() -> datetime:
    """A Monday morning in the city."""
    return datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
