"""The background job: claim an import, run it, look for the next. Safe in many processes."""

import asyncio
import gc
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from common.app import Resources
from common.clock import utc_now
from common.crypto.fields import FieldCipher
from common.db import Database
from common.errors import Problem
from common.ids import uuid7
from common.worker import Job, every
from registry.importing.running import Run
from registry.queries import imports as queries

SLOTS: Final = 2  # imports of different kinds that one process runs side by side
_PAUSE_S: Final = 0.5
_PURGE_S: Final = 3600.0
_SELDOM: Final = (50_000, 20, 100)  # rows are no cycles; looking for them took a fifth of the time


def import_jobs(resources: Resources, constraints: Mapping[str, type[Problem]]) -> Sequence[Job]:
    """The jobs of a service process that imports."""
    database, cipher = resources.database, resources.keys.fields

    async def purge() -> None:
        async with database.sessions.begin() as session:
            await queries.purge(session, now=utc_now())

    def slot(number: int) -> Job:
        lease = uuid7()
        return Job(f"imports-{number}", lambda: working(database, constraints, cipher, lease))

    return [
        *(slot(number) for number in range(SLOTS)),
        Job("imports-purge", every(_PURGE_S, purge)),
    ]


async def working(
    database: Database, constraints: Mapping[str, type[Problem]], cipher: FieldCipher, lease: UUID
) -> None:
    """Run imports one after the other, until cancelled."""
    gc.set_threshold(*_SELDOM)
    while True:
        is_idle = not await database.holds(queries.WAITS)
        if is_idle or not await work(database, constraints, cipher, lease):
            await asyncio.sleep(_PAUSE_S)


async def work(
    database: Database, constraints: Mapping[str, type[Problem]], cipher: FieldCipher, lease: UUID
) -> bool:
    """Run the next import, if there is one."""
    async with database.sessions.begin() as session:
        job = await queries.claim(session, lease)
        if job is None:
            return False
        job.state, job.started_at = "running", job.started_at or utc_now()
        run = Run.of(
            job,
            database=database,
            constraints=constraints,
            cipher=cipher,
            lease=lease,
        )
    database.bulk_runs.add(run.id)
    try:
        await run.go()
    finally:
        database.bulk_runs.discard(run.id)
    return True
