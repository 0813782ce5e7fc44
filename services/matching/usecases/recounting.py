"""Deadlines set anew by a holiday notice: what departments owe, until when places are held.

They are counted from the day from which they were counted first, by the rules that held then.
What stood before is kept in the audit log.
"""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed, notices, recounts
from common.calendar import Calendar
from common.clock import city_day, day_end
from common.records import name_of, touch
from common.recounts import Recounting
from common.rules import RuleTable
from matching import tables
from matching.domain.referrals import hold_again
from matching.domain.urgency import duty_due
from matching.queries import recounts as queries
from matching.queries.rules import rule_table
from matching.usecases.places import CLOCKWORK

_FIRST: Final = UUID(int=0)


async def recount(session: AsyncSession, *, now: datetime, limit: int) -> bool:
    """Set some deadlines anew by a change of the calendar; whether any change still waits."""
    change = await recounts.next_one(session, now=now)
    if change is None:
        return False
    days, table = await notices.calendar(session), await rule_table(session)
    rows = await queries.due_since(
        session,
        change.first_on,
        day_end(change.first_on),
        after=change.up_to or _FIRST,
        limit=limit,
    )
    for need, duty in await queries.owed(session, [row.id for row in rows if row.need_id]):
        _duty(session, need, duty, _On(days, table, change, now))
    for hold in await queries.held(session, [row.id for row in rows if not row.need_id]):
        await _hold(session, hold, _On(days, table, change, now))
    up_to = rows[-1].id if rows else change.up_to
    is_done = len(rows) < limit
    await recounts.gone_on(session, change, up_to=up_to, done_at=now if is_done else None)
    return True


class _On:
    """On what deadlines are counted anew, and why."""

    def __init__(self, days: Calendar, table: RuleTable, change: Recounting, now: datetime) -> None:
        self.days, self.table, self.change, self.now = days, table, change, now

    def number(self, rule: str, day: date, area: str) -> int:
        """So many days as a rule gave then and there."""
        return self.table.at(day, area).rule(rule).number


def _duty(session: AsyncSession, need: tables.Need, row: tables.Duty, on: _On) -> None:
    days = on.number("entitlement.duty_days", city_day(row.raised_at), need.area_code)
    due = duty_due(row.raised_at, days, on.days)
    before = {"due_on": str(row.due_on), "is_provisional": row.is_provisional}
    after = {"due_on": str(due.on), "is_provisional": due.provisional}
    if after == before:
        return
    row.due_on, row.is_provisional = due.on, due.provisional
    touch(need, CLOCKWORK, on.now)
    feed.mark(session, "need", need.id)
    _note(session, "duty.recount", ("need", need.id), need.area_code, before, after, on)


async def _hold(session: AsyncSession, row: Any, on: _On) -> None:
    days = on.number("hold.expiry", city_day(row.since), row.area_code)
    at = hold_again(row.since, row.session_on, days, on.days, on.now)
    if at == row.hold_expires_at:
        return
    await queries.expire_at(session, row.id, at, by=name_of(CLOCKWORK), now=on.now)
    feed.mark(session, "referral", row.id)
    before, after = ({"hold_expires_at": each.isoformat()} for each in (row.hold_expires_at, at))
    _note(session, "referral.recount", ("referral", row.id), row.area_code, before, after, on)


def _note(
    session: AsyncSession,
    action: str,
    target: tuple[str, UUID],
    area: str,
    before: dict[str, Any],
    after: dict[str, Any],
    on: _On,
) -> None:
    audit.note(
        session,
        CLOCKWORK,
        action=action,
        target=target,
        area=area,
        before=before,
        after=after,
        reason=on.change.title,
    )
