"""Referrals: one, many, who waits, whose hold has ended, and their state for the feed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Uuid,
    and_,
    bindparam,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.roles import Role
from common.clock import city_day
from common.contracts import matching as contracts
from common.contracts.matching_referrals import ReferralCase, RoomStatus
from common.errors import NotFound, Text
from common.scope import by_area, own
from matching import tables
from matching.domain.places import Slot
from matching.domain.referrals import GIVEN_BACK, LIVE, TAKING, settlement_due, time_of_day
from matching.queries import rooms

R, P = tables.Referral, tables.Capacity
HELD, WAITLISTED = contracts.ReferralStatus.HELD, contracts.ReferralStatus.WAITLISTED
WHAT: Final = Text("转介", "referral")
_STATE: Final = tuple(contracts.Referral.model_fields)
_COUNTED: Final = tuple(LIVE | TAKING)  # they take or await a place, or took it
_PAID: Final = text(
    "UPDATE referral SET contract_id = m.contract_id"
    " FROM unnest(:ids, :contracts) AS m (id, contract_id) WHERE referral.id = m.id"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("contracts", type_=ARRAY(Uuid)))


_LIVE: Final = text("referral.status IN ('held', 'waitlisted', 'accepted')")  # as its index says
# The venue of one is shut, and it does not come to people: as `referring` asks of a new one.
_HAS_NO_PLACE: Final = text(
    "EXISTS (SELECT FROM mirrored v WHERE v.kind = 'venue' AND v.record_id = referral.venue_id"
    " AND v.state ->> 'status' <> 'active')"
    " AND NOT EXISTS (SELECT FROM supply s WHERE s.offering_id = referral.offering_id"
    " AND s.channels && ARRAY['at_home', 'online'])"
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of referrals is asked for."""

    status: contracts.ReferralStatus | None = None
    need_id: UUID | None = None
    offering_id: UUID | None = None
    number: str | None = None
    agreement_number: str | None = None
    untold_before: date | None = None
    is_reminded: bool | None = None
    homeless_from: date | None = None


def visible(actor: Actor) -> ColumnElement[bool]:
    """A resident's own; a provider's by organisation; staff's where need or offering lies."""
    ways = [
        own(actor, R.resident),
        by_area(actor, R.area_code),
        by_area(actor, R.served_in),
    ]
    if Role.PROVIDER in actor.roles and actor.org is not None:
        ways.append(R.provider_id == actor.org)
    return or_(*ways)


async def page(
    session: AsyncSession, actor: Actor, filters: Filters, *, after: UUID | None, limit: int
) -> Sequence[tables.Referral]:
    """A page of referrals, oldest first; one row more than `limit` tells of a next page."""
    statement = select(R).where(visible(actor))
    for column, value in (
        (R.status, filters.status),
        (R.need_id, filters.need_id),
        (R.offering_id, filters.offering_id),
        (R.number, filters.number),
        (R.agreement_number, filters.agreement_number),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if filters.untold_before is not None:
        statement = statement.where(
            R.status == literal_column("'accepted'"), R.session_on < filters.untold_before
        )
    if filters.is_reminded is not None:
        told = R.reminded_at.is_not(None) if filters.is_reminded else R.reminded_at.is_(None)
        statement = statement.where(told)
    if filters.homeless_from is not None:
        statement = statement.where(_LIVE, R.session_on >= filters.homeless_from, _HAS_NO_PLACE)
    if after is not None:
        statement = statement.where(R.id > after)
    return (await session.scalars(statement.order_by(R.id).limit(limit + 1))).all()


async def found(session: AsyncSession, actor: Actor, referral_id: UUID) -> tables.Referral:
    """One referral that the caller may see."""
    row = await session.scalar(select(R).where(R.id == referral_id, visible(actor)))
    if row is None:
        raise NotFound(what=WHAT, key=referral_id)
    return row


async def plain(session: AsyncSession, referral_id: UUID) -> tables.Referral:
    """A referral as it was last read, without a lock: only what never changes may be used."""
    row = await session.get(R, referral_id)
    if row is None:
        raise NotFound(what=WHAT, key=referral_id)
    return row


async def locked(session: AsyncSession, referral_id: UUID) -> tables.Referral:
    """A referral as it is now, locked until the transaction ends."""
    statement = select(R).where(R.id == referral_id).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=WHAT, key=referral_id)
    return row


async def live_of_need(session: AsyncSession, need_id: UUID) -> UUID | None:
    """The referral under way of a need; there is at most one."""
    statement = select(R.id).where(R.need_id == need_id, R.status.in_(LIVE))
    found: UUID | None = await session.scalar(statement)
    return found


async def is_served_by_another(session: AsyncSession, row: tables.Referral) -> bool:
    """Whether another referral of the same need was served."""
    served = R.status == contracts.ReferralStatus.SERVED
    statement = select(R.id).where(R.need_id == row.need_id, R.id != row.id, served).limit(1)
    return await session.scalar(statement) is not None


def _of(slot: Slot) -> ColumnElement[bool]:
    return and_(
        R.offering_id == slot.offering_id,
        R.starts_on == slot.starts_on,
        R.session == slot.session,
    )


async def first_waiting(
    session: AsyncSession, slot: Slot, places: int | None, now: datetime
) -> tables.Referral | None:
    """Who is next: the most urgent tier, then who has waited longest; locked.

    Who wants more than all the places there are is passed over: such a wait is about to end. So is
    who asked for a session that has begun, where days are counted by now.
    """
    can_fit = literal(places is None) | (R.places <= literal(places, Integer))
    is_ahead = R.asked_session.is_(None) | (
        tuple_(R.session_on, R.asked_session)
        > tuple_(*map(literal, (city_day(now), time_of_day(now))))
    )
    statement = (
        select(R)
        .where(_of(slot), R.status == WAITLISTED, can_fit, is_ahead)
        .order_by(R.urgency, R.waitlisted_at, R.id)
        .limit(1)
        .with_for_update()
    )
    found: tables.Referral | None = await session.scalar(
        statement.execution_options(populate_existing=True)
    )
    return found


async def waiting_before(session: AsyncSession, row: tables.Referral) -> int | None:
    """How many wait before a waitlisted referral; None for others."""
    if row.status != WAITLISTED:
        return None
    before = tuple_(R.urgency, R.waitlisted_at, R.id) < tuple_(
        literal(row.urgency), literal(row.waitlisted_at), literal(row.id)
    )
    slot = Slot(row.offering_id, row.starts_on, row.session)
    statement = select(func.count()).where(_of(slot), R.status == WAITLISTED, before)
    return int(await session.scalar(statement) or 0)


async def overdue(
    session: AsyncSession, *, now: datetime, today: date, limit: int
) -> Sequence[UUID]:
    """Holds that nobody answered in time, and waits whose day is over, the oldest first.

    In the order of the indexes `ix_referral_hold` and `ix_referral_wait`, which are small: any
    other one leads through all referrals that are alive.
    """
    by_hold = select(R.id).where(R.status == literal_column("'held'"), R.hold_expires_at <= now)
    by_day = select(R.id).where(R.status == literal_column("'waitlisted'"), R.session_on < today)
    return [
        *await session.scalars(by_hold.order_by(R.hold_expires_at).limit(limit)),
        *await session.scalars(by_day.order_by(R.session_on).limit(limit)),
    ]


async def never_served(session: AsyncSession, *, limit: int) -> Sequence[UUID]:
    """Waits for more places than there are by now: the registry has taken some away.

    An offering has one place at least, so that who wants one is not looked at.
    """
    statement = (
        select(R.id)
        .join(P, and_(*(getattr(P, name) == getattr(R, name) for name in Slot._fields)))
        .where(R.status == literal_column("'waitlisted'"), R.places > 1, R.places > P.places)
        .limit(limit)
    )
    return (await session.scalars(statement)).all()


async def awaited(
    session: AsyncSession, offering_ids: Collection[UUID], since: date
) -> Sequence[Slot]:
    """The periods of some offerings in which somebody waits for a day or later, in key order."""
    if not offering_ids:
        return []
    key = (R.offering_id, R.starts_on, R.session)
    waits = R.status == literal_column("'waitlisted'"), R.offering_id.in_(offering_ids)
    found = select(*key).where(*waits, R.session_on >= since).distinct().order_by(*key)
    rows = await session.execute(found)
    return [Slot(*row) for row in rows]


async def placed_from(
    session: AsyncSession, offering_id: UUID, since: date
) -> Sequence[tables.Referral]:
    """Referrals of an offering from a day on that take, await or may take again a place; locked."""
    placed = R.status.in_([*_COUNTED, *GIVEN_BACK])
    statement = (
        select(R)
        .where(R.offering_id == offering_id, placed, R.session_on >= since)
        .order_by(R.id)
        .with_for_update()
    )
    found = await session.scalars(statement.execution_options(populate_existing=True))
    return found.all()


async def under_way_at(
    session: AsyncSession, offering_ids: Collection[UUID], since: date
) -> Sequence[tables.Referral]:
    """Referrals under way of some offerings for a day or later, locked by id."""
    of = R.offering_id.in_(offering_ids), R.session_on >= since
    statement = select(R).where(*of, _LIVE).order_by(R.id)
    locking = statement.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(locking)).all()


async def unpaid(
    session: AsyncSession, provider_ids: Collection[UUID], since: datetime
) -> Sequence[Any]:
    """What tells who pays for referrals that name no contract, made since an instant; locked."""
    columns = R.id, R.provider_id, R.category, R.service_item_id, R.area_code, R.session_on
    of = R.provider_id.in_(provider_ids), R.made_at >= since, R.contract_id.is_(None)
    statement = select(*columns).where(*of, R.status.in_(_COUNTED)).order_by(R.id)
    return (await session.execute(statement.with_for_update())).all()


async def pay(session: AsyncSession, payers: Mapping[UUID, UUID]) -> None:
    """Name the contracts that pay for referrals. What staff see and edit stays the same version."""
    values = {"ids": list(payers), "contracts": list(payers.values())}
    await session.execute(_PAID, values)


async def shown(
    session: AsyncSession, rows: Sequence[tables.Referral], actor: Actor
) -> list[ReferralCase]:
    """Referrals as they are answered; the rater's pseudonym is for services alone."""
    known = await rooms.statuses(session, rows)
    waiting = [await waiting_before(session, row) for row in rows]
    return [
        _case(row, actor, before, None if row.booking_id is None else known.get(row.booking_id))
        for row, before in zip(rows, waiting, strict=True)
    ]


def _case(
    row: tables.Referral, actor: Actor, waiting: int | None, room: RoomStatus | None
) -> ReferralCase:
    values: dict[str, Any] = {name: getattr(row, name) for name in _STATE}
    if Role.SERVICE not in actor.roles:
        values["rater"] = None
    return ReferralCase(
        **values,
        urgency=row.urgency,
        session=row.clock or None,
        room=room,
        waiting_before=waiting,
        settlement_fen=row.settlement_fen,
        settlement_due_fen=settlement_due(contracts.ReferralStatus(row.status), row.settlement_fen),
        correction_reason=row.correction_reason,
        version=row.version,
        updated_at=row.updated_at,
    )


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, contracts.Referral]:
    """The feed's states."""
    columns: list[Any] = [getattr(R, name) for name in _STATE]
    rows = await session.execute(select(*columns).where(R.id.in_(ids)))
    return {row.id: contracts.Referral(**row._asdict()) for row in rows}
