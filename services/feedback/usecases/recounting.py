"""Deadlines that are no case's, set anew by a notice: supervision, bad ratings, work in a house,
and until when results of assessments are public and may be appealed.

They are few: what is open and due, or told further up, on a day of the notice or later. What stood
before is kept in the audit log.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.clock import city_day
from common.records import touch
from feedback import tables
from feedback.domain import clocks, dispatches
from feedback.domain.clocks import Due, end_of
from feedback.domain.late_steps import Late
from feedback.queries import escalating as queries
from feedback.queries.ground import Ground
from feedback.usecases import assessments, bad_ratings
from feedback.usecases.clockwork import CLOCKWORK
from feedback.usecases.late_steps import moved


async def recount(
    session: AsyncSession, stands: Ground, notice: tables.CalendarNotice, *, now: datetime
) -> None:
    """Set what is due from the first day of a notice on anew, on the calendar as it is now."""
    title, since = notice.title, end_of(notice.first_on)
    for request in await queries.open_supervisions(session, since):
        _request(session, request, stands, title, now)
    for loop in await queries.open_loops(session, notice.first_on):
        _loop(session, loop, stands, title, now)
    for result, area in await queries.open_publicity(session, notice.first_on):
        _publicity(session, result, area, stands, title, now)
    due_of = await queries.due_of_cases_at_work(session, since)
    for work in await queries.open_dispatches(session, due_of, since):
        _dispatch(session, work, due_of[work.case_id], stands, title, now)


def _request(
    session: AsyncSession, row: tables.Supervision, stands: Ground, title: str, now: datetime
) -> None:
    in_force = stands.at(row.area_code, row.requested_at)
    rule = in_force.setting("recheck", "supervision")
    clock = clocks.counted(city_day(row.requested_at), rule, stands.calendar)
    before = Due(row.due_at, row.is_due_provisional)
    row.due_at, row.is_due_provisional = after = Due(clock.due_at, clock.is_provisional)
    row.escalates_at = moved(
        Late.SUPERVISION, row.due_at, row.escalation_level, row.area_code, stands, now
    )
    if after != before:
        touch(row, CLOCKWORK, now)
        target = ("supervision", row.id)
        _note(session, target, row.area_code, before.told(), after.told(), title)


def _loop(
    session: AsyncSession, row: tables.BadRating, stands: Ground, title: str, now: datetime
) -> None:
    before, after = row.clocks, bad_ratings.recounted(row, stands)
    row.clocks = after
    row.escalates_on = bad_ratings.tells_on(row, stands, now)
    if after == before:
        return
    row.version += 1
    feed.mark(session, bad_ratings.KIND, row.rating_id)
    _note(session, (bad_ratings.KIND, row.rating_id), row.area_code, before, after, title)


def _publicity(
    session: AsyncSession,
    row: tables.Assessment,
    area: str,
    stands: Ground,
    title: str,
    now: datetime,
) -> None:
    days = stands.table.at(row.publicity_from_on, area).rule("assessment.publicity").number
    until = stands.calendar.add_working_days(row.publicity_from_on, days)
    before = {
        "publicity_to_on": str(row.publicity_to_on),
        "is_publicity_provisional": row.is_publicity_provisional,
    }
    after = {
        "publicity_to_on": str(until.on),
        "is_publicity_provisional": until.provisional,
    }
    if after != before:
        row.publicity_to_on, row.is_publicity_provisional = until.on, until.provisional
        touch(row, CLOCKWORK, now)
        feed.mark(session, assessments.KIND, row.id)
        _note(session, (assessments.KIND, row.id), row.area_code, before, after, title)


def _dispatch(
    session: AsyncSession,
    row: tables.Dispatch,
    case_due: Due,
    stands: Ground,
    title: str,
    now: datetime,
) -> None:
    in_force = stands.at(row.area_code, row.sent_at)
    own = dispatches.due(row.sent_at, in_force, stands.calendar)
    row.own_due_at, row.is_own_due_provisional = own
    before, due = Due(row.due_at, row.is_due_provisional), dispatches.within(case_due, own)
    if due != before:
        row.due_at, row.is_due_provisional = due
        touch(row, CLOCKWORK, now)
        target = ("dispatch", row.id)
        _note(session, target, row.area_code, before.told(), due.told(), title)


def _note(
    session: AsyncSession, target: Any, area: str, before: Any, after: Any, title: str
) -> None:
    audit.note(
        session,
        CLOCKWORK,
        action=f"{target[0]}.recount",
        target=target,
        area=area,
        before=before,
        after=after,
        reason=title,
    )
