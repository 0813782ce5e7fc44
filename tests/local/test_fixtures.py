"""The fixtures keep their word: what a test writes is gone, what is fresh is really committed."""

from collections.abc import Callable

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.roles import Role
from deploy.local.environment import Urls
from tests.harness import Databases


async def test_commits_are_visible_to_the_next_session_and_gone_after_the_test(
    databases: Databases,
) -> None:
    async with databases.rolled_back("feedback") as sessions:
        async with sessions.begin() as session:
            await session.execute(text("CREATE TEMPORARY TABLE scratch (a int UNIQUE)"))
            await session.execute(text("INSERT INTO scratch VALUES (1)"))
        async with sessions() as session:
            assert await session.scalar(text("SELECT a FROM scratch")) == 1

    async with databases.rolled_back("feedback") as sessions, sessions() as session:
        assert await session.scalar(text("SELECT to_regclass('scratch')")) is None


async def test_a_failed_commit_leaves_the_connection_usable(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    async with sessions.begin() as session:
        await session.execute(text("CREATE TEMPORARY TABLE scratch (a int UNIQUE)"))
    with pytest.raises(Exception, match="division by zero"):
        async with sessions.begin() as session:
            await session.execute(text("INSERT INTO scratch VALUES (1)"))
            await session.execute(text("SELECT 1/0"))

    async with sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM scratch")) == 0


async def test_a_fresh_database_is_ones_own(fresh_database: Urls, databases: Databases) -> None:
    owner = await asyncpg.connect(fresh_database.owner)
    await owner.execute("CREATE TABLE marks (a int)")
    await owner.close()
    app = await asyncpg.connect(fresh_database.app)

    await app.execute("INSERT INTO marks VALUES (1)")

    await app.close()
    with databases.fresh("feedback") as other:
        second = await asyncpg.connect(other.app)
        assert await second.fetchval("SELECT to_regclass('marks')") is None
        await second.close()


async def test_a_service_answers_and_knows_its_callers(
    client: httpx.AsyncClient, bearer: Callable[..., dict[str, str]]
) -> None:
    assert (await client.get("/healthz")).json()["service"] == "feedback"

    assert (await client.get("/readyz")).status_code == 200
    assert (await client.get("/feeds", headers=bearer(Role.AUDITOR))).status_code == 200
    assert (await client.get("/feeds", headers={"Authorization": "Bearer x"})).status_code == 401


async def test_a_live_service_numbers_its_feeds(live_client: httpx.AsyncClient) -> None:
    assert (await live_client.get("/readyz")).json()["jobs"] == {}
