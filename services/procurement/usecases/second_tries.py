"""A negotiation after a failed open tender: what it follows from, and who the two are."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.procurement_tenders import TenderIn, TenderStep
from common.contracts.vocabulary import PurchaseMethod
from common.errors import FieldError, Text
from common.rules import RulesInForce
from procurement.domain import second_tries as rules
from procurement.domain import tenders as tender_rules
from procurement.queries import bids as bid_queries
from procurement.queries import tenders as queries
from procurement.usecases.holding import must_run


async def check_failed(
    session: AsyncSession, wish: TenderIn, failed_id: UUID, held: RulesInForce, *, now: datetime
) -> str:
    """The OCDS id of the tender that failed. Raises `NotAfterFailedTender`.

    It is locked, so that of two negotiations after one tender the second finds the first.
    """
    row = await queries.locked(session, failed_id)
    await must_run(session, row, now)
    failed = rules.Failed(
        step=TenderStep(row.step),
        method=PurchaseMethod(row.method),
        reason=row.cancel_reason,
        conforming=row.conforming or 0,
        value_fen=row.value_fen,
        is_alike=rules.is_alike(row, wish),
        is_followed=await queries.is_tried_again(session, row.id),
    )
    rules.check_second_try(wish, failed, rules.rule_of(held))
    return row.ocid


async def the_two(session: AsyncSession, failed_id: UUID, named: Sequence[UUID]) -> Sequence[UUID]:
    """Who is asked: those whose bids stood; of a tender on the platform those that are named."""
    failed = await queries.steady(session, failed_id)
    if not failed.is_conducted_elsewhere:
        bids = await bid_queries.competing(session, failed.id)
        return [bid.bidder_id for bid in bids if bid.bidder_id is not None]
    if len(set(named)) != failed.conforming:
        told = Text("须写明平台上合格的两家", "name the two that stood on the platform")
        given = [*map(str, named)]
        raise tender_rules.WrongTender(errors=[FieldError("/invited_ids", given, told)])
    return named
