"""Referrals: made with a place held, answered, withdrawn, handed over, released in time."""

from contextlib import suppress
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.auth.roles import Role
from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts.matching import NeedStatus, ReferralStatus
from common.contracts.matching_referrals import AnswerIn, DeclineReason, ReferralIn, TransferIn
from common.contracts.registry.offerings import CapacityPeriod
from common.ending import in_one_statement
from common.errors import Conflict, Text
from common.ids import uuid7
from common.records import made, newly
from matching import tables
from matching.domain import needs as need_rules
from matching.domain import places as place_rules
from matching.domain import referrals as rules
from matching.domain.contracts import Service, paying
from matching.domain.numbers import Numbered, number
from matching.queries import needs as need_queries
from matching.queries import places as place_queries
from matching.queries import referrals as queries
from matching.queries import referring
from matching.queries.referring import Facts, Need, Supply, Wanted
from matching.usecases import places, referable, referral_steps, rooms, untold
from matching.usecases.need_steps import take_step
from matching.usecases.referable import Aim
from matching.usecases.referral_steps import Step

KIND: Final = "referral"


class OfferingFull(Conflict):
    """All places of the period are taken."""

    slug = "offering-full"
    title = Text("名额已满", "Full")
    detail = Text(
        "该服务在 {day} 的名额已满；可另选日期或服务，或以 wait=true 候补。",
        "No place is left on {day}; choose another day or offering, or wait with wait=true.",
    )


class NeedAlreadyReferred(Conflict):
    """A need is under way at one offering at a time."""

    slug = "need-already-referred"
    title = Text("需求已转介", "The need is already referred")
    detail = Text(
        "该需求已有进行中的转介；请先撤回，或移交到其他服务。",
        "A referral of this need is under way; withdraw it, or hand it over.",
    )


class AsksForMoreError(RuntimeError):
    """A referral to what needs a room, or is full, takes more than two statements."""


async def refer(
    session: AsyncSession, wish: ReferralIn, *, by: Actor, now: datetime
) -> tables.Referral:
    """Send a need to an offering and hold a place there; or wait for one, if that is wished."""
    aim = _aim(wish, now)
    wanted = _wanted(wish.need_id, wish.offering_id, aim)
    facts = await referring.facts(session, by, wanted, lock=True)
    _check_need(facts.need, now)
    return await _made(session, facts, aim, by=by, now=now, becomes=NeedStatus.REFERRED)


async def refer_at_once(
    session: AsyncSession, wish: ReferralIn, *, by: Actor, now: datetime
) -> tables.Referral:
    """`refer` in two statements that lock nothing between them, for the common case.

    Raises `AsksForMoreError` where it is not. What is not as it was read any more, places that are
    gone among it, refuses the statement that ends the transaction.
    """
    in_one_statement(session)
    aim = _aim(wish, now)
    wanted = _wanted(wish.need_id, wish.offering_id, aim)
    facts = await referring.facts(session, by, wanted, lock=False)
    if facts.supply.space_id is not None or facts.is_free is False:
        raise AsksForMoreError
    _check_need(facts.need, now)
    row = _held(facts, aim, uuid7(), by=by, now=now)
    span = place_rules.span(CapacityPeriod(facts.supply.capacity_period), aim.session_on)
    referring.place_at_end(session, row, facts, span.ends_on)
    feed.mark(session, "need", facts.need.id)
    _tell(session, row, by=by)
    return row


async def answer(
    session: AsyncSession,
    referral_id: UUID,
    said: AnswerIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Referral:
    """Accept or decline as its provider; later say that it was served, or that nobody came."""
    row = await queries.found(session, by, referral_id)
    by.must_reach(row.served_in, row.provider_id)
    wanted = ReferralStatus(said.status)
    rules.check_answer(wanted, said.reason, row.session_on, city_day(now))
    rules.check_correction(ReferralStatus(row.status), wanted, said.correction)
    rules.check_late_word(wanted, row.is_served_says_resident)
    if row.status in rules.TOLD_ANEW and wanted in rules.STEPS[ReferralStatus(row.status)]:
        await untold.may_be_told_otherwise(session, row, now=now)
    values = {} if said.reason is None else {"decline_reason": said.reason.value}
    if said.correction is not None:
        values["correction_reason"] = said.correction.value
    return await referral_steps.take(session, row.id, Step(wanted, by, now, version, values))


async def withdraw(
    session: AsyncSession, referral_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.Referral:
    """Take a referral back: the resident's own, or one of the area of the need."""
    row = await queries.found(session, by, referral_id)
    if Role.RESIDENT not in by.roles:
        by.must_cover(row.area_code)
    return await referral_steps.take(
        session, row.id, Step(ReferralStatus.WITHDRAWN, by, now, version)
    )


async def hand_over(
    session: AsyncSession,
    referral_id: UUID,
    wish: TransferIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Referral:
    """Let another offering go on; its place is held before this one's is given back."""
    old = await queries.found(session, by, referral_id)
    by.must_cover(old.area_code)
    await need_queries.locked(session, old.need_id)
    aim = Aim(
        session_on=wish.session_on or max(old.session_on, city_day(now)),
        session=wish.session,
        places=old.places,
        wait=wish.wait,
        agreement=wish.agreement,
    )
    await _lock_places(session, old, wish.offering_id, aim)
    new_id = uuid7()
    step = Step(ReferralStatus.HANDED_OVER, by, now, version, {"handed_over_to_id": new_id})
    old = await referral_steps.move(session, old.id, step)
    await session.flush()
    wanted = _wanted(old.need_id, wish.offering_id, aim)
    facts = await referring.facts(session, None, wanted, lock=True)
    row = await _made(session, facts, aim, by=by, now=now, referral_id=new_id)
    await referral_steps.left(session, old, now=now)
    return row


async def _lock_places(
    session: AsyncSession, old: tables.Referral, offering_id: UUID, aim: Aim
) -> None:
    """The old places and the new in one order: somebody may be handed over the other way.

    The new row is made before, if nobody has asked for it yet: that locks its offering.
    """
    supply = await place_queries.supply(session, offering_id)
    period = CapacityPeriod(supply.capacity_period)
    new = place_rules.slot(offering_id, period, aim.session_on, aim.session)
    await places.is_there(session, new, period)
    await place_queries.lock_all(session, (places.slot_of(old), new))


async def release(session: AsyncSession, referral_id: UUID, *, now: datetime) -> None:
    """Expire one hold or wait, unless somebody has moved it meanwhile."""
    step = Step(ReferralStatus.EXPIRED, places.CLOCKWORK, now)
    with suppress(rules.ReferralCannotMove):
        await referral_steps.take(session, referral_id, step)


async def turn_down(session: AsyncSession, referral_id: UUID, *, now: datetime) -> None:
    """End a wait for more places than there are, unless there are enough by now.

    Nobody behind is served before: a place is taken only where nobody waits.
    """
    before = await queries.plain(session, referral_id)
    await need_queries.locked(session, before.need_id)
    capacity = await place_queries.locked(session, places.slot_of(before))
    row = await queries.locked(session, referral_id)
    fits = place_rules.fits(capacity.places, 0, row.places)
    if row.status != ReferralStatus.WAITLISTED or fits:
        return
    reason = {"decline_reason": DeclineReason.FEWER_PLACES.value}
    step = Step(ReferralStatus.DECLINED, places.CLOCKWORK, now, values=reason)
    await referral_steps.take(session, referral_id, step)


def _aim(wish: ReferralIn, now: datetime) -> Aim:
    day = wish.session_on or city_day(now)
    return Aim(day, wish.session, wish.places, wait=wish.wait, agreement=wish.agreement)


def _wanted(need_id: UUID, offering_id: UUID, aim: Aim) -> Wanted:
    return Wanted(need_id, offering_id, aim.session_on, aim.session, aim.places)


def _check_need(need: Need, now: datetime) -> None:
    """Raises unless the need may be referred."""
    if need.status == NeedStatus.REFERRED:
        raise NeedAlreadyReferred
    need_rules.step(NeedStatus(need.status), NeedStatus.REFERRED, now)


async def _made(
    session: AsyncSession,
    facts: Facts,
    aim: Aim,
    *,
    by: Actor,
    now: datetime,
    referral_id: UUID | None = None,
    becomes: NeedStatus | None = None,
) -> tables.Referral:
    """A new referral of a locked need. Raises what stands in its way."""
    need, supply = facts.need, facts.supply
    row = _held(facts, aim, referral_id or uuid7(), by=by, now=now)
    slot = places.slot_of(row)
    rooms.must_have_hours(facts, aim.session_on, slot.session)

    is_held = await referring.place(session, row, need_becomes=becomes)
    if not is_held:  # perhaps nobody has asked for this period yet
        await places.is_there(session, slot, CapacityPeriod(supply.capacity_period))
        is_held = await referring.place(session, row, need_becomes=becomes)
    if not is_held and not aim.wait:
        raise OfferingFull(day=aim.session_on)
    if is_held and becomes is not None:
        feed.mark(session, "need", need.id)
    if is_held:
        await rooms.want(session, row, now=now)
    else:
        if becomes is not None:
            locked = await need_queries.locked(session, need.id)
            take_step(session, locked, becomes, by=by, now=now)
        await _wait(session, row, slot, now=now)
    _tell(session, row, by=by)
    return row


def _tell(session: AsyncSession, row: tables.Referral, *, by: Actor) -> None:
    """Feed and audit of a new referral."""
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action="referral.make",
        target=(KIND, row.id),
        area=row.area_code,
        after={"need": str(row.need_id), "offering": str(row.offering_id), "status": row.status},
    )


def _held(
    facts: Facts, aim: Aim, referral_id: UUID, *, by: Actor, now: datetime
) -> tables.Referral:
    """A referral that holds its places, if they are there. Raises what stands in its way."""
    supply = facts.supply
    in_force = facts.rules.at(city_day(now), facts.need.area_code)
    referable.check(facts, aim, in_force, by=by, now=now)
    period = CapacityPeriod(supply.capacity_period)
    slot = place_rules.slot(supply.offering_id, period, aim.session_on, aim.session)
    row = _row(facts.need, supply, aim, slot, referral_id, by=by, now=now)
    row.contract_id = paying(facts.contracts, _service(facts, aim.session_on))
    days = in_force.rule("hold.expiry").number
    row.status = ReferralStatus.HELD
    row.hold_expires_at = rules.hold_expires(now, aim.session_on, days, official_calendar())
    return row


async def _wait(
    session: AsyncSession, row: tables.Referral, slot: place_rules.Slot, *, now: datetime
) -> None:
    """Join those who wait; a place may have been freed since the refusal, so call at once."""
    row.status, row.waitlisted_at, row.hold_expires_at = ReferralStatus.WAITLISTED, now, None
    await place_queries.join(session, slot)
    session.add(row)
    await places.call_waiting(session, slot, calendar=official_calendar(), now=now)


def _service(facts: Facts, day: date) -> Service:
    supply = facts.supply
    return Service(supply.categories.split("/"), supply.service_item_id, facts.need.area_code, day)


def _row(
    need: Need,
    supply: Supply,
    aim: Aim,
    slot: place_rules.Slot,
    referral_id: UUID,
    *,
    by: Actor,
    now: datetime,
) -> tables.Referral:
    return newly(
        tables.Referral,
        id=referral_id,
        number=number(Numbered.REFERRAL, city_day(now), referral_id),
        need_id=need.id,
        resident=need.resident,
        rater=need.rater,
        urgency=need.urgency,
        area_code=need.area_code,
        offering_id=supply.offering_id,
        provider_id=supply.provider_id,
        venue_id=supply.venue_id,
        service_item_id=supply.service_item_id,
        category=supply.category,
        served_in=supply.area_code,
        places=aim.places,
        session_on=aim.session_on,
        starts_on=slot.starts_on,
        session=slot.session,
        price_fen=supply.price_fen or 0,
        agreement_number=aim.agreement.number if aim.agreement else None,
        settlement_fen=aim.agreement.settlement_fen if aim.agreement else None,
        made_at=now,
        **made(by, now),
    )
