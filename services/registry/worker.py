"""Background work beside imports: rooms nobody kept, hours nobody covers, records brought twice."""

from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import datetime
from typing import Final

from common.app import Resources
from common.clock import utc_now
from common.contracts.registry.duplicates import DuplicateKind
from common.db import Database
from common.processes import one_apart
from common.worker import Job, every
from registry.queries import bookings
from registry.usecases import duty_reminders, matching_records
from registry.usecases.booking_steps import lapse

BATCH: Final = 200
_PAUSE_S: Final = 10.0
_LOOK_PAUSE_S: Final = 15.0
_REMIND_PAUSE_S: Final = 3600.0


def jobs(resources: Resources) -> Sequence[Job]:
    """The jobs of a service process that keeps rooms and records."""

    async def look() -> None:
        while await expire(resources.database, now=utc_now()) == BATCH:
            pass

    async def match_records() -> None:
        await match(resources.database, now=utc_now())

    async def look_over() -> None:
        await remind(resources.database, now=utc_now())

    return [
        Job("duty-reminders", every(_REMIND_PAUSE_S, look_over)),
        Job("booking-expiry", every(_PAUSE_S, look)),
        Job("duplicates", every(_LOOK_PAUSE_S, match_records)),
    ]


async def expire(database: Database, *, now: datetime) -> int:
    """End what is overdue; how many that were. Several processes may do so at once."""
    async with database.sessions.begin() as session:
        rows = await bookings.overdue(session, now=now, limit=BATCH)
        await lapse(session, rows, now=now)
    return len(rows)


async def remind(database: Database, *, now: datetime) -> int:
    """Tell where open hours ahead are not covered; how many venues that are."""
    async with database.sessions.begin() as session:
        return await duty_reminders.remind(session, now=now)


async def match(database: Database, *, now: datetime) -> None:
    """Look at all records that are new or have changed for others that tell of the same thing.

    After an import there are many: comparing them takes minutes, in a process that gives way.
    """

    async def look(kind: DuplicateKind, apart: Executor | None = None) -> bool:
        async with database.sessions.begin() as session:
            found = await matching_records.look(session, kind, now=now, apart=apart)
        return found == matching_records.BATCH

    for kind in DuplicateKind:
        if await look(kind):
            async with one_apart() as apart:
                while await look(kind, apart):
                    pass
