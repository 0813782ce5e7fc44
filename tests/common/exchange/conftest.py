"""A webhook on things of the test's own, and nothing sent yet."""

import pytest

from common.crypto.keys import Keys
from tests.common.exchange.stage import Addressee, Stage, hook
from tests.common.feed.conftest import things, things_database
from tests.common.feed.things import Things

__all__ = ["things", "things_database"]


@pytest.fixture
async def stage(things: Things, keys: Keys) -> Stage:
    row = hook(keys)
    async with things.opened.sessions.begin() as session:
        session.add(row)
    return Stage(things, keys, Addressee(), row.id)
