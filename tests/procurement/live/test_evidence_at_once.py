"""Two who tell the same evidence at once: it counts once."""

import asyncio
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import create_async_engine

from common.db import driver_url, session_factory
from deploy.local.environment import Urls
from procurement import tables
from procurement.usecases import evidence
from tests.procurement.organisations import told

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


async def test_the_same_evidence_told_on_two_connections_counts_once(fresh_database: Urls) -> None:
    engine = create_async_engine(driver_url(fresh_database.app))
    sessions = session_factory(engine, [])
    said = [told(level) for level in (2, 4, 5)]

    async def second() -> None:
        async with sessions.begin() as session:
            await evidence.record(session, said[::-1], now=NOW)

    async with sessions.begin() as session:
        await evidence.record(session, said, now=NOW)
        waiting = asyncio.create_task(second())
        await asyncio.sleep(0.3)
        assert not waiting.done()  # it waits for the first to commit
    await waiting
    async with sessions() as session:
        kept = await session.scalar(select(func.count()).select_from(tables.Evidence))
    await engine.dispose()

    assert kept == 3
