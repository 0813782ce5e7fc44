"""Background work beside imports: rooms nobody kept, hours nobody covers, records brought twice."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final

from common import recounts
from common.app import Resources
from common.clock import utc_now
from common.contracts.registry.duplicates import DuplicateKind
from common.db import Database
from common.processes import in_database, one_apart
from common.worker import Job, every, where
from registry.queries import bookings
from registry.usecases import duty_reminders, matching_records, recounting
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

    async def recount_all() -> None:
        await recount(resources.database, now=utc_now())

    async def look_over() -> None:
        await remind(resources.database, now=utc_now())

    return [
        Job("duty-reminders", every(_REMIND_PAUSE_S, look_over)),
        Job(
            "calendar-recount",
            every(_PAUSE_S, where(resources.database, recounts.WAITS, recount_all)),
        ),
        Job("booking-expiry", every(_PAUSE_S, look)),
        Job("duplicates", every(_LOOK_PAUSE_S, match_records)),
    ]


async def expire(opened: Database, *, now: datetime) -> int:
    """End what is overdue; how many that were. Several processes may do so at once."""
    async with opened.sessions.begin() as session:
        rows = await bookings.overdue(session, now=now, limit=BATCH)
        await lapse(session, rows, now=now)
    return len(rows)


async def recount(opened: Database, *, now: datetime) -> None:
    """Count rosters anew by each change of the calendar, batch by batch."""
    while True:
        async with opened.sessions.begin() as session:
            if not await recounting.recount(session, now=now, limit=BATCH):
                return


async def remind(opened: Database, *, now: datetime) -> int:
    """Tell where open hours ahead are not covered; how many venues that are."""
    async with opened.sessions.begin() as session:
        return await duty_reminders.remind(session, now=now)


async def match(opened: Database, *, now: datetime) -> None:
    """Look at all records that are new or have changed for others that tell of the same thing.

    After an import there are many: that takes minutes, in a process that gives way.
    """
    for kind in DuplicateKind:
        if await _look_through(opened, kind=kind, now=now):
            async with one_apart() as apart:
                look = partial(in_database, apart, _look_through, opened.url)
                while await look(kind=kind, now=now):
                    pass


async def _look_through(opened: Database, *, kind: DuplicateKind, now: datetime) -> bool:
    """One look; whether more records may wait."""
    async with opened.sessions.begin() as session:
        found = await matching_records.look(session, kind, now=now)
    return found == matching_records.BATCH
