"""Pages and counts of the HSDS face come from indexes: plans at 20,000 offerings."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial
from json import loads
from random import Random
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from common.db import driver_url, session_factory
from registry import tables
from registry.hsds import loading, queries
from registry.hsds.answering import Listing, lines
from tests.harness import Databases
from tests.registry.crowd import NOW, crowd
from tests.settled import settle

OFFERINGS = 20_000
O = tables.Offering  # noqa: E741 - one letter per table


@pytest.fixture(scope="module")
async def crowded(databases: Databases) -> AsyncIterator[AsyncConnection]:
    with databases.fresh("registry") as urls:
        engine = create_async_engine(driver_url(urls.owner))
        async with engine.connect() as connection:
            async with session_factory(connection, []).begin() as session:
                await crowd(session, venues=OFFERINGS // 10, offerings=OFFERINGS)
            await connection.commit()
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await settle(connection)
            yield connection
        await engine.dispose()


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step of a plan that reads a table."""
    if "Relation Name" in plan:
        yield plan
    for step in plan.get("Plans", ()):
        yield from scans(step)


async def plan_of(connection: AsyncConnection, wanted: queries.Wanted, page: int) -> dict[str, Any]:
    """What PostgreSQL did for a page of fifty, as it did it."""
    said: list[tuple[str, Any]] = []
    async with session_factory(connection, []).begin() as session:
        ids = await queries.offering_ids(session, wanted)

        def hear(_: Any, cursor: Any, statement: str, given: Any, *rest: Any) -> None:
            said.append((statement, given))

        event.listen(connection.sync_connection, "before_cursor_execute", hear)
        await queries.page_of(session, ids, O.id, page=page, per_page=50)
        event.remove(connection.sync_connection, "before_cursor_execute", hear)
    statement, given = said[-1]
    row = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", given)
    plan: dict[str, Any] = row.scalar_one()[0]["Plan"]
    return plan


@pytest.mark.parametrize("page", [1, OFFERINGS * 8 // 10 // 50])
@pytest.mark.parametrize("placed", [False, True])
async def test_a_page_and_its_count_read_the_index_only(
    crowded: AsyncConnection, page: int, placed: bool
) -> None:
    plan = await plan_of(crowded, queries.Wanted(placed=placed), page)

    assert {s["Node Type"] for s in scans(plan)} == {"Index Only Scan"}


async def test_what_changed_lately_is_found_by_its_index(crowded: AsyncConnection) -> None:
    wanted = queries.Wanted(modified_after=NOW + timedelta(seconds=1))

    plan = await plan_of(crowded, wanted, 1)

    used = {s.get("Index Name") for s in scans(plan)}
    assert {"ix_offering_updated_at", "ix_venue_updated_at"} <= used


async def test_a_full_page_asks_as_often_for_two_as_for_fifty(crowded: AsyncConnection) -> None:
    async def asked(count: int) -> int:
        said: list[str] = []

        def hear(_: Any, cursor: Any, statement: str, *rest: Any) -> None:
            said.append(statement)

        async with session_factory(crowded, []).begin() as session:
            ids = await queries.next_of(
                session,
                await queries.offering_ids(session, queries.Wanted()),
                O.id,
                after=None,
                limit=count,
            )
            event.listen(crowded.sync_connection, "before_cursor_execute", hear)
            await loading.services(session, ids, full=True, minimal=False)
            event.remove(crowded.sync_connection, "before_cursor_execute", hear)
        return len(said)

    assert await asked(2) == await asked(50) <= 3


@pytest.mark.parametrize("placed", [False, True])
async def test_lines_of_a_search_ask_for_each_hit_once(
    crowded: AsyncConnection, placed: bool
) -> None:
    bound: list[int] = []

    def hear(_: Any, cursor: Any, statement: str, given: Any, *rest: Any) -> None:
        bound.extend(len(each) for each in given if isinstance(each, list))

    sessions = session_factory(crowded, [])
    async with sessions.begin() as session:
        every = await queries.offering_ids(session, queries.Wanted())
        hits = list(await queries.next_of(session, every, O.id, after=None, limit=1_000))
        ids = await queries.offering_ids(session, queries.Wanted(placed=placed))
        both = queries.among(ids, O.id, hits)
        wanted = await queries.next_of(session, both, O.id, after=None, limit=1_000)
    Random(7).shuffle(hits)
    load = partial(loading.services, full=False, minimal=True)
    event.listen(crowded.sync_connection, "before_cursor_execute", hear)
    told = [each async for each in lines(sessions, Listing(ids, O.id, load, hits), 100)]
    event.remove(crowded.sync_connection, "before_cursor_execute", hear)

    records = [loads(line)["id"] for line in b"".join(told).splitlines()]
    assert records == [str(each) for each in wanted]
    assert sum(bound) == len(hits)
