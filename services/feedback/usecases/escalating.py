"""What the clock does by itself: cases go up when overdue, deadlines are set anew by a notice."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.contracts.feedback_cases import ClockReason
from common.crypto.keys import Keys
from common.records import name_of
from feedback import tables
from feedback.domain import clocks
from feedback.domain.clocks import Due, end_of
from feedback.domain.late_steps import Late
from feedback.queries import escalating as queries
from feedback.queries.calendar import not_recounted
from feedback.queries.escalating import Overdue
from feedback.queries.ground import Ground, ground
from feedback.usecases import case_steps, recounting
from feedback.usecases.case_contacts import CITY
from feedback.usecases.case_steps import Step
from feedback.usecases.clockwork import CLOCKWORK
from feedback.usecases.late_steps import moved

_FIRST: Final = UUID(int=0)


async def escalate(session: AsyncSession, *, now: datetime, limit: int) -> int:
    """Take the longest overdue cases one level up; how many were taken.

    The rows are locked, so that nobody else takes them; whoever is killed half-way has changed
    nothing. The key of `case_escalation` refuses a second time whatever happens.
    """
    rows = await queries.due(session, now=now, limit=limit)
    if not rows:
        return 0
    stands, known = await ground(session), dict[tuple[Any, ...], datetime | None]()
    nexts = {row.id: _next(row, stands, known, now) for row in rows}
    by = name_of(CLOCKWORK)
    await queries.raise_levels(session, nexts, by=by, now=now)
    await queries.keep(session, rows, by=by, now=now)
    feed.mark_many(session, "case", nexts)
    changes = [
        audit.Change(
            row.id,
            row.area_code,
            {"escalation_level": row.escalation_level},
            {"escalation_level": row.escalation_level + 1},
            None,
        )
        for row in rows
    ]
    audit.note_many(session, CLOCKWORK, action="case.escalate", kind="case", changes=changes)
    return len(rows)


async def end_unheard(session: AsyncSession, *, keys: Keys, now: datetime, limit: int) -> int:
    """End cases whose answer was long not judged as not heard; how many.

    They keep their status, for nobody has confirmed anything, and the resident may reopen them.
    """
    days = (await ground(session)).at(CITY, now).rule("case.silence").number
    before = now - timedelta(days=days)
    rows = await queries.unheard(session, answered_before=before, limit=limit)
    for row in rows:
        row.closed_at = now
        case_steps.write(session, row, Step("not_heard", CLOCKWORK, now, keys))
    return len(rows)


async def recount(session: AsyncSession, *, keys: Keys, now: datetime, limit: int) -> bool:
    """Set some deadlines anew by a notice that was loaded; whether any notice still waits.

    How far it got stands in the notice, so that a killed process loses nothing and repeats nothing.
    """
    notice = await not_recounted(session)
    if notice is None:
        return False
    stands = await ground(session)
    after = notice.recounted_up_to or _FIRST
    rows = await queries.going_up_since(session, end_of(notice.first_on), after=after, limit=limit)
    for row in rows:
        step = Step("recount", CLOCKWORK, now, keys, reason=notice.title)
        await _recounted(session, row, stands, step)
    if not rows:  # what hangs on cases locks them anew, by id: in a turn that holds none
        await recounting.recount(session, stands, notice, now=now)
        notice.recounted_at = now
    else:
        notice.recounted_up_to = rows[-1].id
    return True


async def _recounted(session: AsyncSession, row: tables.Case, stands: Ground, step: Step) -> None:
    """The same days on the calendar as it is now, of deadlines and until the case goes up further.

    A deadline that passed before the notice stays; nothing is told of what does not move.
    """
    before, in_force = case_steps.clock_of(row), stands.at(row.area_code, step.now)
    after, contact = clocks.again(before, stands.calendar), _contact(row, stands)
    contact_before = Due(row.contact_due_at, row.is_contact_provisional)
    row.contact_due_at, row.is_contact_provisional = contact
    row.contact_escalates_at = moved(
        Late.CONTACT, contact.at, row.contact_escalation_level, row.area_code, stands, step.now
    )
    if contact.at != contact_before.at:
        step = replace(step, facts={"contact_was_due_at": contact_before.at.isoformat()})
    if after != before:
        await case_steps.set_clock(session, row, after, ClockReason.NOTICE, step)
    row.escalates_at = clocks.escalates(row.due_at, row.escalation_level, in_force, stands.calendar)
    if after != before or contact != contact_before:
        case_steps.write(session, row, step)


def _contact(row: tables.Case, stands: Ground) -> Due:
    """Until when somebody is to be contacted who was not yet: since it came, or was reopened."""
    if row.accepted_at is not None:
        return Due(row.contact_due_at, row.is_contact_provisional)
    since = row.reopened_at or row.received_at
    clock = clocks.first_contact(since, stands.at(row.area_code, since), stands.calendar)
    return Due(clock.due_at, clock.is_provisional)


def _next(
    row: Overdue, stands: Ground, known: dict[tuple[Any, ...], datetime | None], now: datetime
) -> datetime | None:
    """When a case goes up again; the same for all of a town that were due together."""
    key = (row.area_code[:9], row.due_at, row.escalation_level)
    if key not in known:
        level, in_force = row.escalation_level + 1, stands.at(row.area_code, now)
        known[key] = clocks.escalates(row.due_at, level, in_force, stands.calendar)
    return known[key]
