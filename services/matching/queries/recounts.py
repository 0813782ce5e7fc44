"""What is open and counted in working days: duties that are owed, holds that nobody answered."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Uuid, cast, func, literal, null, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.matching import ReferralStatus
from matching import tables

D, N, R = tables.Duty, tables.Need, tables.Referral
OWED: Final = D.met_at.is_(None) & D.lifted_at.is_(None)


async def due_since(
    session: AsyncSession, day: date, instant: datetime, *, after: UUID, limit: int
) -> Sequence[Row[UUID, UUID | None]]:
    """Duties by their need and holds by their referral, due then or later, by id."""
    duties = select(D.need_id.label("id"), D.need_id.label("need_id")).where(
        OWED, D.due_on >= day, D.need_id > after
    )
    holds = select(R.id, cast(null(), Uuid)).where(
        R.status == ReferralStatus.HELD, R.hold_expires_at >= instant, R.id > after
    )
    either = union_all(duties, holds).subquery()
    statement = select(either.c.id, either.c.need_id).order_by(either.c.id).limit(limit)
    return (await session.execute(statement)).all()


async def owed(
    session: AsyncSession, need_ids: Sequence[UUID]
) -> Sequence[Row[tables.Need, tables.Duty]]:
    """Duties that still stand, with their needs; the needs locked by id, as every step does."""
    statement = (
        select(N, D)
        .join(D, D.need_id == N.id)
        .where(N.id.in_(need_ids), OWED)
        .order_by(N.id)
        .with_for_update(of=N)
    )
    return (await session.execute(statement)).all()


async def held(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[Any]:
    """Holds that still stand and since when, locked by id.

    Of a hold that was promoted from waiting before that was kept it is not known.
    """
    since = func.coalesce(R.held_at, R.made_at)
    statement = (
        select(R.id, R.area_code, R.session_on, R.hold_expires_at, since.label("since"))
        .where(R.id.in_(ids), R.status == ReferralStatus.HELD)
        .where(or_(R.held_at.is_not(None), R.waitlisted_at.is_(None)))
        .order_by(R.id)
        .with_for_update()
    )
    return (await session.execute(statement)).all()


async def expire_at(
    session: AsyncSession, referral_id: UUID, at: datetime, *, by: str, now: datetime
) -> None:
    """Let a locked hold end at another instant."""
    values = {"hold_expires_at": literal(at), "version": R.version + 1}
    await session.execute(
        update(R)
        .where(R.id == referral_id)
        .values(**values, updated_at=now, updated_by=by)
        .execution_options(synchronize_session=False)
    )
