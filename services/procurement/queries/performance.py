"""What happened under a contract: milestones, payments, changes, assistance, visits, failures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts import procurement_performance as contracts
from common.errors import NotFound, Text
from procurement import tables
from procurement.domain.performance import few, told_of_users
from procurement.queries import contracts as contract_queries

M, P = tables.Milestone, tables.Payment
MILESTONE: Final = Text("里程碑", "milestone")
PAYMENT: Final = Text("付款", "payment")
VISIT: Final = Text("评估现场", "visit")
Row = TypeVar("Row", bound=tables.Base)
_FRESH: Final = {"populate_existing": True}


async def milestone(session: AsyncSession, contract_id: UUID, number: int) -> tables.Milestone:
    """A milestone of a locked contract, as it is now."""
    statement = select(M).where(M.contract_id == contract_id, M.number == number)
    row = await session.scalar(statement.execution_options(**_FRESH))
    if row is None:
        raise NotFound(what=MILESTONE, key=number)
    return row


async def milestones(session: AsyncSession, contract_id: UUID) -> Sequence[tables.Milestone]:
    """The milestones of a contract in order."""
    statement = select(M).where(M.contract_id == contract_id).order_by(M.number)
    return (await session.scalars(statement)).all()


async def payment(session: AsyncSession, contract_id: UUID, payment_id: UUID) -> tables.Payment:
    """A payment of a locked contract, as it is now."""
    statement = select(P).where(P.contract_id == contract_id, P.id == payment_id)
    row = await session.scalar(statement.execution_options(**_FRESH))
    if row is None:
        raise NotFound(what=PAYMENT, key=payment_id)
    return row


async def requested_fen(session: AsyncSession, contract_id: UUID, number: int) -> int:
    """What is requested and not yet decided for a milestone."""
    statement = select(func.coalesce(func.sum(P.value_fen), 0)).where(
        P.contract_id == contract_id,
        P.milestone == number,
        P.status == contracts.PaymentStatus.REQUESTED,
    )
    return int(await session.scalar(statement) or 0)


async def open_ends(session: AsyncSession, contract_id: UUID) -> tuple[int, int]:
    """How many milestones are not accepted, and for how many something is still to be paid."""
    scheduled = M.status == contracts.MilestoneStatus.SCHEDULED
    statement = select(
        func.count().filter(scheduled), func.count().filter(M.payable_fen > M.paid_fen)
    ).where(M.contract_id == contract_id)
    row = (await session.execute(statement)).one()
    return row[0], row[1]


async def last_due_on(session: AsyncSession, contract_id: UUID) -> date | None:
    """When the last milestone that is not accepted is due."""
    scheduled = M.status == contracts.MilestoneStatus.SCHEDULED
    statement = select(func.max(M.due_on)).where(M.contract_id == contract_id, scheduled)
    found: date | None = await session.scalar(statement)
    return found


async def owed_fen(session: AsyncSession, contract_id: UUID) -> int:
    """What was accepted under a locked contract and is not paid yet."""
    owed = func.coalesce(func.sum(M.payable_fen - M.paid_fen), 0)
    return int(await session.scalar(select(owed).where(M.contract_id == contract_id)) or 0)


async def asked_of_lines(session: AsyncSession, contract_id: UUID) -> Mapping[UUID, int]:
    """What is requested of each line and not yet decided."""
    statement = select(P.draws).where(
        P.contract_id == contract_id, P.status == contracts.PaymentStatus.REQUESTED
    )
    asked: Counter[UUID] = Counter()
    for draws in await session.scalars(statement):
        asked.update({UUID(draw["line_id"]): draw["value_fen"] for draw in draws})
    return asked


async def has_begun(session: AsyncSession, contract_id: UUID) -> bool:
    """Whether anything under a contract has been reported, and may be owed."""
    statement = select(M.number).where(M.contract_id == contract_id, M.reported_at.is_not(None))
    return await session.scalar(statement.limit(1)) is not None


async def last_number(session: AsyncSession, column: Any, contract_id: UUID) -> int:
    """The largest number among what is numbered within a locked contract."""
    table = column.class_
    statement = select(func.coalesce(func.max(column), 0)).where(table.contract_id == contract_id)
    return int(await session.scalar(statement) or 0)


async def visit(session: AsyncSession, contract_id: UUID, visit_id: UUID) -> tables.Visit:
    """A visit of a contract."""
    row = await session.get(tables.Visit, (contract_id, visit_id))
    if row is None:
        raise NotFound(what=VISIT, key=visit_id)
    return row


async def visited_on(session: AsyncSession, visit: tables.Visit) -> date:
    """The day of a visit: that of its first evaluation."""
    e = tables.Evaluation
    statement = select(e.on).where(e.contract_id == visit.contract_id, e.visit_id == visit.id)
    return (await session.scalars(statement.order_by(e.id).limit(1))).one()


async def visits_of(session: AsyncSession, contract_id: UUID, year: int) -> int:
    """How often a locked contract was visited in a year."""
    visit = tables.Visit
    statement = select(func.count()).where(visit.contract_id == contract_id, visit.year == year)
    return int(await session.scalar(statement) or 0)


async def of_contract(
    session: AsyncSession, actor: Actor, contract_id: UUID, table: type[Row], order: Any
) -> Sequence[Row]:
    """Everything of one kind under a contract that the caller may see."""
    row = await contract_queries.found(session, actor, contract_id)
    owner = table.contract_id  # type: ignore[attr-defined]  # every table here hangs on a contract
    return (await session.scalars(select(table).where(owner == row.id).order_by(order))).all()


async def evaluations(
    session: AsyncSession, actor: Actor, contract_id: UUID
) -> Sequence[contracts.Evaluation]:
    """The evaluations of a contract, each with the visit it counts with."""
    row = await contract_queries.found(session, actor, contract_id)
    evaluation, visit = tables.Evaluation, tables.Visit
    statement = (
        select(evaluation, visit.number)
        .join(
            visit,
            (visit.contract_id == evaluation.contract_id) & (visit.id == evaluation.visit_id),
        )
        .where(evaluation.contract_id == row.id)
        .order_by(evaluation.id)
    )
    return [evaluated(each, number) for each, number in await session.execute(statement)]


def evaluated(row: tables.Evaluation, number: int) -> contracts.Evaluation:
    """An evaluation as it is answered."""
    names = set(contracts.Evaluation.model_fields) - {"visit_number"}
    return contracts.Evaluation(**{name: getattr(row, name) for name in names}, visit_number=number)


def shown(row: tables.Milestone) -> contracts.Milestone:
    """A milestone as it is published; figures on few people are left out."""
    names = set(contracts.Milestone.model_fields) - {"acceptance", "people_served"}
    return contracts.Milestone(
        **{name: getattr(row, name) for name in names},
        people_served=few(row.people_served),
        acceptance=_acceptance(row),
    )


def _acceptance(row: tables.Milestone) -> contracts.Acceptance | None:
    if row.accepted_at is None:
        return None
    users = told_of_users(row.users_asked or 0, row.users_answered or 0, row.users_satisfied or 0)
    return contracts.Acceptance.model_validate(
        {
            "verdict": row.status,
            "depth": row.depth,
            "depth_rule": row.depth_rule,
            "users_asked": users.asked,
            "users_answered": users.answered,
            "users_satisfied": users.satisfied,
            "level": users.level,
            "opinions": row.opinions,
            "remarks": row.remarks,
            "service_days": row.accepted_days,
            "payable_fen": row.payable_fen,
            "accepted_at": row.accepted_at,
        }
    )
