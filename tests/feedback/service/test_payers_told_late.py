"""Matching may hear of a contract late: what was served and rated before counts for it, too."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select, text

from common.clock import utc_now
from common.crypto.keys import Keys
from common.db import Database, database
from common.feed.client import Change
from deploy.local.environment import Urls
from feedback import tables
from feedback.queries import tallies
from feedback.usecases import deliveries
from tests.feedback.served import rate, rated, rater_of, state, told
from tests.harness import Apps

Header = dict[str, str]
D, R = tables.Delivery, tables.Rating
CONTRACT = uuid4()
LONG_AGO, FAR = date(2020, 1, 1), date(2099, 1, 1)


@pytest.fixture
async def opened(fresh_database: Urls) -> AsyncIterator[Database]:
    async with database(fresh_database.app, pool_size=3) as made:
        yield made


@pytest.fixture
async def live(apps: Apps, fresh_database: Urls) -> AsyncIterator[httpx.AsyncClient]:
    async with apps.live("feedback", fresh_database, worker="false") as client:
        yield client


async def paid_for(opened: Database) -> dict[str, int]:
    """What is counted of the contract, by channel."""
    async with opened.sessions.begin() as session:
        await tallies.add_up(session, batch=None)
        counted = await tallies.counted(session, tallies.of_contract(CONTRACT), LONG_AGO, FAR)
    return {each.channel: each.number for each in counted}


async def named(opened: Database) -> set[tuple[UUID | None, UUID | None]]:
    """The contracts that deliveries and their ratings name."""
    pairs = select(D.contract_id, R.contract_id).outerjoin(R, R.id == D.rating_id)
    async with opened.sessions() as session:
        return {(row[0], row[1]) for row in await session.execute(pairs)}


async def test_what_was_rated_before_names_the_contract_and_counts_for_it(
    live: httpx.AsyncClient, opened: Database, resident: Header, keys: Keys
) -> None:
    before = state(uuid4(), rater_of(keys, "resident-1"))
    await told(opened.sessions, before)
    made = await rated(live, resident, UUID(before["id"]))
    assert await paid_for(opened) == {}

    for _ in range(2):  # the feed may tell it twice
        await told(opened.sessions, {**before, "contract_id": str(CONTRACT)})

    assert await named(opened) == {(CONTRACT, CONTRACT)}
    assert await paid_for(opened) == {"served": 1, "invited": 1, "self": 1}
    async with opened.sessions() as session:
        marks = text("SELECT count(*) FROM feed_outbox WHERE kind = 'rating' AND record_id = :id")
        assert await session.scalar(marks, {"id": made["id"]}) == 2
        off = text("SELECT count(*) FROM tally WHERE contract_id IS NULL AND count <> 0")
        assert await session.scalar(off) == 0


async def test_who_rates_in_that_very_moment_names_it_too(
    live: httpx.AsyncClient, opened: Database, resident: Header, keys: Keys
) -> None:
    before = state(uuid4(), rater_of(keys, "resident-1"))
    referral = UUID(before["id"])
    await told(opened.sessions, before)
    late = Change("referral", referral, 2, {**before, "contract_id": str(CONTRACT)})

    async with opened.sessions.begin() as session:
        await deliveries.apply(session, [late], now=utc_now())
        rating = asyncio.create_task(rate(live, resident, referral))
        await blocked(opened)
    answer = await rating

    assert answer.status_code == 201
    assert await named(opened) == {(CONTRACT, CONTRACT)}
    assert await paid_for(opened) == {"served": 1, "invited": 1, "self": 1}


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
