"""The course of a run as an event stream: a browser shows it without asking again and again.

Each look is a short transaction of its own, so a listener holds no connection while it waits.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.contracts.matching_allocation import RunProgress, RunStatus
from matching.queries import allocation as queries

LOOK_S: Final = 0.5
QUIET_LOOKS: Final = 30  # after so many without news a comment keeps the line open
UNDER_WAY: Final = frozenset({RunStatus.QUEUED, RunStatus.RUNNING})


async def told(sessions: async_sessionmaker[AsyncSession], run_id: UUID) -> AsyncIterator[bytes]:
    """Each change of a run's progress as an event `progress`; the last one tells how it ended."""
    last, quiet = None, 0
    while True:
        async with sessions() as session:
            row = await queries.run(session, run_id)
            now = RunProgress(status=row.status, stage=row.stage, done=row.done, fault=row.fault)
        if now != last:
            yield format_sse_event(event="progress", data_str=now.model_dump_json())
            last, quiet = now, 0
        if now.status not in UNDER_WAY:
            return
        quiet += 1
        if quiet % QUIET_LOOKS == 0:
            yield KEEPALIVE_COMMENT
        await asyncio.sleep(LOOK_S)
