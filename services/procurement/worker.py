"""Background work of the procurement: ratings soon after evidence and every day, files that age."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from common import feed, recounts
from common.app import Resources
from common.clock import city_day, utc_now
from common.db import Database
from common.processes import in_database, one_apart
from common.worker import Job, each_by_itself, every, where
from procurement.queries import providers, rating_counts, ratings, tenders
from procurement.usecases import guards, holding, rating_editions, rating_jobs, recounting

_SOON_S: Final = 0.5
# Under load a turn gathers the evidence of a while: a rating that several residents move is then
# computed once. The first evidence after a pause is counted at once.
_GATHER_S: Final = 1.5
_RECOUNT_S: Final = 5.0
_DAILY_S: Final = 300.0  # how often it is looked whether a new day has begun


def jobs(resources: Resources) -> Sequence[Job]:
    """The jobs of a service process that buys."""
    opened = resources.database

    async def rate() -> None:
        if await rating_jobs.refresh(opened, now=utc_now()):
            await asyncio.sleep(_GATHER_S)

    async def begin() -> None:
        now = utc_now()
        if not await is_begun(resources.database, city_day(now)):
            async with one_apart() as apart:
                await in_database(apart, begin_day, resources.database.url, now=now)

    async def recount_all() -> None:
        await recount(opened, now=utc_now())

    return [
        Job("rating-refresh", every(_SOON_S, where(opened, rating_counts.ARE_DUE, rate))),
        Job("calendar-recount", every(_RECOUNT_S, where(opened, recounts.WAITS, recount_all))),
        Job("rating-day", every(_DAILY_S, begin)),
    ]


async def recount(opened: Database, *, now: datetime) -> None:
    """Set deadlines anew by each change of the calendar."""
    while True:
        async with opened.sessions.begin() as session:
            if not await recounting.recount(session, now=now):
                return


async def is_begun(opened: Database, day: date) -> bool:
    """Whether the work of a day is done."""
    last = await _last_day(opened)
    return last is not None and last >= day


async def end_holds(database: Database, *, now: datetime) -> int:
    """Let suspensions end with their last day, and tell of it, where nobody asks; how many.

    No two purchases are locked at once. What is wrong with one is looked at again the next day, and
    by whoever asks.
    """
    async with database.sessions() as session:
        found = await tenders.held_before(session, city_day(now))
    return await each_by_itself(database, "purchase-resuming", found, holding.lift_one, now=now)


async def begin_day(database: Database, *, now: datetime) -> bool:
    """Do the day's work unless it is done: priors, ratings, an edition, red flags, files that age.

    First of all purchases go on whose suspension ended with the day before: suppliers wait for it.
    Several processes may begin at once: the second finds the priors frozen, and what both compute
    is the same.
    """
    day = city_day(now)
    if await is_begun(database, day):
        return False
    await end_holds(database, now=now)
    last = await _last_day(database)
    count = await rating_jobs.recompute_city(database, now=now)
    async with database.sessions.begin() as session:
        await rating_editions.publish_next(session, now=now)
    async with database.sessions.begin() as session:
        await guards.look_over(session, now=now)
    async with database.sessions.begin() as session:
        moved = await providers.changing(session, last or day - timedelta(days=1), day)
        feed.mark_many(session, "provider", moved)
        await ratings.finish_day(session, day, count, now=now)
    return True


async def _last_day(opened: Database) -> date | None:
    async with opened.sessions() as session:
        return await ratings.last_day(session)
