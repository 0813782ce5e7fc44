"""OpenActive's validator walks every feed of a registry that holds a demo city."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from common.clock import utc_now
from common.crypto.keyring import KeyRing
from common.crypto.keys import Keys
from common.db import database
from deploy.local.environment import Secrets, Urls
from registry.demo.city import City
from registry.demo.load import load
from registry.main import KINDS
from tests.living import Living, living
from tests.rpde_validator import rpde_walk

PATIENCE_S = 120


@pytest.fixture
async def demo(fresh_database: Urls, secrets: Secrets) -> AsyncIterator[Living]:
    """A registry with a very small demo city, all of it numbered."""
    async with database(fresh_database.app, pool_size=2) as opened:
        cipher = Keys.of(KeyRing.from_directory(secrets.keys)).fields
        await load(City(0.01), opened.sessions, cipher, now=utc_now())
    async with living("registry", fresh_database, secrets) as service:
        await numbered(service)
        yield service


async def numbered(service: Living) -> None:
    async with httpx.AsyncClient(base_url=service.base) as calls, asyncio.timeout(PATIENCE_S):
        while True:
            feeds = (await calls.get("/readyz")).json()["feeds"]
            told = {feed["kind"] for feed in feeds if feed["last_number"] and not feed["waiting"]}
            if told >= {kind.name for kind in KINDS if kind.public}:
                return
            await asyncio.sleep(0.1)


async def test_the_validator_finds_nothing_to_fail_in_any_feed(demo: Living) -> None:
    async with httpx.AsyncClient(base_url=demo.base) as calls:
        listed = {feed["kind"]: feed for feed in (await calls.get("/feeds")).json()}

    walks = {
        kind: await asyncio.to_thread(rpde_walk, feed["address"])
        for kind, feed in listed.items()
        if feed["access"] == "public"
    }

    assert set(walks) == {kind.name for kind in KINDS if kind.public}
    assert {kind: walk.failures for kind, walk in walks.items() if walk.failures} == {}
    assert walks["area"].pages >= 14
    assert min(walk.pages for walk in walks.values()) >= 2
