"""Residents' items: received from feedback, bound to a purchase, followed, given up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.feedback import Agenda, AgendaStatus
from common.contracts.procurement import OutcomeStage
from common.contracts.procurement_plans import DropIn
from common.contracts.procurement_tenders import TenderIn
from common.contracts.vocabulary import PurchaseMethod
from common.feed.client import Change
from procurement import tables
from procurement.domain import agenda as rules
from procurement.queries import agenda as queries
from procurement.usecases import plans

KIND: Final = "agenda_outcome"
STAMPS: Final = {
    OutcomeStage.PLANNED: "planned_at",
    OutcomeStage.TENDERING: "tendering_at",
    OutcomeStage.CONTRACTED: "contracted_at",
    OutcomeStage.DELIVERED: "delivered_at",
    OutcomeStage.DROPPED: "dropped_at",
}
_OPEN: Final = frozenset({OutcomeStage.RECEIVED, OutcomeStage.TENDERING})


async def receive(session: AsyncSession, changes: Sequence[Change], *, now: datetime) -> None:
    """Take in agendas: new items wait to be bought, those of a withdrawn agenda are dropped."""
    for change in changes:
        if change.data is None:
            continue
        agenda = Agenda.model_validate(change.data)
        if agenda.status in {AgendaStatus.PUBLISHED, AgendaStatus.DELIVERED}:
            await _take_in(session, agenda, now=now)
        else:
            for row in await queries.waiting(session, agenda.id):
                reach(session, row, OutcomeStage.DROPPED, now=now)


async def _take_in(session: AsyncSession, agenda: Agenda, *, now: datetime) -> None:
    there = await queries.known(session, [item.id for item in agenda.items])
    for item in agenda.items:
        if item.id in there:
            continue
        session.add(
            tables.AgendaOutcome(
                id=item.id,
                agenda_id=agenda.id,
                area_code=item.area_code,
                title=item.title,
                category=item.category,
                money_fen=item.money_fen,
                wished_method=item.wished_method,
                stage=OutcomeStage.RECEIVED,
                paid_fen=0,
                received_at=now,
            )
        )
        feed.mark(session, KIND, item.id)


async def bind(
    session: AsyncSession, tender: tables.Tender, wish: TenderIn, *, now: datetime
) -> None:
    """Let a purchase carry what residents fixed; where it departs, the reason is published."""
    if wish.agenda_item_id is None:
        rules.check_explained({}, [each.field for each in wish.deviations])
        return
    row = await _lapsed(session, wish.agenda_item_id, now)
    rules.must_be_free(OutcomeStage(row.stage), taken=row.tender_id is not None)
    wished = None if row.wished_method is None else PurchaseMethod(row.wished_method)
    found = rules.deviations(
        rules.Fixed(row.category, row.money_fen, wished),
        rules.Fixed(wish.category, wish.value_fen, wish.method),
    )
    rules.check_explained(found, [each.field for each in wish.deviations])
    for each in wish.deviations:
        decided, actual = found[each.field]
        session.add(
            tables.AgendaDeviation(
                item_id=row.id,
                tender_id=tender.id,
                field=each.field,
                decided=decided,
                actual=actual,
                reason=each.reason,
                rule=each.rule,
                published_at=now,
            )
        )
    reach(session, row, OutcomeStage.PLANNED, now=now, tender_id=tender.id, method=wish.method)


async def drop(
    session: AsyncSession, item_id: UUID, said: DropIn, *, by: Actor, now: datetime
) -> None:
    """Give up one item that nobody is buying, for a public reason; its plan gives it up with it.

    The rest of its agenda goes on. What the item held of the pot is free once feedback hears of it.
    """
    row = await _lapsed(session, item_id, now)
    by.must_cover(row.area_code)
    rules.must_be_left(OutcomeStage(row.stage), taken=row.tender_id is not None)
    reach(session, row, OutcomeStage.DROPPED, now=now, drop_reason=said.reason)
    await plans.leave(session, item_id, said, by=by, now=now)
    audit.note(
        session,
        by,
        action=f"{KIND}.drop",
        target=(KIND, row.id),
        area=row.area_code,
        after={"stage": row.stage, "agenda": str(row.agenda_id)},
        reason=said.reason,
    )
    await session.flush()


async def _lapsed(session: AsyncSession, item_id: UUID, now: datetime) -> tables.AgendaOutcome:
    """An item, locked: free again where its framework came to its end and nothing is placed.

    Nobody tells the end of a framework, which is a day; nothing is placed under it any more.
    """
    row = await queries.locked(session, item_id)
    if row.stage == OutcomeStage.TENDERING and await queries.is_over(session, row, city_day(now)):
        await _reckon(session, row, now)
    return row


async def follow(
    session: AsyncSession, tender: tables.Tender, stage: OutcomeStage, *, now: datetime, **more: Any
) -> None:
    """Tell how far a purchase has brought its residents' item; one of a department has none.

    One supplier of a framework never says it for the others.
    """
    if tender.agenda_item_id is None:
        return
    row = await queries.locked(session, tender.agenda_item_id)
    if row.tender_id == tender.id:
        reach(session, row, stage, now=now, **more)
    else:
        await review(session, row.id, tender.id, now=now)


async def review(session: AsyncSession, item_id: UUID, tender_id: UUID, *, now: datetime) -> None:
    """A purchase or a contract of it has moved: its item is as far as all that serve it."""
    row = await queries.locked(session, item_id)
    if row.tender_id is not None and row.tender_id in {
        tender_id,
        await queries.framework_of(session, tender_id),
    }:
        await _reckon(session, row, now)


async def _reckon(session: AsyncSession, row: tables.AgendaOutcome, now: datetime) -> None:
    """How far an item is by all that was placed for it. What residents were given stays given."""
    stage = OutcomeStage(row.stage)
    if stage is not OutcomeStage.DELIVERED:
        stage = rules.stage_of(await queries.placed(session, row))
    more = await queries.agreed(session, row)
    if stage is OutcomeStage.RECEIVED:
        more["tender_id"] = None
    if more["contract_id"] is None and stage in _OPEN:
        more["contracted_at"] = None
    reach(session, row, stage, now=now, **more)


async def served(session: AsyncSession, framework: tables.Tender, *, now: datetime) -> UUID | None:
    """The residents' item that a purchase under a framework is for: its own, if still wanted.

    One that nobody buys any more is bought anew. What comes after the delivery is bought with other
    money than what residents decided about, as renewals are.
    """
    if framework.agenda_item_id is None:
        return None
    row = await queries.locked(session, framework.agenda_item_id)
    if row.tender_id is None and row.stage == OutcomeStage.RECEIVED:
        reach(session, row, OutcomeStage.TENDERING, now=now, tender_id=framework.id)
    is_wanted = row.stage in {OutcomeStage.TENDERING, OutcomeStage.CONTRACTED}
    return row.id if is_wanted and row.tender_id == framework.id else None


def reach(
    session: AsyncSession,
    row: tables.AgendaOutcome,
    stage: OutcomeStage,
    *,
    now: datetime,
    **more: Any,
) -> None:
    """A locked item has come to a stage."""
    if stage in STAMPS and row.stage != stage:
        setattr(row, STAMPS[stage], now)
    row.stage = stage
    for name, value in more.items():
        setattr(row, name, value)
    feed.mark(session, KIND, row.id)
