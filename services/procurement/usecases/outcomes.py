"""What a contract means for the residents' item and for the plan behind it.

The item is reckoned from all that was placed for it: what one contract says, in whatever order,
takes back nothing that another has brought.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.procurement_plans import ItemStatus
from common.records import touch
from procurement import tables
from procurement.domain import plans as plan_rules
from procurement.queries import agenda as agenda_queries
from procurement.queries import plans as plan_queries
from procurement.usecases.agenda import review


async def contracted(
    session: AsyncSession, row: tables.Contract, *, by: Actor, now: datetime
) -> None:
    """A contract is published: shown to those who voted for the item, done in the plan."""
    item = await plan_queries.item_of_tender(session, row.tender_id)
    if item is not None and item.status == ItemStatus.TENDERING:
        _move(item, ItemStatus.CONTRACTED, by, now)
    await follow(session, row, now=now)


async def taken_back(
    session: AsyncSession, row: tables.Contract, *, by: Actor, now: datetime
) -> None:
    """A contract was revoked: where none else stands, the same purchase buys the item again."""
    item = await _left(session, row)
    if item is not None and item.status == ItemStatus.CONTRACTED:
        _move(item, ItemStatus.TENDERING, by, now)
    await follow(session, row, now=now)


async def freed(session: AsyncSession, row: tables.Contract, *, by: Actor, now: datetime) -> None:
    """A contract ended before it was completed: where none else stands, the item is bought anew."""
    item = await _left(session, row)
    if item is not None and item.status in {ItemStatus.TENDERING, ItemStatus.CONTRACTED}:
        _move(item, ItemStatus.PLANNED, by, now)
        item.tender_id = None
    await follow(session, row, now=now)


async def follow(session: AsyncSession, row: tables.Contract, *, now: datetime) -> None:
    """Tell the residents' item that a contract has moved, was paid, or has come to its end."""
    if row.agenda_item_id is not None:
        await review(session, row.agenda_item_id, row.tender_id, now=now)


async def _left(session: AsyncSession, ended: tables.Contract) -> tables.PurchaseItem | None:
    """The plan's item of a contract that ended, locked, unless another goes on with it or did."""
    item = await plan_queries.item_of_tender(session, ended.tender_id)
    return None if await agenda_queries.stands(session, ended.tender_id) else item


def _move(item: tables.PurchaseItem, to: ItemStatus, by: Actor, now: datetime) -> None:
    item.status = plan_rules.item_step(ItemStatus(item.status), to)
    touch(item, by, now)
