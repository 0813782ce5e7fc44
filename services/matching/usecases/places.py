"""Holding places, giving them back, and calling who waits. Nothing here can oversell."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role
from common.calendar import Calendar
from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts.matching import ReferralStatus
from common.contracts.registry.offerings import CapacityPeriod
from common.feed.client import Change
from common.records import touch
from common.rules import RulesInForce, RuleTable
from common.rules_table import Wanted
from common.rules_table import rules as rule_rows
from matching import tables
from matching.domain import places as rules
from matching.domain.referrals import TAKING, has_begun, hold_expires
from matching.queries import places as queries
from matching.queries import referrals as referral_queries
from matching.usecases import rooms

CLOCKWORK: Final = Actor("linli", "matching", ActorKind.SERVICE, frozenset({Role.SERVICE}))
_RULES: Final = 50


async def referral_rules(session: AsyncSession, area_code: str, now: datetime) -> RulesInForce:
    """The rules of referrals today where the need is; few rows, not the whole table."""
    day = city_day(now)
    wanted = Wanted(on=day, jurisdiction=area_code, object="referral")
    rows = await rule_rows(session, wanted, limit=_RULES)
    return RuleTable(row.as_value for row in rows).at(day, area_code)


async def is_there(session: AsyncSession, slot: rules.Slot, period: CapacityPeriod) -> None:
    """See that the period has its row: it is made when somebody first asks for it."""
    if await queries.is_there(session, slot):
        return
    await queries.open_slot(session, slot, rules.span(period, slot.starts_on), period)
    if not await queries.is_there(session, slot):
        raise queries.SupplyChanged


def free(capacity: tables.Capacity, row: tables.Referral) -> None:
    """Give back what a referral takes, or its turn; both are locked."""
    if row.status == ReferralStatus.WAITLISTED:
        capacity.waiting -= 1
    elif ReferralStatus(row.status) in TAKING:
        capacity.taken -= row.places
        capacity.excess = rules.excess(capacity.places, capacity.taken)


async def counted_now(session: AsyncSession, row: tables.Referral) -> tables.Capacity:
    """The places of the period that a referral's day counts to by now, locked."""
    supply = await queries.supply(session, row.offering_id)
    period = CapacityPeriod(supply.capacity_period)
    slot = rules.slot(row.offering_id, period, row.session_on, row.clock or None)
    await is_there(session, slot, period)
    return await queries.locked(session, slot)


def take_again(capacity: tables.Capacity, row: tables.Referral) -> None:
    """Count what was used although it had been given back; perhaps more was than there is."""
    row.count_in(capacity.starts_on, capacity.session)
    capacity.taken += row.places
    capacity.excess = rules.excess(capacity.places, capacity.taken)


async def call_waiting(
    session: AsyncSession, slot: rules.Slot, *, calendar: Calendar, now: datetime
) -> None:
    """Give free places to those who wait, in order; nobody overtakes one who needs more places.

    Only who needs more than there are holds up nobody: `referrals.turn_down` ends such a wait. To
    where nobody is referred nobody is called.
    """
    await session.flush()
    capacity = await queries.locked(session, slot)
    if not capacity.waiting or _is_over(capacity, now):
        return
    if not await queries.takes_people(session, slot.offering_id):
        return  # who waits is called when it opens again (`heed`)
    if await queries.is_held_by_a_run(session, slot):
        return  # who waits is called when it has decided
    while capacity.waiting:
        first = await referral_queries.first_waiting(session, slot, capacity.places, now)
        if first is None or first.session_on < city_day(now):
            return  # whose day is over is released by the clockwork, which calls again
        if not rules.fits(capacity.places, capacity.taken, first.places):
            return
        capacity.waiting -= 1
        capacity.taken += first.places
        days = (await referral_rules(session, first.area_code, now)).rule("hold.expiry").number
        first.status, first.held_at = ReferralStatus.HELD, now
        first.hold_expires_at = hold_expires(now, first.session_on, days, calendar)
        touch(first, CLOCKWORK, now)
        await session.flush()
        await rooms.want(session, first, now=now)
        feed.mark(session, "referral", first.id)
        audit.note(
            session,
            CLOCKWORK,
            action="referral.promote",
            target=("referral", first.id),
            area=first.area_code,
            after={"status": first.status},
        )


def _is_over(capacity: tables.Capacity, now: datetime) -> bool:
    """Whether a session has begun or a period is over; who still waits is released with the day."""
    clock, day = capacity.session, capacity.starts_on
    begun = clock != rules.NO_SESSION and has_begun(clock, day, now)
    return begun or capacity.ends_on < city_day(now)


async def heed(session: AsyncSession, changes: Sequence[Change], *, now: datetime) -> None:
    """Call who waits at what the feed tells; while it was suspended nobody was called."""
    told = [change.id for change in changes if not change.is_deleted]
    for slot in await referral_queries.awaited(session, told, city_day(now)):
        await call_waiting(session, slot, calendar=official_calendar(), now=now)


def slot_of(row: tables.Referral) -> rules.Slot:
    """Where a referral's places are counted."""
    return rules.Slot(row.offering_id, row.starts_on, row.session)
