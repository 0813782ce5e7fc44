"""What became of agendas elsewhere: bought, delivered, rated, as others and releases tell it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common import mirrors
from common.contracts.feedback_statistics import Figure, FigureSubject
from common.contracts.feeds import Kind
from common.contracts.procurement import AgendaOutcome, Tender
from feedback import tables
from feedback.queries.agendas import IN_FORCE

A, I = tables.Agenda, tables.AgendaItem
F, L = tables.Figure, tables.Release


@dataclass(frozen=True, slots=True)
class CameOf:
    """What came of a vote: its agenda, and the outcome and ratings of its proposals."""

    agenda_id: UUID
    outcomes: dict[UUID, AgendaOutcome]
    ratings: dict[UUID, list[Figure]]


async def outcomes(session: AsyncSession, item_ids: Sequence[UUID]) -> Mapping[UUID, AgendaOutcome]:
    """What procurement has told of items, by item."""
    return {
        key: AgendaOutcome.model_validate(state)
        for key, state in (await mirrors.many(session, Kind.AGENDA_OUTCOME, item_ids)).items()
    }


async def tenders(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Tender]:
    """Purchases as procurement has told them."""
    return {
        key: Tender.model_validate(state)
        for key, state in (await mirrors.many(session, Kind.TENDER, ids)).items()
    }


async def ratings(
    session: AsyncSession, contract_ids: Sequence[UUID]
) -> Mapping[UUID, list[Figure]]:
    """How the services of contracts were rated: released figures, the newest period first.

    Never the ratings as they are now: one such answer less another tells what somebody said.
    """
    statement = (
        select(F)
        .join(L, L.id == F.release_id)
        .where(F.subject == FigureSubject.CONTRACT, F.key.in_(map(str, contract_ids)))
        .order_by(F.key, L.from_on.desc(), F.category)
    )
    found: dict[UUID, list[Figure]] = defaultdict(list)
    for row in await session.scalars(statement):
        found[UUID(row.key)].append(Figure.model_validate(row))
    return found


async def came_of(session: AsyncSession, vote_ids: Sequence[UUID]) -> Mapping[UUID, CameOf]:
    """What came of votes that have an agenda in force, with four statements for all."""
    statement = (
        select(A.vote_id, A.id.label("agenda_id"), I.id, I.proposal_id)
        .join(I, I.agenda_id == A.id)
        .where(A.vote_id.in_(vote_ids), A.status.in_(IN_FORCE))
    )
    items = (await session.execute(statement)).all()
    told = await outcomes(session, [item.id for item in items])
    rated = await ratings(session, [each.contract_id for each in told.values() if each.contract_id])
    found: dict[UUID, CameOf] = {}
    for item in items:
        one = found.setdefault(item.vote_id, CameOf(item.agenda_id, {}, {}))
        if outcome := told.get(item.id):
            one.outcomes[item.proposal_id] = outcome
            if outcome.contract_id:
                one.ratings[item.proposal_id] = rated.get(outcome.contract_id, [])
    return found
