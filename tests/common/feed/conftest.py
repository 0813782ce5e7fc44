"""A database with things in it, and readers of its feeds."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import httpx
import pytest

from common.feed.wake import FeedWaiters
from deploy.local.environment import Urls
from tests.common.feed.things import TABLES, Things, client_of, open_things
from tests.harness import Databases


@pytest.fixture
def things_database(databases: Databases) -> Iterator[Urls]:
    """A database of this test's own, with the synthetic tables."""
    with ExitStack() as stack:
        urls = stack.enter_context(databases.fresh("feedback"))
        name = urls.owner.rpartition("@/")[2].partition("?")[0]
        databases.server.sql(f"SET ROLE feedback_owner; {TABLES}", name)
        yield urls


@pytest.fixture
async def things(things_database: Urls) -> AsyncIterator[Things]:
    async with open_things(things_database.app) as opened:
        await opened.settle()
        yield opened


@pytest.fixture
async def waiters(things: Things) -> AsyncIterator[FeedWaiters]:
    async with FeedWaiters.listening(things.opened) as listening:
        yield listening


@pytest.fixture
async def reader(things: Things, waiters: FeedWaiters) -> AsyncIterator[httpx.AsyncClient]:
    """The public, reading pages of 10."""
    async with client_of(things.opened, waiters, feed_page=10) as calls:
        yield calls
