"""One step of a need: by hand, because of what became of its referral, or in due time."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.contracts.matching import NeedStatus, UnmetReason
from common.records import touch
from matching import tables
from matching.domain import needs as rules
from matching.queries import needs as queries
from matching.usecases.tiers import CITY, in_force


def take_step(
    session: AsyncSession,
    row: tables.Need,
    wanted: NeedStatus,
    *,
    by: Actor,
    now: datetime,
    reason: UnmetReason | None = None,
    rule: str | None = None,
) -> None:
    """Move a locked need to its next status and tell the feed."""
    for name, value in rules.step(NeedStatus(row.status), wanted, now).items():
        setattr(row, name, value)
    if wanted is NeedStatus.UNMET:
        row.unmet_reason, row.unmet_rule = reason, rule
    touch(row, by, now)
    feed.mark(session, "need", row.id)


async def close_old(session: AsyncSession, *, by: Actor, now: datetime, limit: int) -> int:
    """Close needs that nobody came back to since they were served or unmet; how many were."""
    table = await in_force(session, CITY, now)
    served, unmet = (
        now - timedelta(days=table.rule(f"need.close_{state}").number)
        for state in (NeedStatus.SERVED, NeedStatus.UNMET)
    )
    rows = await queries.to_close(session, served_before=served, unmet_before=unmet, limit=limit)
    for row in rows:
        take_step(session, row, NeedStatus.CLOSED, by=by, now=now)
        audit.note(session, by, action="need.closed", target=("need", row.id), area=row.area_code)
    return len(rows)
