"""Rooms of sessions: the one that stands, what is due, and the referrals that hold one."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as insert_unless
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.matching_referrals import RoomStatus
from matching import tables
from matching.domain.referrals import LIVE, TAKING
from matching.domain.rooms import LEASE

M, R = tables.Room, tables.Referral
# Literals, so that the partial indexes serve.
_STANDS: Final = M.status.in_(("wanted", "booked"))
_GOING: Final = M.status.in_(("refused", "leaving"))


async def standing(
    session: AsyncSession, offering_id: UUID, day: date, clock: str
) -> tables.Room | None:
    """The room of a session that is wanted or booked, locked."""
    statement = (
        select(M)
        .where(M.offering_id == offering_id, M.session_on == day, M.session == clock, _STANDS)
        .with_for_update()
    )
    found: tables.Room | None = await session.scalar(
        statement.execution_options(populate_existing=True)
    )
    return found


async def add(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """A room for a session, unless somebody has just asked for one."""
    await session.execute(insert_unless(M).values(dict(values)).on_conflict_do_nothing())


async def locked(session: AsyncSession, room_id: UUID) -> tables.Room | None:
    """A room as it is now, locked."""
    statement = select(M).where(M.id == room_id).with_for_update()
    found: tables.Room | None = await session.scalar(
        statement.execution_options(populate_existing=True)
    )
    return found


async def some(session: AsyncSession, ids: Collection[UUID]) -> Sequence[tables.Room]:
    """Those of some rooms that are ours, locked in the order of their ids."""
    statement = select(M).where(M.id.in_(ids)).order_by(M.id).with_for_update()
    found = await session.scalars(statement.execution_options(populate_existing=True))
    return found.all()


ARE_DUE: Final = "SELECT EXISTS (SELECT FROM room WHERE due_at <= $1)"


async def claim(session: AsyncSession, *, now: datetime, limit: int) -> Sequence[UUID]:
    """Rooms with something to do, taken for as long as a call may last; others pass them by."""
    due = (
        select(M.id)
        .where(M.due_at.is_not(None), M.due_at <= now)
        .order_by(M.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = update(M).where(M.id.in_(due)).values(due_at=now + LEASE).returning(M.id)
    found = await session.scalars(statement.execution_options(synchronize_session=False))
    return found.all()


async def is_in_the_way(session: AsyncSession, room: tables.Room) -> bool:
    """Whether an earlier booking of ours in the same room is still to be given back."""
    meets = (M.starts_at < room.ends_at) & (room.starts_at < M.ends_at)
    statement = select(M.id).where(M.space_id == room.space_id, _GOING, meets, M.id != room.id)
    return await session.scalar(statement.limit(1)) is not None


async def holders(session: AsyncSession, room_id: UUID) -> Sequence[UUID]:
    """Referrals under way that count on a room."""
    statement = select(R.id).where(R.booking_id == room_id, R.status.in_(LIVE)).order_by(R.id)
    return (await session.scalars(statement)).all()


async def is_held(session: AsyncSession, room_id: UUID) -> bool:
    """Whether somebody comes, or came, to the session of a room."""
    statement = select(func.count()).where(R.booking_id == room_id, R.status.in_(TAKING))
    return bool(await session.scalar(statement))


async def assign(session: AsyncSession, referral_id: UUID, room_id: UUID) -> None:
    """Say of a referral which room it counts on."""
    statement = update(R).where(R.id == referral_id).values(booking_id=room_id)
    await session.execute(statement.execution_options(synchronize_session=False))


async def statuses(
    session: AsyncSession, referrals: Sequence[tables.Referral]
) -> Mapping[UUID, RoomStatus]:
    """The status of the rooms of some referrals, by the id of the room."""
    ids = {row.booking_id for row in referrals if row.booking_id is not None}
    if not ids:
        return {}
    rows = await session.execute(select(M.id, M.status).where(M.id.in_(ids)))
    return {row.id: RoomStatus(row.status) for row in rows}
