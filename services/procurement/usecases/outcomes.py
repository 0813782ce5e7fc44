"""What a contract means for the residents' item and for the plan behind it."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from common import feed
from common.auth.actor import Actor
from common.contracts.procurement import OutcomeStage
from common.contracts.procurement_plans import ItemStatus
from common.records import touch
from procurement import tables
from procurement.domain import plans as plan_rules
from procurement.queries import agenda as agenda_queries
from procurement.queries import plans as plan_queries
from procurement.usecases.agenda import KIND, review

UNCONTRACTED: Final[dict[str, Any]] = dict.fromkeys(
    ("contract_id", "contracted_at", "contracted_fen")
)


async def contracted(
    session: AsyncSession, row: tables.Contract, *, by: Actor, now: datetime
) -> None:
    """The item is contracted: shown to those who voted for it, done in the plan."""
    item = await plan_queries.item_of_tender(session, row.tender_id)
    if item is not None and item.status == ItemStatus.TENDERING:
        item.status = plan_rules.item_step(ItemStatus(item.status), ItemStatus.CONTRACTED)
        touch(item, by, now)
    await _follow(
        *(session, row, now),
        stage=OutcomeStage.CONTRACTED,
        contracted_at=now,
        contract_id=row.id,
        contracted_fen=row.value_fen,
    )


async def settled(
    session: AsyncSession, row: tables.Contract, *, now: datetime, **more: Any
) -> None:
    """Money was paid or added; at the end the item is delivered.

    Last payments of a contract that has ended say nothing of who goes on with the item.
    """
    money = {"contracted_fen": row.value_fen, "paid_fen": row.paid_fen}
    await _follow(session, row, now, **money, **more)


async def taken_back(
    session: AsyncSession, row: tables.Contract, *, by: Actor, now: datetime
) -> None:
    """A contract was revoked: the item is being bought again, by the same purchase."""
    item = await plan_queries.item_of_tender(session, row.tender_id)
    if item is not None and item.status == ItemStatus.CONTRACTED:
        item.status = plan_rules.item_step(ItemStatus(item.status), ItemStatus.TENDERING)
        touch(item, by, now)
    await _follow(session, row, now, stage=OutcomeStage.TENDERING, **UNCONTRACTED)


async def freed(session: AsyncSession, row: tables.Contract, *, by: Actor, now: datetime) -> None:
    """A contract ended before it was completed: the item may be bought anew."""
    item = await plan_queries.item_of_tender(session, row.tender_id)
    if item is not None and item.status in {ItemStatus.TENDERING, ItemStatus.CONTRACTED}:
        item.status = plan_rules.item_step(ItemStatus(item.status), ItemStatus.PLANNED)
        item.tender_id = None
        touch(item, by, now)
    await _follow(
        *(session, row, now),
        stage=OutcomeStage.RECEIVED,
        tender_id=None,
        paid_fen=row.paid_fen,
        **UNCONTRACTED,
    )


async def _follow(session: AsyncSession, row: tables.Contract, now: datetime, **facts: Any) -> None:
    """Tell it of the item, where no other supplier of a framework has a say in it."""
    if row.agenda_item_id is None:
        return
    outcome = await agenda_queries.locked(session, row.agenda_item_id)
    if outcome.tender_id != row.tender_id:
        await review(session, outcome, row.tender_id, now=now)
        return
    for name, value in facts.items():
        setattr(outcome, name, value)
    feed.mark(session, KIND, outcome.id)
