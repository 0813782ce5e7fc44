"""Purchases of a year are seen together: what is under a limit piece by piece may be over it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import CITY_ZONE, city_day
from common.contracts.vocabulary import PurchaseMethod
from common.turns import take_turn
from procurement import tables
from procurement.domain import tenders as rules
from procurement.domain.terms import Terms
from procurement.queries import tenders as queries


async def must_be_whole(
    session: AsyncSession, row: tables.Tender, terms: Terms, now: datetime
) -> None:
    """Refuse a purchase that, with the buyer's others of the category and year, passes a limit.

    Selections are measured by the limit under which they may be selections; other methods than
    the open tender by its threshold, selections included. Who announces at once takes turns.
    """
    method = PurchaseMethod(row.method)
    if method not in rules.NOT_OPEN:
        return
    is_selection = method is PurchaseMethod.SELECTION
    limit = terms["dispersed_purchase_limit" if is_selection else "open_tender_threshold"]
    await take_turn(session, "splitting", row.buyer_id, row.category)
    earlier = await queries.bought(
        session,
        row,
        {method} if is_selection else rules.NOT_OPEN,
        since=datetime(city_day(now).year, 1, 1, tzinfo=CITY_ZONE),
        below_fen=limit.number,
    )
    rules.check_whole(row.value_fen, earlier, limit, approval_number=row.approval_number)
