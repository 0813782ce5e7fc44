"""What holds a purchase up, and until when: challenges that wait for their answer, suspensions.

Every hold has a last day, so that nobody gets out by silence and nobody is held for ever by it.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from common.calendar import Calendar
from common.calendar.official import official_calendar
from common.clock import city_day
from procurement import tables
from procurement.domain import challenges as rules
from procurement.domain import tenders as tender_rules
from procurement.queries import challenges as queries
from procurement.queries.tenders import terms_of


async def hold(
    session: AsyncSession, row: tables.Tender, now: datetime, *, days: Calendar | None = None
) -> None:
    """Suspend a locked purchase until the last of what holds it up, or let it go on."""
    lift(row, now)
    today, terms, days = city_day(now), terms_of(row), days or official_calendar()
    ends = [
        rules.holds_until(each.answer_due_on, each.decision_due_on, terms, days)
        for each in await queries.unanswered(session, row.id)
    ]
    suspended_until_on = await queries.suspended_until(session, row.id)
    if suspended_until_on is not None:
        ends.append(suspended_until_on)
    row.suspended_until_on = max((end for end in ends if end >= today), default=None)
    is_held = row.suspended_until_on is not None
    row.suspended_at = (row.suspended_at or now) if is_held else None


async def is_held(session: AsyncSession, row: tables.Tender, now: datetime) -> bool:
    """Whether a locked purchase is held up; a hold from before they had last days gets its own."""
    if row.suspended_at is not None and row.suspended_until_on is None:
        await hold(session, row, now)
    return tender_rules.is_suspended(row.suspended_at, row.suspended_until_on, city_day(now))


async def must_run(session: AsyncSession, row: tables.Tender, now: datetime) -> None:
    """Raises `TenderSuspended` while a challenge or complaint holds a locked purchase up."""
    if await is_held(session, row, now):
        raise tender_rules.TenderSuspended(since=row.suspended_at, until=row.suspended_until_on)


def lift(row: tables.Tender, now: datetime) -> None:
    """Forget a suspension whose last day is over."""
    if not tender_rules.is_suspended(row.suspended_at, row.suspended_until_on, city_day(now)):
        row.suspended_at = row.suspended_until_on = None
