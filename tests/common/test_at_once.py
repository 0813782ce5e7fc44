"""A transaction that writes with its last statement only: its connection, and what it sees."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from common.db import Database, database
from common.ending import in_a_transaction, in_one_statement
from tests.harness import Databases


@pytest.fixture
async def opened(databases: Databases) -> AsyncIterator[Database]:
    with databases.fresh("feedback") as urls:
        async with database(urls.app, pool_size=1) as found:
            yield found


async def _begun_at(session: AsyncSession) -> datetime:
    found: datetime = (await session.execute(text("SELECT transaction_timestamp()"))).scalar_one()
    return found


async def test_who_waits_before_asking_holds_no_connection(opened: Database) -> None:
    async with opened.sessions.begin() as waiting:
        in_one_statement(waiting)
        async with opened.sessions.begin() as other:  # the pool has one connection
            assert await _begun_at(other)
        assert await _begun_at(waiting)


async def test_its_statements_stand_for_themselves(opened: Database) -> None:
    async with opened.sessions.begin() as session:
        in_one_statement(session)
        assert await _begun_at(session) != await _begun_at(session)


async def test_what_has_begun_goes_on_as_it_began(opened: Database) -> None:
    async with opened.sessions.begin() as session:
        begun = await _begun_at(session)
        in_one_statement(session)
        assert await _begun_at(session) == begun


async def test_who_reads_through_a_cursor_has_a_transaction_after_all(opened: Database) -> None:
    async with opened.sessions.begin() as session:
        in_one_statement(session)
        in_a_transaction(session)
        found = await session.stream(text("SELECT generate_series(1, 3)"))
        assert [each async for (each,) in found] == [1, 2, 3]


async def test_the_next_transaction_of_the_session_begins_again(opened: Database) -> None:
    async with opened.sessions() as session:
        async with session.begin():
            in_one_statement(session)
            await _begun_at(session)
        async with session.begin():
            assert await _begun_at(session) == await _begun_at(session)
