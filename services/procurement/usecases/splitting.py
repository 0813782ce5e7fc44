"""Purchases of a year are seen together: what is under a limit piece by piece may be over it.

Pieces are of any method but the open tender, so that no order of them goes unseen. Two limits are
passed: under the one a purchase is no statutory one, under the other it needs no open tender.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import CITY_ZONE, city_day
from common.contracts.procurement_tenders import BoughtObject, SingleSourceGround
from common.contracts.vocabulary import PurchaseMethod
from common.rules import Rule, RulesInForce
from common.turns import take_turn
from procurement import tables
from procurement.domain import tenders as rules
from procurement.queries import tenders as queries
from procurement.usecases.tenders import in_force


async def must_be_whole(session: AsyncSession, row: tables.Tender, now: datetime) -> None:
    """Refuse a purchase that, with the buyer's others of the category and year, passes a limit."""
    held = await in_force(session, row.area_code, now)
    for limit in _limits(row, held):
        earlier = await bought(session, row, limit, now)
        rules.check_whole(row.value_fen, earlier, limit, approval_number=row.approval_number)


async def bought(
    session: AsyncSession, row: tables.Tender, limit: Rule, at: datetime
) -> rules.Bought:
    """The other pieces under a limit in the year of an instant; none where it can be no piece.

    Who announces at once takes turns.
    """
    ground = row.single_source_ground
    known = None if ground is None else SingleSourceGround(ground)
    if not rules.may_be_piece(PurchaseMethod(row.method), known):
        return rules.Bought(0, 0)
    await take_turn(session, "splitting", row.buyer_id, row.category)
    since, until = (datetime(city_day(at).year + n, 1, 1, tzinfo=CITY_ZONE) for n in (0, 1))
    return await queries.bought(session, row, since=since, until=until, below_fen=limit.number)


def _limits(row: tables.Tender, held: RulesInForce) -> list[Rule]:
    """The limits that are set: a method that needs one was refused before where it is not."""
    bought_object = BoughtObject(row.object)
    known = [held.setting(name, bought_object) for name in (rules.LIMIT, rules.THRESHOLD)]
    return [limit for limit in known if limit.value is not None]
