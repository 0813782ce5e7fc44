"""A webhook on things of the test's own, and nothing sent yet."""

import pytest

from common.crypto.keyring import KeyRing
from common.crypto.keys import Keys
from deploy.local.environment import Secrets
from tests.common.exchange.stage import Addressee, Stage, hook
from tests.common.feed.conftest import things, things_database
from tests.common.feed.things import Things

__all__ = ["things", "things_database"]


@pytest.fixture(scope="session")
def keys(secrets: Secrets) -> Keys:
    return Keys.of(KeyRing.from_directory(secrets.keys))


@pytest.fixture
async def stage(things: Things, keys: Keys) -> Stage:
    row = hook(keys)
    async with things.opened.sessions.begin() as session:
        session.add(row)
    return Stage(things, keys, Addressee(), row.id)
