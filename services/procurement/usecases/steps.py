"""One step of a purchase: checked, stamped, told to the feed and the audit, in one transaction."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.contracts.procurement_tenders import TenderStep
from common.edge import must_match
from common.records import touch
from procurement import tables
from procurement.domain import tenders as rules
from procurement.queries import tenders as queries
from procurement.usecases import releases
from procurement.usecases.holding import must_run

KIND = "tender"


async def taken_up(
    session: AsyncSession,
    tender_id: UUID,
    *steps: TenderStep,
    version: int | None,
    by: Actor,
    now: datetime,
) -> tables.Tender:
    """A purchase, locked, of the caller's area, at one of the steps, not suspended."""
    row = await queries.locked(session, tender_id)
    by.must_cover(row.area_code)
    if version is not None:
        must_match(row.version, version)
    if steps:
        rules.must_be(TenderStep(row.step), *steps)
    await must_run(session, row, now)
    return row


def move(
    session: AsyncSession,
    row: tables.Tender,
    wanted: TenderStep,
    *,
    by: Actor,
    now: datetime,
    reason: str | None = None,
    **facts: Any,
) -> None:
    """Send a locked purchase to its next step. Raises `TenderCannotMove`."""
    rules.check_step(TenderStep(row.step), wanted)
    row.step = wanted
    for name, value in facts.items():
        setattr(row, name, value)
    changed(session, row, f"tender.{wanted}", by=by, now=now, reason=reason)


def changed(
    session: AsyncSession,
    row: tables.Tender,
    action: str,
    *,
    by: Actor,
    now: datetime,
    reason: str | None = None,
    **facts: Any,
) -> None:
    """A new version of a purchase, told to the feed and the audit."""
    touch(row, by, now)
    feed.mark(session, KIND, row.id)
    releases.note(session, row.id, now)
    audit.note(
        session,
        by,
        action=action,
        target=(KIND, row.id),
        area=row.area_code,
        after={"step": row.step, **{name: str(value) for name, value in facts.items()}},
        reason=reason,
    )
