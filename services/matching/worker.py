"""Background work of the matching: holds that end, waits whose day is over, data not needed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from common.app import Resources
from common.clock import city_day, utc_now
from common.db import Database
from common.worker import Job, every
from matching.queries import coverage as coverage_queries
from matching.queries import referrals as queries
from matching.usecases import allocating, coverage, places, profiles, referrals

BATCH: Final = 200
_PAUSE_S: Final = 5.0
_FORGET_S: Final = 3600.0
_SURVEY_S: Final = 60.0
_RUN_S: Final = 1.0
_STALE: Final = timedelta(hours=1)  # a survey is made anew after so long


def jobs(resources: Resources) -> Sequence[Job]:
    """The jobs of a service process that matches."""

    async def look() -> None:
        await expire(resources.database, now=utc_now())

    async def forget() -> None:
        await erase(resources.database, now=utc_now())

    async def survey() -> None:
        await survey_city(resources.database, now=utc_now())

    async def run() -> None:
        await allocating.give_up_orphans(resources.database)
        while await allocating.take_one(resources.database):
            pass

    return [
        Job("referral-expiry", every(_PAUSE_S, look)),
        Job("profile-erasure", every(_FORGET_S, forget)),
        Job("coverage-survey", every(_SURVEY_S, survey)),
        Job("allocation", every(_RUN_S, run)),
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


async def survey_city(database: Database, *, now: datetime) -> coverage.Outcome | None:
    """Survey coverage when the newest survey is old, or there is none."""
    async with database.sessions.begin() as session:
        newest = await coverage_queries.survey(session)
        if newest is not None and now - newest.computed_at < _STALE:
            return None
        return await coverage.survey_city(session, now=now)


async def erase(database: Database, *, now: datetime) -> int:
    """Erase for whom needs were that are long over, batch by batch; how many that were."""
    erased = 0
    while True:
        async with database.sessions.begin() as session:
            some = await profiles.erase(session, by=places.CLOCKWORK, now=now, limit=BATCH)
        erased += some
        if some < BATCH:
            return erased
