"""Holiday notices of the feedback, followed: kept in `mirrored`, known to every process.

A notice that does not pass the checks of who loads one is not taken over: the feed stands still
there and the process says so; days go on being counted as before.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from common import mirrors
from common.calendar import Calendar
from common.calendar.official import learn
from common.contracts.feedback_calendar import CalendarNotice
from common.contracts.feeds import Kind
from common.db import Database
from common.ending import in_one_statement
from common.feed.client import Change
from common.straight import rows
from common.worker import Job, every
from common.working_days import as_notice, calendar_of

LOOK_S: Final = 2.0
_STAMP: Final = (
    "SELECT string_agg(record_id || ':' || (state ->> 'version'), ',' ORDER BY record_id)"
    " FROM mirrored WHERE kind = 'calendar_notice'"
)

log = structlog.get_logger(__name__)


async def follow(session: AsyncSession, changes: Sequence[Change], *, now: datetime) -> None:  # noqa: ARG001 - every effect is told the time
    """Effect of the feed: keep what passes the checks. Raises `WrongNotice` at what does not."""
    for change in changes:
        if change.data is not None:
            as_notice(CalendarNotice.model_validate(change.data))
    await mirrors.apply(session, Kind.CALENDAR_NOTICE, changes)


async def calendar(session: AsyncSession) -> Calendar:
    """The calendar as this database was told it."""
    states = [each async for some in mirrors.walk(session, Kind.CALENDAR_NOTICE) for each in some]
    return calendar_of(map(CalendarNotice.model_validate, states))


class Watch:
    """What a process has last seen of the notices in its database."""

    def __init__(self, opened: Database) -> None:
        self._opened = opened
        self._seen: str | None = None

    async def look(self) -> None:
        """Learn what is new; one small statement when nothing is."""
        async with self._opened.sessions.begin() as session:
            in_one_statement(session)
            [[stamp]] = await rows(session, _STAMP)
            if stamp == self._seen:
                return
            known = await calendar(session)
        learn(known)
        self._seen = stamp
        log.info("calendar is known anew", horizon=str(known.horizon))


async def watching(opened: Database) -> Job:
    """The job by which a process, worker or not, keeps up; it has looked once when it begins."""
    watch = Watch(opened)
    try:
        await watch.look()
    except (SQLAlchemyError, OSError) as fault:
        log.warning("calendar is not read yet", fault=type(fault).__name__)
    return Job("calendar", every(LOOK_S, watch.look))
