"""Background jobs go on after a fault, tell how often they met one, and look before they begin."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from common import recounts, worker
from common.clock import utc_now
from common.db import database
from common.worker import Job, running, where
from feedback.queries import calendar, tallies
from matching.queries import allocation, rooms
from procurement.queries import rating_counts
from registry.queries import imports
from tests.harness import Databases

QUESTIONS: list[tuple[str, str, tuple[Any, ...]]] = [
    ("matching", allocation.UNDER_WAY, ()),
    ("matching", recounts.WAITS, ()),
    ("matching", rooms.ARE_DUE, (utc_now(),)),
    ("procurement", recounts.WAITS, ()),
    ("procurement", rating_counts.ARE_DUE, ()),
    ("feedback", calendar.WAITS, ()),
    ("feedback", tallies.WAITS, ()),
    ("registry", imports.WAITS, ()),
]


async def test_a_job_that_fails_is_started_again_and_counted(monkeypatch) -> None:
    monkeypatch.setattr(worker, "FIRST_PAUSE_S", 0.0)
    done = asyncio.Event()
    attempts = 0

    async def stumbling() -> None:
        nonlocal attempts
        attempts += 1
        if attempts <= 3:
            raise ConnectionError("away")
        done.set()
        await asyncio.sleep(60)

    async with running([Job("stumbling", stumbling)]) as health, asyncio.timeout(10):
        await done.wait()
        assert health.well

    assert REGISTRY.get_sample_value("job_failures_total", {"task": "stumbling"}) == 3


async def test_a_step_is_taken_only_where_there_is_something_to_do(databases: Databases) -> None:
    taken = []

    async def step() -> None:
        taken.append(1)

    with databases.fresh("procurement") as urls:
        async with database(urls.app) as opened:
            look = where(opened, rating_counts.ARE_DUE, step)
            await look()
            assert not taken
            async with opened.sessions.begin() as session:
                await session.execute(
                    text(
                        "INSERT INTO rating_due (provider_id, category, dimension)"
                        " VALUES (gen_random_uuid(), 'meal', 'overall')"
                    )
                )
            await look()
            await look()
    assert len(taken) == 2


@pytest.mark.parametrize(("service", "question", "values"), QUESTIONS)
async def test_where_nothing_waits_the_answer_is_no(
    database_url: Callable[[str], str], service: str, question: str, values: tuple[Any, ...]
) -> None:
    async with database(database_url(service)) as opened:
        assert not await opened.holds(question, *values)
