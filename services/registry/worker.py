"""Background work of the registry beside imports: holds and requests of rooms that nobody kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from common.app import Resources
from common.clock import utc_now
from common.db import Database
from common.worker import Job, every
from registry.queries import bookings
from registry.usecases.booking_steps import lapse

BATCH: Final = 200
_PAUSE_S: Final = 10.0


def jobs(resources: Resources) -> Sequence[Job]:
    """The jobs of a service process that keeps rooms."""

    async def look() -> None:
        while await expire(resources.database, now=utc_now()) == BATCH:
            pass

    return [Job("booking-expiry", every(_PAUSE_S, look))]


async def expire(database: Database, *, now: datetime) -> int:
    """End what is overdue; how many that were. Several processes may do so at once."""
    async with database.sessions.begin() as session:
        rows = await bookings.overdue(session, now=now, limit=BATCH)
        await lapse(session, rows, now=now)
    return len(rows)
