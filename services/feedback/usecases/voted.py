"""What became of what residents decided: told to the voters, and at its end delivered.

An item that is given up holds what it has cost, no more, and so does all of a delivered agenda: the
rest of the pot is free again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.contracts import feedback_agendas as contracts
from common.contracts.feedback import AgendaItem, AgendaStatus
from common.feed.client import Change
from common.records import touch
from feedback import tables
from feedback.domain import agendas as rules
from feedback.queries import agendas as queries
from feedback.queries import outcomes as outcome_queries
from feedback.queries import proposals as proposal_queries
from feedback.queries import votes as vote_queries
from feedback.usecases.agendas import KIND, take_back
from feedback.usecases.clockwork import CLOCKWORK


async def follow(session: AsyncSession, changes: Sequence[Change], *, now: datetime) -> None:
    """An agenda is delivered when procurement has told the end of its last item.

    Once all costs are known, then or later, the pot gets back what was not spent; of an item that
    is given up at once. With the last of its items that are all given up it is withdrawn.
    """
    told = {UUID(change.data["agenda_id"]) for change in changes if change.data is not None}
    for row in await queries.unsettled(session, sorted(told)):
        found = (await queries.items_of(session, [row.id]))[row.id]
        items = {item.id: item.money_fen for item in found}
        outcomes = await outcome_queries.outcomes(session, list(items))
        stages = {key: outcome.stage for key, outcome in outcomes.items()}
        _free(session, row, rules.freed(items, outcomes), now)
        if rules.is_given_up(items, stages):
            why = rules.why_given_up({item.id: item.title for item in found}, outcomes)
            spent_fen = rules.spent_so_far(row.carried_fen, outcomes.values())
            take_back(session, row, why, spent_fen, by=CLOCKWORK, now=now)
        elif row.status == AgendaStatus.DELIVERED or rules.is_delivered(items, stages):
            _settle(session, row, rules.spent(row.carried_fen, outcomes.values()), now)


def _free(session: AsyncSession, row: tables.Agenda, freed_fen: int, now: datetime) -> None:
    """Write down what items that were given up hold no longer."""
    if freed_fen == row.freed_fen:
        return
    row.freed_fen = freed_fen
    touch(row, CLOCKWORK, now)
    _note(session, "free", row, {"freed_fen": freed_fen})


def _settle(
    session: AsyncSession, row: tables.Agenda, spent_fen: int | None, now: datetime
) -> None:
    """Deliver what is not delivered, and write its cost down where it is known."""
    before = row.status
    if before == AgendaStatus.DELIVERED and spent_fen is None:
        return
    row.status, row.spent_fen = AgendaStatus.DELIVERED, spent_fen
    row.delivered_at = row.delivered_at or now
    touch(row, CLOCKWORK, now)
    feed.mark(session, KIND, row.id)
    what = "settle" if before == AgendaStatus.DELIVERED else "deliver"
    _note(session, what, row, {"status": row.status, "spent_fen": spent_fen})


def _note(session: AsyncSession, what: str, row: tables.Agenda, after: dict[str, Any]) -> None:
    audit.note(
        session,
        CLOCKWORK,
        action=f"{KIND}.{what}",
        target=(KIND, row.id),
        area=row.area_code,
        after=after,
    )


async def progress(session: AsyncSession, agenda_id: UUID) -> contracts.AgendaProgress:
    """What became of an agenda, item by item: purchase, contract, and how it is rated."""
    row = (await queries.shown(session, [await queries.found(session, agenda_id)]))[0]
    items = await _progress_of(session, row.items)
    return contracts.AgendaProgress(agenda_id=row.id, number=row.number, items=items)


async def progress_of_proposal(
    session: AsyncSession, proposal_id: UUID, *, by: Actor
) -> contracts.ProposalProgress:
    """What became of a proposal. One that was merged is carried on, with all who supported it."""
    carrier = await proposal_queries.carrier_of(session, proposal_id)
    items = await queries.items_in_force(session, carrier.id)
    return contracts.ProposalProgress(
        proposal_id=proposal_id,
        carried_by_id=carrier.id,
        status=proposal_queries.shown(carrier, by).status,
        is_supported=await proposal_queries.is_supported(session, carrier.id, by),
        vote_ids=await vote_queries.with_proposal(session, carrier.id),
        items=await _progress_of(session, items),
    )


async def _progress_of(
    session: AsyncSession, items: Sequence[AgendaItem]
) -> list[contracts.ItemProgress]:
    """Purchase, contract and ratings of items."""
    outcomes = await outcome_queries.outcomes(session, [item.id for item in items])
    found = outcomes.values()
    tenders = await outcome_queries.tenders(session, [o.tender_id for o in found if o.tender_id])
    contracted = [o.contract_id for o in found if o.contract_id]
    ratings = await outcome_queries.ratings(session, contracted)
    told = []
    for item in items:
        outcome = outcomes.get(item.id)
        tender = tenders.get(outcome.tender_id) if outcome and outcome.tender_id else None
        rated = ratings.get(outcome.contract_id, []) if outcome and outcome.contract_id else []
        told.append(
            contracts.ItemProgress(item=item, outcome=outcome, tender=tender, ratings=rated)
        )
    return told
