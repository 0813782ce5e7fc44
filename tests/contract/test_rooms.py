"""Every service is a real one: it starts alone on its own database and tells how it is."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from common.auth.roles import Role
from common.contracts.feeds import STATES, Kind
from common.db import driver_url
from deploy.local.environment import SERVICES
from tests.harness import Apps


@pytest.fixture(params=SERVICES)
def service(request) -> str:
    return request.param


@pytest.fixture
async def calls(apps: Apps, service: str) -> AsyncIterator[httpx.AsyncClient]:
    """A service alone on its shared database; nothing is written."""
    async with apps.client(service) as made:
        yield made


async def test_it_is_alive_and_ready(calls, service):
    alive, ready = await calls.get("/healthz"), await calls.get("/readyz")

    assert (alive.status_code, alive.json()["service"]) == (200, service)
    assert ready.status_code == 200
    assert ready.json()["migration"]
    assert ready.headers["Cache-Control"] == "no-store"


async def test_a_worker_is_ready_too(live_client):
    answer = await live_client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["jobs"] == {}


async def stamped(fresh_database, revision):
    """The database says that it is at this revision."""
    engine = create_async_engine(driver_url(fresh_database.owner))
    async with engine.begin() as connection:
        statement = text("UPDATE alembic_version SET version_num = :revision")
        await connection.execute(statement, {"revision": revision})
    await engine.dispose()


async def test_it_stays_ready_when_the_next_release_has_migrated(live_client, fresh_database):
    await stamped(fresh_database, "9999")

    answer = await live_client.get("/readyz")

    assert (answer.status_code, answer.json()["migration"]) == (200, "9999")


async def test_it_is_not_ready_on_a_database_of_an_earlier_migration(live_client, fresh_database):
    await stamped(fresh_database, "0000")

    answer = await live_client.get("/readyz")

    assert (answer.status_code, answer.json()["type"]) == (503, "not-ready")
    assert (await live_client.get("/healthz")).status_code == 200


async def test_it_counts_what_it_does(calls):
    await calls.get("/healthz")
    figures = await calls.get("/metrics")

    assert figures.status_code == 200
    assert figures.text.startswith("# HELP")


async def test_it_describes_itself(calls):
    document = (await calls.get("/openapi.json")).json()
    page = await calls.get("/docs")

    assert document["openapi"].startswith("3.1")
    assert "/v1/rules" in document["paths"]
    assert page.status_code == 200


async def test_its_feeds_are_the_ones_that_were_agreed(calls, service, bearer):
    headers = bearer(Role.SERVICE)
    listed = (await calls.get("/feeds", headers=headers)).json()
    kinds = {Kind(feed["kind"]): feed for feed in listed}

    assert all(kind.service == service for kind in kinds)
    for kind, feed in kinds.items():
        assert feed["access"] == kind.visibility


async def test_every_operation_has_a_text_and_a_permission(calls):
    document = (await calls.get("/openapi.json")).json()

    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            said = operation.get("description") or operation.get("summary")
            assert said, f"{method} {path}"
            assert operation["x-permission"], f"{method} {path}"


async def test_an_address_that_does_not_exist_is_told_as_a_problem(calls):
    answer = await calls.get("/v1/nothing", headers={"Accept-Language": "en"})

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "Not Found"


async def test_every_answer_names_its_request(calls):
    given = await calls.get("/healthz", headers={"X-Request-Id": "given-0001"})
    made = await calls.get("/healthz")

    assert given.headers["X-Request-Id"] == "given-0001"
    assert UUID(made.headers["X-Request-Id"]).version == 7


async def test_what_a_feed_carries_is_what_was_agreed(apps, databases):
    """The registry's first words are in its feed from the start."""
    with databases.fresh("registry") as urls:
        async with apps.live("registry", urls) as calls:
            items = await first_items(calls, Kind.DICTIONARY_ENTRY)

    assert items
    for item in items:
        state = STATES[Kind.DICTIONARY_ENTRY].model_validate(item["data"])
        assert orjson.loads(state.model_dump_json()) == item["data"]


async def first_items(calls: httpx.AsyncClient, kind: Kind) -> list[dict[str, Any]]:
    """The first page that has items."""
    for _ in range(50):
        answer = await calls.get(f"/feeds/{kind}")
        if answer.status_code == 200 and answer.json()["items"]:
            items: list[dict[str, Any]] = answer.json()["items"]
            return items
        await asyncio.sleep(0.1)
    return []
