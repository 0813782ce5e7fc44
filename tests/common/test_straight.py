"""A session that goes straight to the driver: what it writes, and what it gives back."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
from asyncpg import PostgresError
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import QueuePool

from common import audit, feed
from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role
from common.db import Database, Mark, database, direct_url
from common.ending import WrittenTooEarlyError, at_end, in_one_statement
from common.straight import Straight, rows
from deploy.local.environment import Urls
from feedback.tables import Contacts
from tests.harness import Databases

INSERT = "INSERT INTO survey_contact (resident, year, contacts) VALUES (?, 2026, ?)"
CLERK = Actor("issuer", "clerk-7", ActorKind.STAFF, frozenset({Role.CLERK}), area="310101")
COUNTED = text("SELECT (SELECT count(*) FROM survey_contact), (SELECT count(*) FROM feed_outbox)")


@pytest.fixture
def urls(databases: Databases) -> Iterator[Urls]:
    with databases.fresh("feedback") as found:
        yield found


@pytest.fixture
async def opened(urls: Urls) -> AsyncIterator[Database]:
    async with database(urls.app, pool_size=1, wait_s=0.2) as found:
        yield found


def in_use(opened: Database) -> int:
    """How many connections of the pool are lent."""
    pool = opened.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


async def written(opened: Database) -> tuple[int, ...]:
    """How many rows and marks there are."""
    async with opened.sessions.begin() as session:
        return tuple((await session.execute(COUNTED)).one())


async def note(session: AsyncSession, contacts: int = 1) -> UUID:
    """Let a row and its mark be written at the end."""
    record = uuid4()
    at_end(session, INSERT, str(record), contacts)
    feed.mark(session, "case", record)
    return record


async def test_what_waits_is_written_at_the_end_and_told(opened: Database) -> None:
    told: list[Mark] = []
    opened.listeners.append(told.extend)

    async with opened.sessions.straight() as session:
        in_one_statement(session)
        [[year]] = await rows(session, "SELECT $1::int + 1", 2025)
        record = await note(session)
        assert (isinstance(session, Straight), year, told) == (True, 2026, [])

    assert await written(opened) == (1, 1)
    assert (told, in_use(opened)) == ([("case", record)], 0)


@pytest.mark.parametrize("count", [1, 2, 4, 5, 40])
@pytest.mark.parametrize("way", ["straight", "begin"])
async def test_few_and_many_marks_and_entries_are_written_alike(
    opened: Database, urls: Urls, count: int, way: str
) -> None:
    records = [uuid4() for _ in range(count)]
    async with getattr(opened.sessions, way)() as session:
        in_one_statement(session)
        for record in records:
            feed.mark(session, "case", record)
            audit.note(session, CLERK, action="case.open", target=("case", record), reason="甲")

    owner = await asyncpg.connect(direct_url(urls.owner))
    marks = await owner.fetch("SELECT kind, record_id FROM feed_outbox ORDER BY id")
    entries = await owner.fetch("SELECT entry FROM audit_inbox")
    await owner.close()
    assert [tuple(mark) for mark in marks] == [("case", record) for record in records]
    told = [orjson.loads(row["entry"]) for row in entries]
    assert [(entry["target_id"], entry["reason"]) for entry in told] == [
        (str(record), "甲") for record in records
    ]


async def test_a_fault_on_the_way_writes_nothing(opened: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with opened.sessions.straight() as session:
            in_one_statement(session)
            await note(session)
            raise ZeroDivisionError

    assert await written(opened) == (0, 0)


async def test_what_a_constraint_refuses_is_refused_with_all_that_came_with_it(
    opened: Database,
) -> None:
    with pytest.raises(PostgresError, match="ck_survey_contact_contacts"):
        async with opened.sessions.straight() as session:
            in_one_statement(session)
            await note(session)
            await note(session, contacts=-1)

    assert await written(opened) == (0, 0)
    assert in_use(opened) == 0


async def test_who_asks_for_an_entity_has_an_ordinary_session(opened: Database) -> None:
    async with opened.sessions.straight() as session:
        in_one_statement(session)
        await rows(session, "SELECT 1")  # lends the one connection, which is given back
        record = await note(session)
        assert await session.get(Contacts, ("nobody", 2026)) is None
        [[one]] = await rows(session, "SELECT 1")
        assert (one, in_use(opened)) == (1, 1)

    assert await written(opened) == (1, 1)
    async with opened.sessions.begin() as found:
        assert await found.get(Contacts, (str(record), 2026)) is not None


async def test_a_promise_binds_the_ordinary_session_too(opened: Database) -> None:
    with pytest.raises(WrittenTooEarlyError):
        async with opened.sessions.straight() as session:
            in_one_statement(session)
            session.add(Contacts(resident="r", year=2026, contacts=1))

    assert await written(opened) == (0, 0)


async def test_without_a_promise_all_statements_are_one_transaction(opened: Database) -> None:
    begun = "SELECT transaction_timestamp()"
    async with opened.sessions.straight() as session:
        session.add(Contacts(resident="r", year=2026, contacts=1))
        await session.flush()
        assert await rows(session, begun) == await rows(session, begun)
        await note(session)

    assert await written(opened) == (2, 1)


async def test_a_connection_that_broke_is_not_given_back(opened: Database) -> None:
    with pytest.raises(PostgresError):
        async with opened.sessions.straight() as session:
            in_one_statement(session)
            await rows(session, "SELECT pg_terminate_backend(pg_backend_pid())")

    assert await written(opened) == (0, 0)  # on a new one


async def test_who_is_cut_off_leaves_no_connection_in_doubt(opened: Database) -> None:
    async def sleep() -> None:
        async with opened.sessions.straight() as session:
            in_one_statement(session)
            await note(session)
            await rows(session, "SELECT pg_sleep(20)")

    sleeping = asyncio.create_task(sleep())
    while not in_use(opened):
        await asyncio.sleep(0.01)
    with pytest.raises(NoConnection):
        await written(opened)
    sleeping.cancel()
    await asyncio.wait([sleeping])

    assert await written(opened) == (0, 0)
    assert in_use(opened) == 0


async def test_on_a_given_connection_it_is_an_ordinary_session(databases: Databases) -> None:
    async with databases.rolled_back("feedback") as sessions, sessions.straight() as session:
        assert isinstance(session, AsyncSession)
