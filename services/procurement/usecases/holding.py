"""What holds a purchase up, and until when: challenges that wait for their answer, suspensions.

Every hold has a last day, so that nobody gets out by silence and nobody is held for ever by it.
It stops the clocks of who bids; when it ends, what is left of them runs on (`domain.holds`).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.calendar import Calendar
from common.calendar.official import official_calendar
from common.clock import city_day
from common.records import touch
from procurement import tables
from procurement.domain import challenges as rules
from procurement.domain import holds
from procurement.domain import tenders as tender_rules
from procurement.domain.holds import Ends
from procurement.queries import bids as bid_queries
from procurement.queries import challenges as queries
from procurement.queries import tenders as tender_queries
from procurement.usecases import releases
from procurement.usecases.clockwork import CLOCKWORK


async def hold(
    session: AsyncSession, row: tables.Tender, now: datetime, *, days: Calendar | None = None
) -> None:
    """Suspend a locked purchase until the last of what holds it up, or let it go on."""
    await lift(session, row, now)
    today, terms = city_day(now), tender_queries.terms_of(row)
    days = days or official_calendar()
    ends = [
        rules.holds_until(each.answer_due_on, each.decision_due_on, terms, days)
        for each in await queries.unanswered(session, row.id)
    ]
    suspended_until_on = await queries.suspended_until(session, row.id)
    if suspended_until_on is not None:
        ends.append(suspended_until_on)
    last = max((end for end in ends if end >= today), default=None)
    if last is not None:
        row.suspended_at, row.suspended_until_on = row.suspended_at or now, last
    elif row.suspended_at is not None:
        await _end(session, row, now)


async def is_held(session: AsyncSession, row: tables.Tender, now: datetime) -> bool:
    """Whether a locked purchase is held up; a hold from before they had last days gets its own."""
    if row.suspended_at is not None and row.suspended_until_on is None:
        await hold(session, row, now)
    await lift(session, row, now)
    return row.suspended_at is not None


async def must_run(session: AsyncSession, row: tables.Tender, now: datetime) -> None:
    """Raises `TenderSuspended` while a challenge or complaint holds a locked purchase up."""
    if await is_held(session, row, now):
        raise _refusal(row)


def running(row: tables.Tender, now: datetime) -> Ends:
    """Until when a purchase takes what it takes, where it is read and not locked.

    Raises `TenderSuspended` while it takes nothing. A suspension that is over counts before
    anybody has told that it is.
    """
    if tender_rules.is_suspended(row.suspended_at, row.suspended_until_on, city_day(now)):
        raise _refusal(row)
    return ends_of(row, now)


def ends_of(row: tables.Tender, now: datetime) -> Ends:
    """Until when a purchase takes what it takes, were it to go on now."""
    told = Ends(*(getattr(row, name) for name in Ends._fields))
    if row.suspended_at is None:
        return told
    return holds.moved(told, row.suspended_at, row.suspended_until_on, now)


def is_late(row: tables.Tender, now: datetime) -> bool:
    """Whether the deadline has passed, the time not counted for which it was held up."""
    end = ends_of(row, now).tender_period_end_at
    return end is None or now >= end


async def lift(session: AsyncSession, row: tables.Tender, now: datetime) -> None:
    """Let a suspension of a locked purchase whose last day is over end with it."""
    is_suspended = tender_rules.is_suspended(
        row.suspended_at, row.suspended_until_on, city_day(now)
    )
    if row.suspended_at is not None and not is_suspended:
        await _end(session, row, now)


async def lift_one(session: AsyncSession, tender_id: UUID, *, now: datetime) -> None:
    """Let a suspension end, unless somebody has let it end or go on meanwhile."""
    await is_held(session, await tender_queries.locked(session, tender_id), now)


def explanation_due(row: tables.Tender, due: datetime, now: datetime) -> datetime:
    """Until when a low price may be explained, were the purchase to go on now."""
    if row.suspended_at is None:
        return due
    return holds.moved_alone(due, row.suspended_at, row.suspended_until_on, now)


async def _end(session: AsyncSession, row: tables.Tender, now: datetime) -> None:
    """A purchase goes on, its ends moved where it takes bids: told by feed, release and audit."""
    before = {"suspended_at": row.suspended_at, **_told(row)}
    if row.step in holds.TAKING:
        for name, end in ends_of(row, now)._asdict().items():
            setattr(row, name, end)
    after = _told(row)
    for bid in await bid_queries.asked_why(session, row.id):
        assert bid.low_due_at is not None  # noqa: S101 - what was asked has its time
        name = f"{bid.id}.low_due_at"
        before[name] = bid.low_due_at
        bid.low_due_at = after[name] = explanation_due(row, bid.low_due_at, now)
    row.suspended_at = row.suspended_until_on = None
    touch(row, CLOCKWORK, now)
    feed.mark(session, "tender", row.id)
    releases.note(session, row.id, now)
    audit.note(
        session,
        CLOCKWORK,
        action="tender.resume",
        target=("tender", row.id),
        area=row.area_code,
        before={name: str(value) for name, value in before.items()},
        after={name: str(value) for name, value in after.items()},
    )


def _refusal(row: tables.Tender) -> tender_rules.TenderSuspended:
    return tender_rules.TenderSuspended(since=row.suspended_at, until=row.suspended_until_on)


def _told(row: tables.Tender) -> dict[str, datetime | None]:
    return {name: getattr(row, name) for name in Ends._fields}
