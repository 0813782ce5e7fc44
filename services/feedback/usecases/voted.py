"""What became of what residents decided: told to the voters, and at its end delivered."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.contracts import feedback_agendas as contracts
from common.contracts.feedback import AgendaStatus
from common.feed.client import Change
from common.records import touch
from feedback import tables
from feedback.domain import agendas as rules
from feedback.queries import agendas as queries
from feedback.queries import outcomes as outcome_queries
from feedback.usecases.agendas import KIND
from feedback.usecases.clockwork import CLOCKWORK


async def follow(session: AsyncSession, changes: Sequence[Change], *, now: datetime) -> None:
    """An agenda is delivered when procurement has told the end of its last item."""
    told = {UUID(change.data["agenda_id"]) for change in changes if change.data is not None}
    for row in await queries.undelivered(session, sorted(told)):
        items = [item.id for item in (await queries.items_of(session, [row.id]))[row.id]]
        outcomes = await outcome_queries.outcomes(session, items)
        stages = {key: outcome.stage for key, outcome in outcomes.items()}
        if rules.is_delivered(items, stages):
            _deliver(session, row, now)


def _deliver(session: AsyncSession, row: tables.Agenda, now: datetime) -> None:
    row.status, row.delivered_at = AgendaStatus.DELIVERED, now
    touch(row, CLOCKWORK, now)
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        CLOCKWORK,
        action=f"{KIND}.deliver",
        target=(KIND, row.id),
        area=row.area_code,
        after={"status": row.status},
    )


async def progress(session: AsyncSession, agenda_id: UUID) -> contracts.AgendaProgress:
    """What became of an agenda, item by item: purchase, contract, and how it is rated."""
    row = (await queries.shown(session, [await queries.found(session, agenda_id)]))[0]
    outcomes = await outcome_queries.outcomes(session, [item.id for item in row.items])
    found = outcomes.values()
    tenders = await outcome_queries.tenders(session, [o.tender_id for o in found if o.tender_id])
    contracted = [o.contract_id for o in found if o.contract_id]
    ratings = await outcome_queries.ratings(session, contracted)
    items = []
    for item in row.items:
        outcome = outcomes.get(item.id)
        tender = tenders.get(outcome.tender_id) if outcome and outcome.tender_id else None
        rated = ratings.get(outcome.contract_id, []) if outcome and outcome.contract_id else []
        items.append(
            contracts.ItemProgress(item=item, outcome=outcome, tender=tender, ratings=rated)
        )
    return contracts.AgendaProgress(agenda_id=row.id, number=row.number, items=items)
