"""Rosters counted anew by a holiday notice: other days are open, so others are not covered."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import notices, recounts
from common.clock import city_day
from registry.queries import duties as queries
from registry.usecases import duties
from registry.usecases.booking_steps import CLOCKWORK

_FIRST: Final = UUID(int=0)


async def recount(session: AsyncSession, *, now: datetime, limit: int) -> bool:
    """Count rosters of some venues anew by a change of the calendar; whether any still waits.

    What is over stays as it was counted.
    """
    change = await recounts.next_one(session, now=now)
    if change is None:
        return False
    since = max(change.first_on, city_day(now))
    venues = await queries.rostered_since(session, since, after=change.up_to or _FIRST, limit=limit)
    days = await notices.calendar(session)
    await duties.recount(session, venues, by=CLOCKWORK, now=now, days=days)
    is_done = len(venues) < limit
    up_to = venues[-1] if venues else change.up_to
    await recounts.gone_on(session, change, up_to=up_to, done_at=now if is_done else None)
    return True
