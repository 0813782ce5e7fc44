"""A column gets another type while a service runs that has read it: it asks to come again, once."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from common.db import Database, database, direct_url
from common.ending import in_one_statement
from common.problem_details import handlers
from common.straight import rows
from deploy.local.environment import Urls

READ = "SELECT resident, contacts FROM survey_contact"


@pytest.fixture
async def opened(fresh_database: Urls) -> AsyncIterator[Database]:
    """With one connection, so that it is the one which has read before."""
    async with database(fresh_database.app, pool_size=1) as made:
        yield made


async def retype(urls: Urls) -> None:
    """Do to a column what a migration may do."""
    owner = await asyncpg.connect(direct_url(urls.owner))
    await owner.execute("CREATE DOMAIN pseudonym AS text")
    await owner.execute("ALTER TABLE survey_contact ALTER COLUMN resident TYPE pseudonym")
    await owner.close()


async def test_a_request_by_the_road_is_answered_with_later_and_the_next_one_as_ever(
    opened: Database, fresh_database: Urls
) -> None:
    app = FastAPI(exception_handlers=handlers({}))

    @app.get("/")
    async def read() -> int:
        async with opened.sessions.begin() as session:
            return len((await session.execute(text(READ))).all())

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://retyped.test") as client:
        before = await client.get("/")
        await retype(fresh_database)
        later, after = await client.get("/"), await client.get("/")

    assert [each.status_code for each in (before, later, after)] == [200, 503, 200]
    assert int(later.headers["Retry-After"]) > 0


async def test_who_goes_straight_to_the_driver_does_not_notice(
    opened: Database, fresh_database: Urls
) -> None:
    async def read() -> None:
        async with opened.sessions.straight() as session:
            in_one_statement(session)
            assert await rows(session, READ) == []

    await read()
    await retype(fresh_database)
    await read()
