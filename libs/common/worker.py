"""Background work in a process: each job runs alone, is restarted, and tells its health.

A job is a coroutine that runs until cancelled. It must be safe to run in several processes at once
(leaders are elected in the database) and to be killed at any moment.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter

from common.db import Database
from common.tasks import end

log = structlog.get_logger(__name__)

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0
FAILURES: Final = Counter("job_failures_total", "Faults that ended a background job", ["task"])


@dataclass(frozen=True, slots=True)
class Job:
    """A named piece of background work."""

    name: str
    run: Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Health:
    """Which jobs run, and why the others do not."""

    faults: dict[str, str] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        """Whether every job runs."""
        return not self.faults


@asynccontextmanager
async def running(jobs: Sequence[Job]) -> AsyncIterator[Health]:
    """Run the jobs while the context is open."""
    health = Health()
    tasks = [asyncio.create_task(_kept_up(job, health), name=job.name) for job in jobs]
    try:
        yield health
    finally:
        await end(*tasks)


async def _kept_up(job: Job, health: Health) -> None:
    """Run a job again and again; a fault is told, and the pause grows to a few seconds."""
    pause_s = FIRST_PAUSE_S
    while True:
        started = asyncio.get_running_loop().time()
        try:
            health.faults.pop(job.name, None)
            await job.run()
        except Exception as fault:
            health.faults[job.name] = type(fault).__name__
            FAILURES.labels(job.name).inc()
            log.warning("job failed", job=job.name, fault=repr(fault)[:300])
        if asyncio.get_running_loop().time() - started > LONGEST_PAUSE_S:
            pause_s = FIRST_PAUSE_S
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)


def every(pause_s: float, step: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
    """A job that repeats a step with a pause between."""

    async def run() -> None:
        while True:
            await step()
            await asyncio.sleep(pause_s)

    return run


def where(
    opened: Database, question: str, step: Callable[[], Awaitable[object]]
) -> Callable[[], Awaitable[None]]:
    """A step that is taken only where a question tells that there is something to do."""

    async def run() -> None:
        if await opened.holds(question):
            await step()

    return run


async def each_by_itself(
    database: Database,
    job: str,
    ids: Sequence[UUID],
    step: Callable[..., Awaitable[object]],
    *,
    now: datetime,
) -> int:
    """Take a step of each of some records, in a transaction of its own; of how many it was taken.

    Several processes may do so at once: whoever comes second finds the step taken. A fault of one
    is told and counted as the job's, and holds up no other.
    """
    taken = 0
    for record_id in ids:
        try:
            async with database.sessions.begin() as session:
                await step(session, record_id, now=now)
            taken += 1
        except Exception as fault:  # whatever it is, the others are seen to
            FAILURES.labels(job).inc()
            log.warning("step failed", job=job, record=str(record_id), fault=repr(fault)[:300])
    return taken
