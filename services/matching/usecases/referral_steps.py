"""One step of a referral: places freed, the need moved, who waits called, all in one transaction.

Locks in the order need, capacity, referral; what was read before the locks is read again.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.calendar.official import official_calendar
from common.contracts.matching import NeedStatus, ReferralStatus
from common.edge import must_match
from common.records import touch
from matching import tables
from matching.domain import referrals as rules
from matching.queries import needs as need_queries
from matching.queries import places as place_queries
from matching.queries import referrals as queries
from matching.usecases import duties, payers, places, rooms
from matching.usecases.need_steps import take_step


@dataclass(frozen=True, slots=True)
class Step:
    """Where a referral goes, who sends it there from which version, what else is written down."""

    wanted: ReferralStatus
    by: Actor
    now: datetime
    version: int | None = None
    values: dict[str, Any] = field(default_factory=dict)


async def take(session: AsyncSession, referral_id: UUID, step: Step) -> tables.Referral:
    """Move a referral. The caller may: that is checked before. Raises `ReferralCannotMove`."""
    before = await queries.plain(session, referral_id)
    is_over = before.status not in rules.LIVE
    need = await need_queries.locked(session, before.need_id)
    row = await move(session, referral_id, step)
    if is_over:
        await _told_late(session, need, row, step)
    elif step.wanted in rules.NEED_AFTER and need.status == NeedStatus.REFERRED:
        take_step(session, need, rules.NEED_AFTER[step.wanted], by=step.by, now=step.now)
    if step.wanted is ReferralStatus.SERVED:
        await duties.meet(session, need.id, now=step.now)
        if row.contract_id is None:
            await payers.name(session, row)
    if step.wanted not in rules.TAKING:
        await left(session, row, now=step.now)
    return row


async def _told_late(
    session: AsyncSession, need: tables.Need, row: tables.Referral, step: Step
) -> None:
    """A need that was open again, or unmet by then, was served after all; one that goes on
    elsewhere goes on.

    Or it was not served after all: it is open again, and owed again if it was owed until then.
    """
    if step.wanted is ReferralStatus.SERVED:
        for wanted in rules.TO_SERVED.get(NeedStatus(need.status), ()):
            take_step(session, need, wanted, by=step.by, now=step.now)
    elif step.wanted is ReferralStatus.NO_SHOW and need.status == NeedStatus.SERVED:
        if row.served_at is None or await queries.is_served_by_another(session, row):
            return
        take_step(session, need, NeedStatus.OPEN, by=step.by, now=step.now)
        await duties.stand_again(session, need.id, met_at=row.served_at)


async def move(session: AsyncSession, referral_id: UUID, step: Step) -> tables.Referral:
    """Move a referral and count what it takes; the need is locked, and stays where it is."""
    capacity = await _counted(session, await queries.plain(session, referral_id), step.wanted)
    row = await queries.locked(session, referral_id)
    if step.version is not None:
        must_match(row.version, step.version)
    was = ReferralStatus(row.status)
    rules.check_step(was, step.wanted)
    if capacity is not None and step.wanted in rules.TAKING:
        places.take_again(capacity, row)
    elif capacity is not None:
        if (capacity.starts_on, capacity.session) != (row.starts_on, row.session):
            raise place_queries.SupplyChanged
        places.free(capacity, row)
    row.status = step.wanted
    setattr(row, rules.STAMPS[step.wanted], step.now)
    for name, value in step.values.items():
        setattr(row, name, value)
    touch(row, step.by, step.now)
    feed.mark(session, "referral", row.id)
    audit.note(
        session,
        step.by,
        action=f"referral.{step.wanted}",
        target=("referral", row.id),
        area=row.area_code,
        before={"status": was},
        after={"status": row.status, **{name: str(value) for name, value in step.values.items()}},
    )
    return row


async def _counted(
    session: AsyncSession, row: tables.Referral, wanted: ReferralStatus
) -> tables.Capacity | None:
    """The places that a step gives back or takes again, locked; None: they stay as they are."""
    if wanted not in rules.TAKING:
        return await place_queries.locked(session, places.slot_of(row))
    if row.status in rules.GIVEN_BACK:
        return await places.counted_now(session, row)
    return None


async def left(session: AsyncSession, row: tables.Referral, *, now: datetime) -> None:
    """What a referral leaves behind: its place to who waits, and its room when nobody comes."""
    await places.call_waiting(session, places.slot_of(row), calendar=official_calendar(), now=now)
    if row.status in rules.ENDED_EARLY:
        await rooms.leave(session, row, now=now)


async def give_up(session: AsyncSession, need: tables.Need, *, by: Actor, now: datetime) -> None:
    """Withdraw what is under way for a locked need that is withdrawn itself."""
    referral_id = await queries.live_of_need(session, need.id)
    if referral_id is None:
        return
    row = await move(session, referral_id, Step(ReferralStatus.WITHDRAWN, by, now))
    await left(session, row, now=now)
