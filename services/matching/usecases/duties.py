"""Duties: an entitlement that nobody serves is owed by a department until it is served."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts.matching import UnmetReason
from common.records import touch
from matching import tables
from matching.domain.urgency import entitlement
from matching.queries import duties as queries
from matching.queries import needs as need_queries
from matching.usecases.tiers import facts_of, in_force

_UNNAMED: Final = "entitlement"


async def owe(
    session: AsyncSession, need: tables.Need, reason: UnmetReason, *, by: Actor, now: datetime
) -> None:
    """Tell a department what it owes; a need that is owed already keeps its day."""
    row = await queries.duty(session, need.id)
    if row is not None and row.met_at is None and row.lifted_at is None:
        row.reason = reason
        return
    rules = await in_force(session, need.area_code, now)
    profile = await need_queries.profile(session, need.id)
    claims = await need_queries.standing(session, need.id)
    days = rules.rule("entitlement.duty_days").number
    due = official_calendar().add_working_days(city_day(now), days)
    row = row or tables.Duty(need_id=need.id)
    row.rule = entitlement(facts_of(need, profile, claims, now), rules) or _UNNAMED
    row.reason, row.raised_at = reason, now
    row.due_on, row.is_provisional = due.on, due.provisional
    row.met_at = row.lifted_at = None
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


async def meet(session: AsyncSession, need_id: UUID, *, now: datetime) -> None:
    """The need was served: nothing is owed any more."""
    row = await queries.owed(session, need_id)
    if row is not None:
        row.met_at = now


async def lift(session: AsyncSession, need_id: UUID, *, now: datetime) -> None:
    """The need was withdrawn, or its standing does not hold: nothing is owed."""
    row = await queries.owed(session, need_id)
    if row is not None:
        row.lifted_at = now
