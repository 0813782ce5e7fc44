"""What many write at the same time is one statement, and nobody is the worse for it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asyncpg import CheckViolationError, PostgresError, UniqueViolationError
from sqlalchemy import text

from common.db import Database, database
from common.ending import at_end, in_one_statement, row_at_end
from common.gathering import PATIENCE_S, SIZES
from deploy.local.environment import Urls
from tests.harness import Databases

INSERT = "INSERT INTO survey_contact (resident, year, contacts)"
TOUCH = (
    "UPDATE survey_contact c SET contacts = contacts + 1 FROM unnest(?::text[]) AS m (resident)"
    " WHERE c.resident = m.resident"
)
WAITING = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
MANY = 40


@pytest.fixture
def urls(databases: Databases) -> Any:
    with databases.fresh("feedback") as found:
        yield found


@pytest.fixture
async def opened(urls: Urls) -> AsyncIterator[Database]:
    async with database(urls.app, pool_size=4, wait_s=5) as found:
        yield found


async def write(opened: Database, resident: str, contacts: int = 1) -> None:
    """One transaction that writes one row."""
    async with opened.sessions.straight() as session:
        in_one_statement(session)
        row_at_end(session, INSERT, "(?, 2026, ?)", resident, contacts)


async def touch(opened: Database, resident: str) -> None:
    """One that changes a row."""
    async with opened.sessions.straight() as session:
        in_one_statement(session)
        at_end(session, TOUCH, [resident])


async def found(opened: Database) -> dict[str, str]:
    """Who was written, by which transaction."""
    rows = text("SELECT resident, xmin::text FROM survey_contact")
    async with opened.sessions.begin() as session:
        return {row.resident: row.xmin for row in await session.execute(rows)}


async def outcomes(*calls: Any) -> list[type[BaseException] | None]:
    """What each call raised."""
    made = await asyncio.gather(*calls, return_exceptions=True)
    return [None if each is None else type(each) for each in made]


async def until_somebody_waits(opened: Database, number: int = 1) -> None:
    waits = text(f"SELECT count(*) {WAITING}")
    async with asyncio.timeout(20):
        while True:
            async with opened.sessions.begin() as session:
                if (await session.scalar(waits) or 0) >= number:
                    return
            await asyncio.sleep(0.02)


async def test_who_comes_while_a_statement_is_under_way_goes_with_the_next(
    opened: Database,
) -> None:
    names = [f"r-{number}" for number in range(MANY)]

    assert set(await outcomes(*(write(opened, name) for name in names))) == {None}
    written = await found(opened)
    assert set(written) == set(names)
    assert len(set(written.values())) <= MANY // SIZES[0] + 3


async def test_who_comes_alone_waits_for_nobody(opened: Database) -> None:
    for name in ("a", "b", "c"):
        await write(opened, name)

    assert len(set((await found(opened)).values())) == 3


async def test_what_is_refused_is_refused_alone_each_for_its_own_reason(opened: Database) -> None:
    await write(opened, "known")

    raised = await outcomes(
        *(write(opened, f"r-{number}") for number in range(6)),
        write(opened, "known"),
        write(opened, "wrong", -1),
        *(write(opened, f"s-{number}") for number in range(6)),
    )

    assert raised == [*[None] * 6, UniqueViolationError, CheckViolationError, *[None] * 6]
    assert len(await found(opened)) == 13


async def test_what_the_driver_cannot_send_holds_back_nobody_else(opened: Database) -> None:
    """It is refused here, before the server has heard of it."""
    odd: Any = "many"

    raised = await outcomes(
        *(write(opened, f"r-{number}") for number in range(4)),
        write(opened, "odd", odd),
        *(write(opened, f"s-{number}") for number in range(4)),
    )

    assert [each is None for each in raised] == [*[True] * 4, False, *[True] * 4]
    assert len(await found(opened)) == 8


async def test_of_two_in_one_statement_who_say_the_same_one_is_refused(opened: Database) -> None:
    raised = await outcomes(*(write(opened, name) for name in ("first", "same", "same", "other")))

    assert sorted(map(str, raised)) == sorted(map(str, [None, None, None, UniqueViolationError]))
    assert set(await found(opened)) == {"first", "same", "other"}


async def test_what_differs_in_kind_goes_in_statements_of_its_own(opened: Database) -> None:
    await write(opened, "old")

    calls = [call for n in range(6) for call in (write(opened, f"r-{n}"), touch(opened, "old"))]
    assert set(await outcomes(*calls)) == {None}
    assert len(await found(opened)) == 7


async def test_who_changes_the_same_record_as_another_changes_it_too(opened: Database) -> None:
    """An UPDATE changes a row once, however often a joined array names it."""
    for name in ("one", "two"):
        await write(opened, name)

    calls = [touch(opened, name) for _ in range(6) for name in ("one", "two")]
    assert set(await outcomes(*calls)) == {None}
    async with opened.sessions.begin() as session:
        counted = text("SELECT resident, contacts FROM survey_contact")
        told = {row.resident: row.contacts for row in await session.execute(counted)}
    assert told == {"one": 7, "two": 7}


async def test_who_waits_for_a_lock_holds_nobody_up(opened: Database, urls: Urls) -> None:
    await write(opened, "held")
    async with database(urls.app, pool_size=1) as other, other.sessions.begin() as holding:
        await holding.execute(text("SELECT FROM survey_contact FOR UPDATE"))
        waiting = asyncio.create_task(touch(opened, "held"))
        await until_somebody_waits(opened)
        async with asyncio.timeout(5 + PATIENCE_S):
            await write(opened, "free")
        assert not waiting.done()
    await waiting


async def test_who_is_cut_off_is_written_with_the_others(opened: Database, urls: Urls) -> None:
    await write(opened, "held")
    async with database(urls.app, pool_size=1) as other, other.sessions.begin() as holding:
        await holding.execute(text("LOCK TABLE survey_contact IN EXCLUSIVE MODE"))
        calls = [asyncio.create_task(write(opened, f"r-{number}")) for number in range(4)]
        await until_somebody_waits(opened)
        for call in calls[:3]:
            call.cancel()
        await asyncio.wait(calls[:3])
        await holding.rollback()
    await calls[3]

    assert [call.cancelled() for call in calls] == [True, True, True, False]
    assert len(await found(opened)) == 5


async def test_when_the_server_is_killed_half_way_everybody_hears_of_it_and_nobody_is_written(
    opened: Database, urls: Urls
) -> None:
    """What the keys of their calls then tell: see the tests of the lane that writes."""
    await write(opened, "held")
    async with database(urls.owner, pool_size=1) as other, other.sessions.begin() as holding:
        await holding.execute(text("LOCK TABLE survey_contact IN EXCLUSIVE MODE"))
        calls = [asyncio.create_task(write(opened, f"r-{number}")) for number in range(5)]
        await until_somebody_waits(opened, number=2)
        killed = f"SELECT pg_terminate_backend(pid) {WAITING}"
        async with opened.sessions.begin() as session:
            await session.execute(text(killed))
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(each, PostgresError) for each in ended)
        await holding.rollback()

    assert set(await found(opened)) == {"held"}
    await write(opened, "after")
