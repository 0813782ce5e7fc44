"""Chores on two connections: one process does what is due, and a killed one leaves it due."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from common.clock import utc_now
from common.db import Database, database
from deploy.local.environment import Urls
from feedback.queries.chores import is_due

NOW, PAUSE = utc_now(), timedelta(hours=6)


@pytest.fixture
async def opened(fresh_database: Urls) -> AsyncIterator[Database]:
    async with database(fresh_database.app, pool_size=2) as made:
        yield made


async def test_a_chore_is_done_by_one_process_and_due_again_after_its_pause(
    opened: Database,
) -> None:
    async def asked(after: timedelta) -> bool:
        async with opened.sessions.begin() as session:
            return await is_due(session, "look", now=NOW + after, pause=PAUSE)

    async with opened.sessions() as killed:
        began = await is_due(killed, "look", now=NOW, pause=PAUSE)
        beside = await asked(timedelta())
        await killed.rollback()

    assert (began, beside) == (True, False)
    assert [await asked(timedelta(hours=hour)) for hour in (0, 1, 5, 6, 7)] == [
        *(True, False, False),
        *(True, False),
    ]
