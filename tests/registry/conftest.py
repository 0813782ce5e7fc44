"""A small city for the registry's tests."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.db import database
from deploy.local.environment import Urls
from tests.registry.small_city import listing, upload


@pytest.fixture
async def small_city(client: httpx.AsyncClient, city: dict[str, str]) -> httpx.AsyncClient:
    """Calls to a registry that knows the small city."""
    answer = await upload(client, city, listing())
    assert answer.status_code == 201, answer.text
    return client


@pytest.fixture
async def live_city(live_client: httpx.AsyncClient, city: dict[str, str]) -> httpx.AsyncClient:
    """The same of a registry with connections of its own, where others can be at work as well."""
    answer = await upload(live_client, city, listing())
    assert answer.status_code == 201, answer.text
    return live_client


@pytest.fixture
async def two(fresh_database: Urls) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Sessions on connections of their own, on the database of `live_city`."""
    async with database(fresh_database.app, pool_size=4) as opened:
        yield opened.sessions
