"""Residents' items and what became of them; their state for the feed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy import Text as Words
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts import procurement as contracts
from common.contracts.procurement import ContractStatus, OutcomeStage
from common.contracts.procurement_endings import EndReason
from common.contracts.procurement_tenders import TenderStep
from common.errors import NotFound, Text
from common.scope import under
from procurement import tables
from procurement.domain.agenda import Placed

O = tables.AgendaOutcome
D = tables.AgendaDeviation
K, M, T = tables.Contract, tables.Milestone, tables.Tender
WHAT: Final = Text("居民议题", "agenda item")
_OVER: Final = (ContractStatus.CANCELLED, ContractStatus.TERMINATED)
# Why a contract is over: a discontinuation tells the reason to come while it goes on.
_ENDED_FOR: Final = case((K.status == ContractStatus.TERMINATED, K.termination_reason))
STANDS: Final = or_(K.status == ContractStatus.ACTIVE, _ENDED_FOR == EndReason.COMPLETED)
_COMPUTED: Final = frozenset({"deviations", "cost_fen"})
_PLAIN: Final = tuple(n for n in contracts.AgendaOutcome.model_fields if n not in _COMPUTED)


async def locked(session: AsyncSession, item_id: UUID) -> tables.AgendaOutcome:
    """One item, locked until the transaction ends."""
    statement = select(O).where(O.id == item_id).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=WHAT, key=item_id)
    return row


async def stage_of(session: AsyncSession, item_id: UUID) -> OutcomeStage | None:
    """How far an item is, until the transaction ends; whoever moves it now is waited for."""
    stage = await session.scalar(select(O.stage).where(O.id == item_id).with_for_update(read=True))
    return None if stage is None else OutcomeStage(stage)


async def known(session: AsyncSession, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these items were received before."""
    return set(await session.scalars(select(O.id).where(O.id.in_(ids))))


async def waiting(session: AsyncSession, agenda_id: UUID) -> Sequence[tables.AgendaOutcome]:
    """Items of an agenda that nobody has begun to buy, locked."""
    statement = select(O).where(
        O.agenda_id == agenda_id, O.stage.in_((OutcomeStage.RECEIVED, OutcomeStage.PLANNED))
    )
    return (await session.scalars(statement.order_by(O.id).with_for_update())).all()


async def framework_of(session: AsyncSession, tender_id: UUID) -> UUID | None:
    """The framework under which a purchase was placed; None where it was under none."""
    found: UUID | None = await session.scalar(select(T.framework_id).where(T.id == tender_id))
    return found


async def is_over(session: AsyncSession, row: tables.AgendaOutcome, today: date) -> bool:
    """Whether an item is with a framework under which nothing is placed any more."""
    ended = select(T.id).where(T.id == row.tender_id, T.framework_ends_on < today)
    return await session.scalar(ended) is not None


def _placed_for(row: tables.AgendaOutcome) -> ColumnElement[bool]:
    """The purchase of an item, or where that is a framework what was placed under it."""
    own = and_(T.id == row.tender_id, T.framework_form.is_(None))
    return or_(own, T.framework_id == row.tender_id)


async def placed(session: AsyncSession, row: tables.AgendaOutcome) -> Sequence[Placed]:
    """What was placed for a locked item, by itself or under its framework, as it is now."""
    statement = (
        select(
            T.step,
            func.array_remove(func.array_agg(K.status), None),
            func.array_remove(func.array_agg(_ENDED_FOR), None),
        )
        .outerjoin(K, K.tender_id == T.id)
        .where(_placed_for(row), T.agenda_item_id == row.id)
        .group_by(T.id)
    )
    return [
        Placed(
            TenderStep(step),
            frozenset(map(ContractStatus, statuses)),
            frozenset(map(EndReason, reasons)),
        )
        for step, statuses, reasons in await session.execute(statement)
    ]


async def stands(session: AsyncSession, tender_id: UUID) -> bool:
    """Whether a contract of a purchase runs, or was completed."""
    statement = select(K.id).where(K.tender_id == tender_id, STANDS).limit(1)
    return await session.scalar(statement) is not None


async def agreed(session: AsyncSession, row: tables.AgendaOutcome) -> dict[str, Any]:
    """What is told of the published contracts of an item: of all, and the last.

    What ended before it was completed is only paid, also where the item was bought anew since.
    Renewals are bought with other money; one is named only where it goes on with what was never
    completed.
    """
    first, now = K.renewal_of_id.is_(None), _placed_for(row)
    last = func.max(K.id.cast(Words))
    statement = (
        select(
            func.coalesce(last.filter(STANDS, first, now), last.filter(STANDS, now)),
            func.sum(K.value_fen).filter(STANDS, first, now),
            func.coalesce(func.sum(K.paid_fen).filter(first), 0),
        )
        .join(T, T.id == K.tender_id)
        .where(K.agenda_item_id == row.id, K.published_at.is_not(None))
    )
    named, fen, paid = (await session.execute(statement)).one()
    return {
        "contract_id": named and UUID(named),
        "contracted_fen": None if fen is None else int(fen),
        "paid_fen": int(paid),
    }


async def page(
    session: AsyncSession,
    *,
    area: str | None,
    stage: OutcomeStage | None,
    after: UUID | None,
    limit: int,
) -> Sequence[UUID]:
    """Ids of a page of items, newest first, and one more."""
    statement = select(O.id)
    if area is not None:
        statement = statement.where(under(O.area_code, area))
    if stage is not None:
        statement = statement.where(O.stage == stage)
    if after is not None:
        statement = statement.where(O.id < after)
    return (await session.scalars(statement.order_by(O.id.desc()).limit(limit + 1))).all()


async def states(
    session: AsyncSession, ids: Sequence[UUID]
) -> Mapping[UUID, contracts.AgendaOutcome]:
    """The feed's states."""
    rows = await session.scalars(select(O).where(O.id.in_(ids)))
    reasons: dict[UUID, list[contracts.Deviation]] = defaultdict(list)
    told = await session.scalars(
        select(D)
        .join(O, and_(O.id == D.item_id, O.tender_id == D.tender_id))
        .where(D.item_id.in_(ids))
        .order_by(D.item_id, D.field)
    )
    for each in told:
        reasons[each.item_id].append(contracts.Deviation.model_validate(each))
    cost = await _costs(session, ids)
    return {
        row.id: contracts.AgendaOutcome(
            **{name: getattr(row, name) for name in _PLAIN},
            cost_fen=cost.get(row.id, 0),
            deviations=reasons[row.id],
        )
        for row in rows
    }


async def _costs(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, int | None]:
    """What items that were ever contracted have cost: accepted, paid or owed; None: not known yet.

    A contract that ended early counts with what was accepted under it. Renewals are bought with
    other money than what residents decided about.
    """
    statement = (
        select(
            K.agenda_item_id,
            func.coalesce(func.sum(M.payable_fen), 0),
            func.bool_and(K.status.in_(_OVER)),
        )
        .outerjoin(M, M.contract_id == K.id)
        .where(K.agenda_item_id.in_(ids), K.renewal_of_id.is_(None))
        .group_by(K.agenda_item_id)
    )
    rows = await session.execute(statement)
    return {item_id: int(fen) if is_over else None for item_id, fen, is_over in rows}
