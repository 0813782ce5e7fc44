"""What runs stand on: a database and a service of the test's own, and who asks for runs."""

from collections.abc import AsyncIterator

import httpx
import pytest

from common.db import Database, database
from deploy.local.environment import Urls
from tests.harness import Apps

Header = dict[str, str]


@pytest.fixture
async def opened(fresh_database: Urls) -> AsyncIterator[Database]:
    """The database of this test's own service, for its jobs."""
    async with database(fresh_database.app, pool_size=4) as made:
        yield made


@pytest.fixture
async def calls(
    apps: Apps, fresh_database: Urls, opened: Database
) -> AsyncIterator[httpx.AsyncClient]:
    """The service without its background work: runs are computed when the test says so."""
    async with apps.live("matching", fresh_database, worker="false") as client:
        yield client
