"""Connections that stay at hand: taken again at once, few, never dead ones, none left behind."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import QueuePool, text

from common.borrowed import SHARE, Borrowed
from common.db import Database, database, direct_url
from deploy.local.environment import Urls
from tests.harness import Databases

POOL = 2 * SHARE  # two may stay at hand
PID = "SELECT pg_backend_pid()"
OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND usename = $1 AND backend_type = 'client backend'"
)


@pytest.fixture
def urls(databases: Databases) -> Any:
    with databases.fresh("feedback") as found:
        yield found


@pytest.fixture
async def opened(urls: Urls) -> AsyncIterator[Database]:
    async with database(urls.app, pool_size=POOL, wait_s=1) as found:
        yield found


async def asked(borrowed: Borrowed) -> int:
    [[pid]] = await borrowed.fetched(PID, ())
    return int(pid)


def in_use(opened: Database) -> int:
    pool = opened.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


async def test_who_comes_next_gets_the_connection_that_was_just_given_back(
    opened: Database,
) -> None:
    first, second = Borrowed(opened.engine), Borrowed(opened.engine)
    one = await asked(first)
    first.give_back()

    assert await asked(second) == one
    assert await asked(first) != one  # which is in use
    first.give_back()
    second.give_back()


async def test_no_more_than_a_share_of_the_pool_stays_at_hand(opened: Database) -> None:
    many = [Borrowed(opened.engine) for _ in range(POOL)]
    pids = {await asked(each) for each in many}
    for each in many:
        each.give_back()

    assert len(pids) == POOL
    assert in_use(opened) == POOL // SHARE


async def test_sessions_find_all_others_in_the_pool(opened: Database) -> None:
    borrowed = [Borrowed(opened.engine) for _ in range(POOL // SHARE)]
    for each in borrowed:
        await asked(each)
    for each in borrowed:
        each.give_back()
    sessions = [opened.sessions() for _ in range(POOL - POOL // SHARE)]

    for session in sessions:
        assert await session.scalar(text("SELECT 1")) == 1
    for session in sessions:
        await session.close()


async def test_nobody_waits_while_one_lies_at_hand(opened: Database) -> None:
    borrowed = [Borrowed(opened.engine) for _ in range(POOL // SHARE)]
    for each in borrowed:
        await asked(each)
    for each in borrowed:
        each.give_back()
    sessions = [opened.sessions() for _ in range(POOL)]

    for session in sessions:
        assert await session.scalar(text("SELECT 1")) == 1
    assert in_use(opened) == POOL
    for session in sessions:
        await session.close()


async def test_one_at_hand_that_has_died_makes_room_for_another(
    opened: Database, urls: Urls
) -> None:
    borrowed = Borrowed(opened.engine)
    dead = await asked(borrowed)
    borrowed.give_back()
    await _ended(urls, dead)
    sessions = [opened.sessions() for _ in range(POOL)]

    pids = {await session.scalar(text(PID)) for session in sessions}

    assert len(pids - {dead}) == POOL
    for session in sessions:
        await session.close()


async def test_who_waits_for_the_pool_is_served_before_anything_stays_at_hand(
    opened: Database,
) -> None:
    borrowed = [Borrowed(opened.engine) for _ in range(POOL)]
    for each in borrowed:
        await asked(each)
    async with opened.sessions() as session:
        waiting = asyncio.ensure_future(session.scalar(text("SELECT 1")))
        await asyncio.sleep(0)

        borrowed.pop().give_back()

        assert await waiting == 1
    for each in borrowed:
        each.give_back()


async def test_a_small_pool_keeps_nothing_from_its_sessions(urls: Urls) -> None:
    async with database(urls.app, pool_size=1, wait_s=1) as opened:
        assert await opened.holds("SELECT true")
        async with opened.sessions() as session:
            assert await session.scalar(text("SELECT 1")) == 1


async def test_a_connection_that_the_server_ended_is_not_handed_out(
    opened: Database, urls: Urls
) -> None:
    borrowed = Borrowed(opened.engine)
    dead = await asked(borrowed)
    borrowed.give_back()
    await _ended(urls, dead)

    assert await asked(borrowed) != dead
    borrowed.give_back()
    assert in_use(opened) == 1


async def test_one_that_was_cut_off_in_the_middle_does_not_stay(
    opened: Database, urls: Urls
) -> None:
    borrowed = Borrowed(opened.engine)
    dead = await asked(borrowed)
    with pytest.raises(asyncpg.PostgresError):
        await borrowed.fetched("SELECT pg_terminate_backend(pg_backend_pid())", ())
    borrowed.give_back()

    assert in_use(opened) == 0
    assert await asked(borrowed) != dead
    borrowed.give_back()


async def test_a_refused_statement_leaves_its_connection_sound(opened: Database) -> None:
    borrowed = Borrowed(opened.engine)
    pid = await asked(borrowed)
    with pytest.raises(asyncpg.UndefinedTableError):
        await borrowed.fetched("SELECT FROM nowhere", ())
    borrowed.give_back()

    assert await asked(borrowed) == pid
    borrowed.give_back()


async def test_a_database_that_closes_leaves_no_connection_behind(urls: Urls) -> None:
    async with database(urls.app, pool_size=POOL) as opened:
        borrowed = Borrowed(opened.engine)
        await asked(borrowed)
        borrowed.give_back()

    owner = await asyncpg.connect(direct_url(urls.owner))
    user = opened.engine.url.username
    try:
        assert await owner.fetchval(OTHERS, user) == 0
    finally:
        await owner.close()


async def _ended(urls: Urls, pid: int) -> None:
    """The server ends a connection, and says so."""
    user = await asyncpg.connect(direct_url(urls.app))
    try:
        assert await user.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)
    finally:
        await user.close()
