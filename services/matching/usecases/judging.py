"""Judging a need anew when something about it has changed, with what is owed because of it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from common import feed
from common.auth.actor import Actor
from common.contracts.matching import UnmetReason
from common.records import touch
from matching import tables
from matching.queries import needs as queries
from matching.usecases import duties
from matching.usecases.tiers import judge


async def judge_anew(session: AsyncSession, need: tables.Need, *, by: Actor, now: datetime) -> None:
    """Set tier, entitlement and line of a need; what was unmet and is owed now becomes a duty."""
    await session.flush()
    unmet, profile = need.unmet_reason, await queries.profile(session, need.id)
    await judge(session, need, profile, await queries.standing(session, need.id), now)
    touch(need, by, now)
    feed.mark(session, "need", need.id)
    if not need.is_statutory:
        await duties.lift(session, need.id, now=now)
    elif unmet is not None:
        await duties.owe(session, need, UnmetReason(unmet), by=by, now=now)
