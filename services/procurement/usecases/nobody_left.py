"""A purchase that has too few candidates left ends without an award, and can be begun anew."""

from collections.abc import Set
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.procurement_panels import FailureIn
from common.contracts.procurement_tenders import TenderStep
from common.errors import Conflict, Text
from procurement import tables
from procurement.domain import tenders as rules
from procurement.queries import awards as queries
from procurement.queries import panels as panel_queries
from procurement.queries import tenders as tender_queries
from procurement.usecases.awards import cancel_live
from procurement.usecases.failing import fail
from procurement.usecases.steps import taken_up

STEPS: Final = (TenderStep.EVALUATED, TenderStep.AWARDED, TenderStep.ANNOUNCED)


class CandidatesLeft(Conflict):
    """Somebody could still have the award."""

    slug = "candidates-left"
    title = Text("尚有候选供应商", "Candidates are left")
    detail = Text(
        "候选供应商 {suppliers} 未列入放弃名单 declined_supplier_ids；请先按排序确定成交，"
        "均已放弃的全部列明后再废标。",
        "{suppliers} is not among declined_supplier_ids: award in the order of the ranking, or "
        "name everybody who has declined.",
    )


async def end(
    session: AsyncSession,
    tender_id: UUID,
    said: FailureIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Tender:
    """Take back what was awarded and end the purchase; money and item are free again.

    A framework ends so, too, when fewer are left than it takes. Who has joined one leaves it by a
    removal. Raises `AwardContracted` once it is signed.
    """
    row = await taken_up(session, tender_id, *STEPS, version=version, by=by, now=now)
    if row.framework_form is not None:
        rules.must_be(TenderStep(row.step), TenderStep.EVALUATED, TenderStep.AWARDED)
    terms = tender_queries.terms_of(row)
    left = await _candidates(session, row) - set(said.declined_supplier_ids)
    if left and (row.framework_form is None or terms["suppliers"].admits(len(left))):
        raise CandidatesLeft(suppliers=", ".join(sorted(map(str, left))))
    await cancel_live(session, row, said.reason, by=by, now=now)
    why, rule = ("too_few_suppliers", "suppliers") if left else ("all_declined", "award_decision")
    await fail(session, row, why, terms[rule], by=by, now=now, explanation=said.reason)
    await session.flush()
    return row


async def _candidates(session: AsyncSession, row: tables.Tender) -> Set[UUID]:
    """Who was recommended, and who was chosen without a competition."""
    ranking = await panel_queries.ranking(session, row.id, row.round)
    chosen = await queries.live(session, row.id)
    recommended = {each.bidder_id for each in ranking if each.is_shortlisted}
    return recommended | {each.supplier_id for each in chosen}
