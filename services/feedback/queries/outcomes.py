"""What became of agendas elsewhere: bought, delivered, rated, as others and releases tell it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Text, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common import mirrors, spelt
from common.contracts.feedback_statistics import Figure, FigureSubject
from common.contracts.feeds import Kind
from common.contracts.procurement import AgendaOutcome, Tender
from common.spelt import belonging
from feedback import tables
from feedback.queries.agendas import IN_FORCE

A, I = tables.Agenda, tables.AgendaItem
F, L, M = tables.Figure, tables.Release, tables.Mirrored
_RATED: Final = (
    select(*(getattr(F, name) for name in Figure.model_fields))
    .join(L, L.id == F.release_id)
    .where(F.subject == FigureSubject.CONTRACT)
    .where(F.key == func.any(bindparam("keys", type_=ARRAY(Text))))
    .order_by(F.key, L.from_on.desc(), F.category)
)
BOUGHT: Final = belonging(
    select(A.id.label("agenda_id"), I.id, I.proposal_id, M.state.label("outcome"))
    .join(I, I.agenda_id == A.id)
    .outerjoin(M, and_(M.kind == Kind.AGENDA_OUTCOME.value, M.record_id == I.id))
    .where(A.vote_id == tables.Vote.id, or_(*(A.status == each for each in IN_FORCE)))
)
"""The items of a vote's agenda in force, with what procurement has told of each."""


@dataclass(frozen=True, slots=True)
class CameOf:
    """What came of a vote: its agenda, and the outcome and ratings of its proposals."""

    agenda_id: UUID
    outcomes: dict[UUID, AgendaOutcome]
    ratings: dict[UUID, list[Figure]]


async def outcomes(session: AsyncSession, item_ids: Sequence[UUID]) -> Mapping[UUID, AgendaOutcome]:
    """What procurement has told of items, by item."""
    return {
        key: _outcome(state)
        for key, state in (await mirrors.many(session, Kind.AGENDA_OUTCOME, item_ids)).items()
    }


def _outcome(state: Mapping[str, Any]) -> AgendaOutcome:
    """What procurement has told of an item; releases before have told neither cost nor reason."""
    return AgendaOutcome.model_validate({"cost_fen": None, "drop_reason": None, **state})


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
    found: dict[UUID, list[Figure]] = defaultdict(list)
    for row in await spelt.found(session, _RATED, keys=[str(each) for each in contract_ids]):
        found[UUID(row.key)].append(Figure.model_validate(row))
    return found


async def came_of(session: AsyncSession, votes: Sequence[Any]) -> Mapping[UUID, CameOf]:
    """What came of votes that have an agenda in force; each has its `bought`."""
    told = {
        item.id: _outcome(item.outcome)
        for vote in votes
        for item in vote.bought
        if item.outcome is not None
    }
    contracts = [each.contract_id for each in told.values() if each.contract_id]
    rated = await ratings(session, contracts) if contracts else {}
    found: dict[UUID, CameOf] = {}
    for vote in votes:
        for item in vote.bought:
            one = found.setdefault(vote.id, CameOf(item.agenda_id, {}, {}))
            if outcome := told.get(item.id):
                one.outcomes[item.proposal_id] = outcome
                if outcome.contract_id:
                    one.ratings[item.proposal_id] = rated.get(outcome.contract_id, [])
    return found
