"""Accepted referrals whose period is past and of which nobody has told what came."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Row, and_, func, literal_column, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from matching import tables

R, P = tables.Referral, tables.Capacity
# By the index `ix_referral_accepted`, in its order.
_UNREMINDED: Final = text("referral.status = 'accepted' AND referral.reminded_at IS NULL")
_REMINDED: Final = text("status = 'accepted' AND reminded_at IS NOT NULL")


async def remind(
    session: AsyncSession, *, ended_before: date, by: str, now: datetime, limit: int
) -> Sequence[Row[UUID, str]]:
    """Ask for what came of those whose period ended before a day, in one statement; which."""
    period = and_(
        P.offering_id == R.offering_id, P.starts_on == R.starts_on, P.session == R.session
    )
    due = (
        select(R.id)
        .outerjoin(P, period)
        .where(_UNREMINDED, R.session_on < ended_before)
        .where(func.coalesce(P.ends_on, R.session_on) < ended_before)
        .order_by(R.reminded_at, R.session_on, R.id)
        .limit(limit)
        .with_for_update(of=R, skip_locked=True)
    )
    statement = (
        update(R)
        .where(R.id.in_(due.scalar_subquery()))
        .values(reminded_at=now, version=R.version + 1, updated_at=now, updated_by=by)
        .returning(R.id, R.area_code)
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).all()


async def to_end(session: AsyncSession, *, reminded_before: datetime, limit: int) -> Sequence[UUID]:
    """Those of which nobody has told so long after the reminder, the oldest first."""
    asked_at = literal_column("reminded_at", R.reminded_at.type)
    statement = select(R.id).where(_REMINDED, asked_at < reminded_before)
    ordered = statement.order_by(R.reminded_at, R.session_on, R.id)
    return (await session.scalars(ordered.limit(limit))).all()
