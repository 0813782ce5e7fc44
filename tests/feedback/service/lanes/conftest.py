"""A service with real commits, and who watches its lane."""

from collections.abc import AsyncIterator

import httpx
import pytest

from common.db import database
from common.lane import Asked, Told
from common.lane_writing import _Writing
from deploy.local.environment import Urls
from tests.feedback.served import Sessions
from tests.harness import Apps

Header = dict[str, str]


class Lane:
    """What came of the calls that took the lane."""

    def __init__(self) -> None:
        self.made: list[Told] = []
        self.is_lost = False

    async def answered(self, made: Told) -> Told:
        """The lane has committed; now its answer may be lost."""
        self.made.append(made)
        if self.is_lost:
            raise ConnectionError
        return made


@pytest.fixture
def lane(monkeypatch: pytest.MonkeyPatch) -> Lane:
    """Watches the lane."""
    watched, write = Lane(), _Writing.__call__

    async def watch(self: _Writing, asked: Asked) -> Told:
        return await watched.answered(await write(self, asked))

    monkeypatch.setattr(_Writing, "__call__", watch)
    return watched


@pytest.fixture
async def client(apps: Apps, fresh_database: Urls) -> AsyncIterator[httpx.AsyncClient]:
    """Calls to a service whose commits are real, one beside the other."""
    async with apps.live("feedback", fresh_database, worker="false") as calls:
        yield calls


@pytest.fixture
async def sessions(fresh_database: Urls) -> AsyncIterator[Sessions]:
    """Sessions of who may read all that was written."""
    async with database(fresh_database.owner, pool_size=2) as opened:
        yield opened.sessions


@pytest.fixture
async def known(client: httpx.AsyncClient, resident: Header) -> Header:
    """A resident whose token the service has seen."""
    await client.get("/v1/ratings", headers=resident)
    return resident
