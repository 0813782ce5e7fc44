"""Holding on to an import while it is worked on, and letting go when another process has it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from common.db import Database
from registry.importing.outcomes import LeaseLost
from registry.queries import imports as queries

BEAT_S: Final = 5.0


@asynccontextmanager
async def beating(database: Database, job_id: UUID, lease: UUID) -> AsyncIterator[None]:
    """Keep the lease while the work lasts; stop the work when the lease is gone."""
    work = asyncio.current_task()
    lost = asyncio.Event()

    async def beat() -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            async with database.sessions.begin() as session:
                if not await queries.renew(session, job_id, lease):
                    lost.set()
                    if work is not None:
                        work.cancel()
                    return

    heart = asyncio.create_task(beat())
    try:
        yield
    except asyncio.CancelledError:
        if lost.is_set():
            raise LeaseLost from None
        raise
    finally:
        heart.cancel()
        await asyncio.gather(heart, return_exceptions=True)
