"""Holds end beside an award, and no purchase waits for what is wrong with another.

A purchase under a framework is locked before its framework, wherever both are.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text

from common.db import Database, database
from procurement import worker
from procurement.queries import recounts
from procurement.queries import tenders as tender_queries
from tests.clock import city
from tests.harness import Urls
from tests.procurement.tendering import CRITERIA, Market

NOW = city("2026-04-01 09:00")


@pytest.fixture
async def opened(fresh_database: Urls) -> AsyncIterator[Database]:
    async with database(fresh_database.app, pool_size=3) as found:
        yield found


async def two_held(market: Market, opened: Database, *, until_on: str | None) -> tuple[UUID, UUID]:
    """A framework and what is bought under it, both held up."""
    framework, bought = sorted([UUID((await market.prepared(CRITERIA))["id"]) for _ in range(2)])
    async with opened.sessions.begin() as session:
        await session.execute(
            text(
                "UPDATE tender SET suspended_at = '2026-03-20 09:00+08', suspended_until_on = :on"
            ),
            {"on": until_on and date.fromisoformat(until_on)},
        )
        await session.execute(
            text("UPDATE tender SET framework_id = :framework WHERE id = :bought"),
            {"framework": framework, "bought": bought},
        )
    return framework, bought


async def held(opened: Database) -> set[UUID]:
    async with opened.sessions() as session:
        statement = text("SELECT id FROM tender WHERE suspended_at IS NOT NULL")
        return set(await session.scalars(statement))


async def blocked(opened: Database) -> None:
    """Wait until somebody waits for a row of ours."""
    waits = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        " AND datname = current_database()"
    )
    async with asyncio.timeout(30):
        while True:
            async with opened.sessions() as session:
                if await session.scalar(waits):
                    return
            await asyncio.sleep(0.02)


async def test_holds_end_beside_an_award_under_a_framework(
    real_market: Market, opened: Database
) -> None:
    framework, bought = await two_held(real_market, opened, until_on="2026-03-30")
    async with opened.sessions.begin() as awarding:
        await tender_queries.locked(awarding, bought)
        lifting = asyncio.create_task(worker.end_holds(opened, now=NOW))
        await blocked(opened)
        await tender_queries.steady(awarding, framework)
    await lifting

    assert await held(opened) == set()


async def test_holds_are_counted_anew_beside_an_award_under_a_framework(
    real_market: Market, opened: Database
) -> None:
    framework, bought = await two_held(real_market, opened, until_on="2026-04-30")

    async def counted() -> list[UUID]:
        async with opened.sessions.begin() as session:
            return [each.id for each in await recounts.held(session, date(2026, 4, 1))]

    async with opened.sessions.begin() as awarding:
        await tender_queries.locked(awarding, bought)
        counting = asyncio.create_task(counted())
        await blocked(opened)
        await tender_queries.steady(awarding, framework)

    assert await counting == [bought, framework]


async def test_what_is_wrong_with_one_purchase_holds_no_other(
    real_market: Market, opened: Database
) -> None:
    """The first has lost the rules by which its last day is counted."""
    first, second = await two_held(real_market, opened, until_on=None)
    async with opened.sessions.begin() as session:
        await session.execute(
            text("UPDATE tender SET rules = '[{}]' WHERE id = :first"), {"first": first}
        )
    await worker.end_holds(opened, now=NOW)

    assert (await held(opened), second in await held(opened)) == ({first}, False)
