"""Duties: an entitlement that nobody serves is owed by a department until it is served."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts.matching import UnmetReason
from common.contracts.matching_needs import DutyReason
from common.records import touch
from matching import tables
from matching.domain.urgency import duty_due, entitlement
from matching.queries import duties as queries
from matching.queries import needs as need_queries
from matching.queries.rules import rule_table
from matching.usecases.places import CLOCKWORK
from matching.usecases.tiers import CITY, facts_of, in_force

_UNNAMED: Final = "entitlement"
Why = UnmetReason | DutyReason


async def owe(
    session: AsyncSession, need: tables.Need, reason: Why, *, by: Actor, now: datetime
) -> None:
    """Tell a department what it owes; a need that is owed already keeps its day."""
    await owe_all(session, [(need, reason)], by=by, now=now)


async def owe_all(
    session: AsyncSession,
    found: Sequence[tuple[tables.Need, Why]],
    *,
    by: Actor,
    now: datetime,
) -> None:
    """Tell departments what they owe to some whom nobody serves, each for a reason."""
    if not found:
        return
    ids = [need.id for need, _ in found]
    known = await queries.duties(session, ids)
    profiles = await need_queries.profiles(session, ids)
    claims = await need_queries.standings(session, ids)
    table = await rule_table(session)
    for need, reason in found:
        row = known.get(need.id)
        if row is not None and row.met_at is None and row.lifted_at is None:
            row.reason = reason
            continue
        rules = table.at(city_day(now), need.area_code)
        facts = facts_of(need, profiles.get(need.id), claims.get(need.id, ()), now)
        row = row or tables.Duty(need_id=need.id)
        days = rules.rule("entitlement.duty_days").number
        _raise(row, entitlement(facts, rules) or _UNNAMED, reason, days, now)
        session.add(row)
        touch(need, by, now)
        feed.mark(session, "need", need.id)
        audit.note(
            session,
            by,
            action="duty.raise",
            target=("need", need.id),
            area=need.area_code,
            after={"rule": row.rule, "reason": reason, "due_on": str(row.due_on)},
        )


def _raise(row: tables.Duty, rule: str, reason: Why, days: int, now: datetime) -> None:
    due = duty_due(now, days, official_calendar())
    row.rule, row.reason, row.raised_at = rule, reason, now
    row.due_on, row.is_provisional = due.on, due.provisional
    row.met_at = row.lifted_at = None


async def owe_left_open(session: AsyncSession, *, now: datetime, limit: int) -> int:
    """Owe what was left open too long: nobody said that it is unmet, and no run saw it; how many.

    Counted from when the need was raised: what its person changes since never puts it off.
    """
    days = (await in_force(session, CITY, now)).rule("entitlement.open_days").number
    before = now - timedelta(days=days)
    found = await queries.left_open(session, opened_before=before, limit=limit)
    why = DutyReason.LEFT_OPEN
    await owe_all(session, [(need, why) for need in found], by=CLOCKWORK, now=now)
    return len(found)


async def meet(session: AsyncSession, need_id: UUID, *, now: datetime) -> None:
    """The need was served: nothing is owed any more."""
    row = await queries.owed(session, need_id)
    if row is not None:
        row.met_at = now


async def stand_again(session: AsyncSession, need_id: UUID, *, met_at: datetime) -> None:
    """What was told to have met it was told by mistake: it is owed as before."""
    row = await queries.met(session, need_id, met_at)
    if row is not None:
        row.met_at = None


async def lift(session: AsyncSession, need_id: UUID, *, now: datetime) -> None:
    """The need was withdrawn, or its standing does not hold: nothing is owed."""
    row = await queries.owed(session, need_id)
    if row is not None:
        row.lifted_at = now
