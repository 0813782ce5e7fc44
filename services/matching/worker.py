"""Background work of the matching: holds that end, waits whose day is over, data not needed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from common.app import Resources
from common.clock import city_day, utc_now
from common.db import Database
from common.worker import Job, every
from matching.queries import referrals as queries
from matching.usecases import places, profiles, referrals

BATCH: Final = 200
_PAUSE_S: Final = 5.0
_FORGET_S: Final = 3600.0


def jobs(resources: Resources) -> Sequence[Job]:
    """The jobs of a service process that matches."""

    async def look() -> None:
        await expire(resources.database, now=utc_now())

    async def forget() -> None:
        await erase(resources.database, now=utc_now())

    return [
        Job("referral-expiry", every(_PAUSE_S, look)),
        Job("profile-erasure", every(_FORGET_S, forget)),
    ]


async def expire(database: Database, *, now: datetime) -> int:
    """Release what is overdue, each in its own transaction; how many were looked at.

    Several processes may do so at once: whoever comes second finds the step taken.
    """
    async with database.sessions() as session:
        found = await queries.overdue(session, now=now, today=city_day(now), limit=BATCH)
    for referral_id in found:
        async with database.sessions.begin() as session:
            await referrals.release(session, referral_id, now=now)
    return len(found)


async def erase(database: Database, *, now: datetime) -> int:
    """Erase for whom needs were that are long over, batch by batch; how many that were."""
    erased = 0
    while True:
        async with database.sessions.begin() as session:
            some = await profiles.erase(session, by=places.CLOCKWORK, now=now, limit=BATCH)
        erased += some
        if some < BATCH:
            return erased
