"""Cases cross their deadline while the worker is killed: each goes up, and only once."""

import asyncio
from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import utc_now
from common.crypto.keys import Keys
from common.db import database
from deploy.local.environment import Secrets, Urls
from feedback import tables
from tests.feedback.crowd import overdue_cases
from tests.living import living

CASES, PATIENCE_S = 2_000, 60


async def climbed(session: AsyncSession) -> int:
    return int(await session.scalar(select(func.count()).select_from(tables.CaseEscalation)) or 0)


async def test_each_overdue_case_goes_up_once_though_the_worker_is_killed_half_way(
    fresh_database: Urls, secrets: Secrets, keys: Keys
) -> None:
    async with (
        database(fresh_database.app, pool_size=2) as opened,
        living("feedback", fresh_database, secrets) as service,
    ):
        async with opened.sessions.begin() as session:
            ids = await overdue_cases(session, CASES, keys, now=utc_now())
        async with asyncio.timeout(PATIENCE_S), opened.sessions() as session:
            while await climbed(session) == 0:
                await asyncio.sleep(0.01)
            service.kill()
            half_way = await climbed(session)
            await asyncio.to_thread(service.start)
            while await climbed(session) < CASES:
                await asyncio.sleep(0.1)
            row = tables.CaseEscalation
            kept = Counter((await session.scalars(select(row.case_id))).all())
            levels = set(await session.scalars(select(tables.Case.escalation_level)))
            went_up = select(tables.CaseStep.case_id).where(tables.CaseStep.action == "escalate")
            steps = Counter((await session.scalars(went_up)).all())

    assert 0 < half_way <= CASES
    assert kept == dict.fromkeys(ids, 1)
    assert levels == {1}
    assert steps == dict.fromkeys(ids, 1)
