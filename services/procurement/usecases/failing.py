"""How a purchase ends without an award: money given back, the residents' item free again."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.procurement import OutcomeStage
from common.contracts.procurement_tenders import TenderStep
from common.rules import Rule
from procurement import tables
from procurement.usecases import agenda
from procurement.usecases.funding import let_go
from procurement.usecases.steps import move


async def fail(
    session: AsyncSession,
    row: tables.Tender,
    reason: str,
    rule: Rule,
    *,
    by: Actor,
    now: datetime,
    explanation: str | None = None,
) -> None:
    """Declare a locked purchase unsuccessful 废标, by the rule that demands it."""
    move(
        *(session, row, TenderStep.UNSUCCESSFUL),
        by=by,
        now=now,
        reason=rule.code if explanation is None else f"{rule.code}: {explanation}",
        failed_at=now,
        cancel_reason=reason,
    )
    await let_go(session, row.id, by=by, now=now)
    await agenda.follow(session, row, OutcomeStage.RECEIVED, now=now, tender_id=None)
