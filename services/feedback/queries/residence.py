"""Verified homes: codes asked for, what waits at a desk, what stands."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.clock import city_day
from common.errors import NotFound, Text
from common.records import name_of
from common.scope import by_area
from feedback import tables
from feedback.domain.residence import Home

C, R = tables.ResidenceCode, tables.Residence
WHAT: Final = Text("居住地登记", "residence")


async def keep_code(
    session: AsyncSession, resident: str, code: bytes, *, expires_at: datetime
) -> None:
    """The code of a resident, instead of an earlier one."""
    values = {"code": code, "expires_at": expires_at}
    statement = insert(C).values(resident=resident, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=[C.resident], set_=values))


async def used(session: AsyncSession, codes: Sequence[bytes], *, now: datetime) -> str | None:
    """Whose code it is; it is gone then. None when there is none, or it is over."""
    statement = delete(C).where(C.code.in_(codes), C.expires_at >= now).returning(C.resident)
    found: str | None = await session.scalar(statement)
    return found


async def known_person(session: AsyncSession, digests: Sequence[str]) -> str | None:
    """The digest under which a person is kept already, whichever key made it."""
    statement = select(R.person).where(R.person.in_(digests)).order_by(R.id).limit(1)
    found: str | None = await session.scalar(statement)
    return found


async def end_waiting(
    session: AsyncSession, resident: str, *, reason: str, by: Actor, now: datetime
) -> Sequence[tuple[UUID, str]]:
    """What waits of a resident is replaced by what comes now. Id and area of each."""
    waits = and_(R.resident == resident, R.confirmed_at.is_(None))
    return await _end(session, waits, reason=reason, by=by, now=now)


async def end_standing(
    session: AsyncSession, resident: str, person: str, *, reason: str, by: Actor, now: datetime
) -> Sequence[tuple[UUID, str]]:
    """The homes that stood of an account or a person end with the new one. Id and area of each."""
    stands = and_(or_(R.resident == resident, R.person == person), R.confirmed_at.is_not(None))
    return await _end(session, stands, reason=reason, by=by, now=now)


async def _end(
    session: AsyncSession,
    which: ColumnElement[bool],
    *,
    reason: str,
    by: Actor,
    now: datetime,
) -> Sequence[tuple[UUID, str]]:
    ended = (
        update(R)
        .where(which, R.ended_at.is_(None))
        .values(ended_at=now, end_reason=reason)
        .values(version=R.version + 1, updated_at=now, updated_by=name_of(by))
        .returning(R.id, R.area_code)
    )
    options = {"synchronize_session": False}
    rows = await session.execute(ended, execution_options=options)
    return [(row.id, row.area_code) for row in rows]


async def locked(session: AsyncSession, residence_id: UUID) -> tables.Residence:
    """One, locked until the transaction ends."""
    statement = select(R).where(R.id == residence_id).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=WHAT, key=residence_id)
    return row


async def page(
    session: AsyncSession,
    actor: Actor,
    *,
    is_waiting: bool | None,
    after: UUID | None,
    limit: int,
) -> Sequence[tables.Residence]:
    """Those of the caller's area that have not ended, by id; one more tells of a next page."""
    statement = select(R).where(by_area(actor, R.area_code), R.ended_at.is_(None))
    if is_waiting is not None:
        waits = R.confirmed_at.is_(None)
        statement = statement.where(waits if is_waiting else ~waits)
    if after is not None:
        statement = statement.where(R.id > after)
    return (await session.scalars(statement.order_by(R.id).limit(limit + 1))).all()


async def of_resident(session: AsyncSession, resident: str) -> Sequence[tables.Residence]:
    """What stands and what waits of a resident."""
    statement = select(R).where(R.resident == resident, R.ended_at.is_(None))
    return (await session.scalars(statement)).all()


async def home(session: AsyncSession, resident: str, today: date) -> Home | None:
    """The home that stands today. Nothing is written: that it was asked for leaves no trace."""
    statement = select(R.area_code, R.person).where(
        R.resident == resident,
        R.confirmed_at.is_not(None),
        R.ended_at.is_(None),
        R.expires_on >= today,
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else Home(row.area_code, row.person)


async def forget_codes(session: AsyncSession, *, now: datetime) -> None:
    """Codes that are over."""
    await session.execute(delete(C).where(C.expires_at < now))


async def forget(
    session: AsyncSession, *, over_before: datetime, waiting_before: datetime, limit: int
) -> Sequence[tuple[UUID, str]]:
    """Erase homes that are over since before an instant, and what waits since before another.

    Id and area of each.
    """
    waits = and_(R.confirmed_at.is_(None), R.ended_at.is_(None))
    due = or_(
        R.ended_at < over_before,
        R.expires_on < city_day(over_before),
        and_(waits, R.created_at < waiting_before),
    )
    some = select(R.id).where(due).limit(limit).with_for_update(skip_locked=True)
    erased = delete(R).where(R.id.in_(some)).returning(R.id, R.area_code)
    return [(row.id, row.area_code) for row in await session.execute(erased)]
