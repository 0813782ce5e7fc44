"""Experts, draws, seats, sheets and rankings."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts import procurement_panels as words
from common.contracts.procurement_panels import RelationKind, SeatStatus
from common.contracts.procurement_tenders import TenderStep
from common.crypto import masking
from common.crypto.fields import FieldCipher, place
from common.errors import NotFound, Text
from common.scope import by_area
from procurement import tables
from procurement.domain.panels import Tie

E, R, D, S = tables.Expert, tables.ExpertRelation, tables.PanelDraw, tables.PanelSeat
P, K = tables.Score, tables.Ranking
PANEL: Final = Text("评审小组", "panel")
EXPERT: Final = Text("专家", "expert")
EVALUATING: Final = (TenderStep.OPENED, TenderStep.FINAL_OFFERS)
REPORT: Final = Text("评审报告", "report")


async def experts(
    session: AsyncSession, actor: Actor, *, after: UUID | None, limit: int
) -> Sequence[tables.Expert]:
    """A page of experts of the caller's area, and one more."""
    statement = select(E).where(by_area(actor, E.area_code))
    if after is not None:
        statement = statement.where(E.id > after)
    return (await session.scalars(statement.order_by(E.id).limit(limit + 1))).all()


async def relations(
    session: AsyncSession, ids: Sequence[UUID]
) -> Mapping[UUID, list[tables.ExpertRelation]]:
    """Relations of experts, by expert."""
    found: dict[UUID, list[tables.ExpertRelation]] = defaultdict(list)
    for row in await session.scalars(select(R).where(R.expert_id.in_(ids)).order_by(R.id)):
        found[row.expert_id].append(row)
    return found


async def pool(
    session: AsyncSession, category: str, *, no_return_since: datetime | None = None
) -> dict[UUID, list[Tie]]:
    """The active experts of a field, city-wide, with their relations; nobody leaves meanwhile.

    Who has come back since a time is not among them.
    """
    active = select(E.id).where(E.is_active, E.categories.contains([category]))
    if no_return_since is not None:
        active = active.where(or_(E.returned_at.is_(None), E.returned_at < no_return_since))
    ids = (await session.scalars(active.with_for_update(read=True))).all()
    return dict(await ties(session, ids))


async def ties(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, list[Tie]]:
    """What makes each of the experts partial, as the rules see it."""
    found = await relations(session, ids)
    return {
        each: [
            Tie(row.organisation_id, RelationKind(row.kind), row.from_on, row.to_on)
            for row in found[each]
        ]
        for each in ids
    }


async def departed(session: AsyncSession, ids: Sequence[UUID]) -> set[UUID]:
    """Who of some experts has left the pool; of the others nobody leaves meanwhile."""
    active = select(E.id).where(E.id.in_(ids), E.is_active).order_by(E.id)
    return set(ids) - set(await session.scalars(active.with_for_update(read=True)))


async def locked_expert(session: AsyncSession, expert_id: UUID) -> tables.Expert:
    """An expert of the pool as it is now, locked."""
    row = await session.scalar(select(E).where(E.id == expert_id).with_for_update())
    if row is None:
        raise NotFound(what=EXPERT, key=expert_id)
    return row


async def duties(session: AsyncSession, expert_id: UUID) -> Sequence[words.Duty]:
    """The seats of an expert in evaluations under way that have no sheet yet."""
    t = tables.Tender
    statement = (
        select(S.tender_id, S.round, S.place)
        .join(t, and_(t.id == S.tender_id, t.round == S.round))
        .where(S.expert_id == expert_id, S.status == SeatStatus.DRAWN, t.step.in_(EVALUATING))
        .order_by(S.tender_id, S.place)
    )
    return [words.Duty(**row._mapping) for row in await session.execute(statement)]


async def expert_of(session: AsyncSession, indexes: Sequence[bytes]) -> tables.Expert | None:
    """The expert of the pool who signs in with an account."""
    row: tables.Expert | None = await session.scalar(select(E).where(E.account_index.in_(indexes)))
    return row


async def accounts(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, bytes]:
    """The blind indexes of experts' accounts."""
    rows = await session.execute(select(E.id, E.account_index).where(E.id.in_(ids)))
    return {row.id: row.account_index for row in rows}


async def draw(session: AsyncSession, tender_id: UUID, round_: int) -> tables.PanelDraw | None:
    """The draw of one evaluation."""
    return await session.get(D, (tender_id, round_))


async def seats(session: AsyncSession, tender_id: UUID, round_: int) -> Sequence[tables.PanelSeat]:
    """All seats of a panel by place, recused ones among them, locked."""
    statement = select(S).where(S.tender_id == tender_id, S.round == round_).order_by(S.place)
    return (await session.scalars(statement.with_for_update())).all()


async def seat_of(
    session: AsyncSession, tender_id: UUID, round_: int, indexes: Sequence[bytes]
) -> tables.PanelSeat | None:
    """The standing seat of an account."""
    statement = select(S).where(
        S.tender_id == tender_id,
        S.round == round_,
        S.account_index.in_(indexes),
        S.status != SeatStatus.RECUSED,
    )
    row: tables.PanelSeat | None = await session.scalar(statement.with_for_update())
    return row


async def sheets(
    session: AsyncSession, tender_id: UUID, round_: int, places: Sequence[int]
) -> Mapping[UUID, list[Decimal]]:
    """The points of each bid, one sum a member."""
    sums: dict[tuple[UUID, int], Decimal] = defaultdict(Decimal)
    statement = select(P).where(P.tender_id == tender_id, P.round == round_, P.place.in_(places))
    for row in await session.scalars(statement):
        sums[row.bid_id, row.place] += row.points
    found: dict[UUID, list[Decimal]] = defaultdict(list)
    for (bid_id, _), points in sorted(sums.items()):
        found[bid_id].append(points)
    return found


async def is_scored(session: AsyncSession, tender_id: UUID, round_: int) -> bool:
    """Whether a sheet of an evaluation is in, be it of a member who has left since."""
    statement = select(P.place).where(P.tender_id == tender_id, P.round == round_).limit(1)
    return await session.scalar(statement) is not None


async def ranking(session: AsyncSession, tender_id: UUID, round_: int) -> Sequence[tables.Ranking]:
    """How the bids came out, best first."""
    statement = select(K).where(K.tender_id == tender_id, K.round == round_).order_by(K.rank)
    return (await session.scalars(statement)).all()


def shown_expert(
    row: tables.Expert, ties: Sequence[tables.ExpertRelation], cipher: FieldCipher
) -> words.Expert:
    """An expert as offices see one: the name masked."""
    name = cipher.open(row.name, context=place("expert", "name", row.id))
    return words.Expert(
        id=row.id,
        name=masking.name(name),
        area_code=row.area_code,
        categories=row.categories,
        is_active=row.is_active,
        left_at=row.left_at,
        left_reason=row.left_reason,
        returned_at=row.returned_at,
        relations=[words.Relation.model_validate(each) for each in ties],
        version=row.version,
    )


async def shown_panel(session: AsyncSession, tender: tables.Tender) -> words.Panel:
    """A panel with all that it takes to draw it again."""
    row = await draw(session, tender.id, tender.round)
    if row is None:
        raise NotFound(what=PANEL, key=tender.id)
    taken = await seats(session, tender.id, tender.round)
    return words.Panel(
        tender_id=tender.id,
        round=tender.round,
        commitment=tender.panel_commitment or "",
        seed=row.seed,
        service_seed=row.service_seed,
        pool=[UUID(each) for each in row.pool],
        left_out=[words.LeftOut.model_validate(each) for each in row.left_out],
        order=[UUID(each) for each in row.ordered],
        supplements=[words.Supplement.model_validate(each) for each in row.supplements],
        drawn_at=row.drawn_at,
        size=row.size,
        seats=[words.Seat.model_validate(each) for each in taken],
        empty_seats=_empty(row.size, taken),
    )


def _empty(size: int, taken: Sequence[tables.PanelSeat]) -> list[words.EmptySeat]:
    """The seats that nobody has taken over: those that were left last."""
    left = [each for each in taken if each.status == SeatStatus.RECUSED]
    missing = size - (len(taken) - len(left))
    last = sorted(left, key=lambda each: (each.changed_at, each.place))[len(left) - missing :]
    return [words.EmptySeat(place=each.place, left_for=each.reason) for each in last]
