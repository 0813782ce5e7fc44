"""Background work of the feedback: overdue cases go up, deadlines move, ratings are counted."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.app import Resources
from common.clock import utc_now
from common.crypto.keys import Keys
from common.db import Database
from common.processes import in_database, one_apart
from common.worker import Job, every, where
from feedback.domain.late_steps import Late
from feedback.domain.settling import Counts
from feedback.queries import calendar, chores, proposals, tallies
from feedback.usecases import (
    anomalies,
    assessments,
    case_contacts,
    escalating,
    late_steps,
    ratings,
    releases,
    residence,
)

Sessions = async_sessionmaker[AsyncSession]

BATCH: Final = 500
_LOOK_S: Final = 5.0
_RECOUNT_S: Final = 5.0
_FORGET_S: Final = 3600.0
_COUNT_S: Final = 1.0
_PRAISE_S: Final = 3600.0
_RELEASE_S: Final = 60.0
_LOOK_FOR_S: Final = 600.0
_TELL_S: Final = 600.0
_TELL_PAUSE: Final = timedelta(days=1)
_CLOSE_S: Final = 3600.0


def jobs(resources: Resources) -> Sequence[Job]:
    """The jobs of a service process that listens to residents."""
    opened = resources.database

    async def look() -> None:
        await escalate(resources.database.sessions, now=utc_now())

    async def recount_all() -> None:
        await recount(resources.database.sessions, resources.keys, now=utc_now())

    async def count() -> None:
        await add_up(resources.database.sessions)

    async def praise() -> None:
        await praise_all(resources.database.sessions, now=utc_now())

    async def look_for() -> None:
        await look_for_anomalies(opened, now=utc_now())

    async def forget_old() -> None:
        await forget(resources.database.sessions, now=utc_now())

    return [
        Job("case-escalation", every(_LOOK_S, look)),
        _telling_late(resources.database.sessions),
        Job("case-recount", every(_RECOUNT_S, where(opened, calendar.WAITS, recount_all))),
        Job("contact-erasure", every(_FORGET_S, forget_old)),
        Job("rating-tallies", every(_COUNT_S, where(opened, tallies.WAITS, count))),
        Job("rating-default-praise", every(_PRAISE_S, praise)),
        _releasing(opened),
        Job("rating-anomalies", every(_LOOK_FOR_S, look_for)),
        _closing(resources.database.sessions),
        _ending(resources),
        _telling(resources.database.sessions),
    ]


def _releasing(opened: Database) -> Job:
    releasing = Releasing(opened)

    async def look() -> None:
        await releasing.look(now=utc_now())

    return Job("rating-releases", every(_RELEASE_S, look))


def _closing(sessions: Sessions) -> Job:
    async def close() -> None:
        await close_all(sessions, now=utc_now())

    return Job("assessment-closing", every(_CLOSE_S, close))


def _ending(resources: Resources) -> Job:
    async def end() -> None:
        await end_unheard(resources.database.sessions, resources.keys, now=utc_now())

    return Job("case-silence", every(_FORGET_S, end))


def _telling_late(sessions: Sessions) -> Job:
    async def look() -> None:
        await tell_late(sessions, now=utc_now())

    return Job("late-steps", every(_LOOK_S, look))


def _telling(sessions: Sessions) -> Job:
    async def tell() -> None:
        await tell_supporters(sessions, now=utc_now())

    return Job("proposal-supporters", every(_TELL_S, tell))


async def escalate(sessions: Sessions, *, now: datetime, batch: int = BATCH) -> int:
    """Take all overdue cases one level up, batch by batch; how many were taken."""
    taken = 0
    while True:
        async with sessions.begin() as session:
            some = await escalating.escalate(session, now=now, limit=batch)
        taken += some
        if some < batch:
            return taken


async def tell_late(sessions: Sessions, *, now: datetime, batch: int = BATCH) -> int:
    """Tell all late steps one level up, kind by kind and batch by batch; how many were looked at.

    A step that has missed several levels at once is told to each, one look after the other.
    """
    told = 0
    for late in Late:
        some = batch
        while some == batch:
            async with sessions.begin() as session:
                some = await late_steps.tell(session, late, now=now, limit=batch)
            told += some
    return told


async def end_unheard(sessions: Sessions, keys: Keys, *, now: datetime, batch: int = BATCH) -> int:
    """End all cases whose answer nobody judged in time, batch by batch; how many were ended."""
    ended = 0
    while True:
        async with sessions.begin() as session:
            some = await escalating.end_unheard(session, keys=keys, now=now, limit=batch)
        ended += some
        if some < batch:
            return ended


async def recount(sessions: Sessions, keys: Keys, *, now: datetime, batch: int = BATCH) -> None:
    """Set deadlines anew by each notice that was loaded, batch by batch."""
    while True:
        async with sessions.begin() as session:
            if not await escalating.recount(session, keys=keys, now=now, limit=batch):
                return


async def add_up(sessions: Sessions, *, batch: int | None = tallies.BATCH) -> int:
    """Add up all changes of counts there are, batch by batch, None for all at once; how many."""
    added = 0
    while True:
        async with sessions.begin() as session:
            some = await tallies.add_up(session, batch=batch)
        added += some
        if batch is None or some < batch:
            return added


async def praise_all(sessions: Sessions, *, now: datetime, batch: int = BATCH) -> int:
    """Praise by default whatever nobody rated in time, batch by batch; how many."""
    praised, after = 0, None
    while True:
        async with sessions.begin() as session:
            some, after = await ratings.praise_by_default(
                session, now=now, limit=batch, after=after
            )
        praised += some
        if after is None:
            return praised


async def look_for_anomalies(opened: Database, *, now: datetime) -> None:
    """Look at the ratings of the last weeks, in a process of its own: a city's take a while."""
    async with opened.sessions() as session:
        if not await anomalies.is_due(session, now=now):
            return
    async with one_apart() as apart:
        await in_database(apart, look_there, opened.url, now=now)


async def look_there(opened: Database, *, now: datetime) -> int:
    """The same where nobody is answered; how many new questions."""
    return await anomalies.look(opened.sessions, now=now)


async def tell_supporters(sessions: Sessions, *, now: datetime) -> int:
    """Tell once a day how many support proposals, one process for all; of how many it is news."""
    async with sessions.begin() as session:
        if not await chores.is_due(session, "proposal-supporters", now=now, pause=_TELL_PAUSE):
            return 0
        return await proposals.tell(session, now)


class Releasing:
    """Tries to release each hour, and soon after counts have settled, as after a load."""

    def __init__(self, opened: Database) -> None:
        self._opened = opened
        self._counts: Counts | None = None

    async def look(self, *, now: datetime) -> bool:
        """Release what is over, where it is time to try; whether it was."""
        async with self._opened.sessions() as session:
            seen = await tallies.seen(session)
        counts = self._counts.seen_anew(seen, now) if self._counts else Counts(seen, now)
        is_due = counts.is_due(now)
        self._counts = replace(counts, tried_at=now) if is_due else counts
        if is_due:
            await release_apart(self._opened, now=now)
        return is_due


async def release_apart(opened: Database, *, now: datetime) -> None:
    """Release what is over, in a process of its own: minutes of arithmetic at city scale."""
    async with opened.sessions() as session:
        if await releases.period(session, now) is None:
            return
    async with one_apart() as apart:
        await in_database(apart, release_there, opened.url, now=now)


async def release_there(opened: Database, *, now: datetime) -> int:
    """The same where nobody is answered."""
    return await release_all(opened.sessions, now=now)


async def release_all(
    sessions: Sessions, executor: Executor | None = None, *, now: datetime
) -> int:
    """Release the figures of every period that is over, the oldest first; how many."""
    made = 0
    while await releases.release_next(sessions, executor, now=now) is not None:
        made += 1
    return made


async def close_all(sessions: Sessions, *, now: datetime, batch: int = BATCH) -> int:
    """Make final whatever was public long enough, batch by batch; how many results."""
    closed = 0
    while True:
        async with sessions.begin() as session:
            some = await assessments.close(session, now=now, limit=batch)
        closed += some
        if some < batch:
            return closed


async def forget(sessions: Sessions, *, now: datetime, batch: int = BATCH) -> int:
    """Erase contacts and homes that nobody needs any more, batch by batch; how many were erased."""
    erased = 0
    for forget_some in (case_contacts.forget, residence.forget):
        some = batch
        while some == batch:
            async with sessions.begin() as session:
                some = await forget_some(session, now=now, limit=batch)
            erased += some
    return erased
