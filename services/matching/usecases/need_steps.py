"""One step of a need: by hand, or because of what became of its referral."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from common import feed
from common.auth.actor import Actor
from common.contracts.matching import NeedStatus, UnmetReason
from common.records import touch
from matching import tables
from matching.domain import needs as rules


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
