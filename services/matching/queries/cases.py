"""Case plans: one with its needs and steps, and many."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.matching_cases import CaseStatus
from common.errors import NotFound, Text
from common.scope import by_line, is_staff, own
from matching import tables
from matching.queries import needs

C, CN, CS, N = tables.CasePlan, tables.CaseNeed, tables.CaseStep, tables.Need
WHAT: Final = Text("个案", "case plan")


def visible(actor: Actor) -> ColumnElement[bool]:
    """The person's own, the lead worker's, and those of the area and line."""
    ways = by_line(actor, C.area_code, C.line) | own(actor, C.resident)
    return ways | (C.lead == actor.subject) if is_staff(actor) else ways


async def found(
    session: AsyncSession, actor: Actor, plan_id: UUID, *, lock: bool = False
) -> tables.CasePlan:
    """One plan that the caller may see."""
    statement = select(C).where(C.id == plan_id, visible(actor))
    row = await session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound(what=WHAT, key=plan_id)
    return row


async def page(
    session: AsyncSession,
    actor: Actor,
    *,
    status: CaseStatus | None,
    due_on: date | None,
    after: UUID | None,
    limit: int,
) -> Sequence[tables.CasePlan]:
    """Plans, oldest first; `due_on` asks for open ones whose review is due by that day."""
    statement = select(C).where(visible(actor))
    if status is not None:
        statement = statement.where(C.status == status)
    if due_on is not None:
        statement = statement.where(C.status == CaseStatus.OPEN, C.review_on <= due_on)
    if after is not None:
        statement = statement.where(C.id > after)
    return (await session.scalars(statement.order_by(C.id).limit(limit + 1))).all()


async def needs_of(session: AsyncSession, plan_id: UUID) -> Sequence[tables.Need]:
    """The needs of a plan, oldest first."""
    statement = select(N).join(CN, CN.need_id == N.id).where(CN.plan_id == plan_id).order_by(N.id)
    return (await session.scalars(statement)).all()


async def held(
    session: AsyncSession, ids: Sequence[UUID], *, but: UUID
) -> Mapping[UUID, tuple[str, str]]:
    """Of some needs those that stand in another open plan: the numbers of both, by need."""
    statement = (
        select(N.id, N.number, C.number.label("plan"))
        .join(CN, CN.need_id == N.id)
        .join(C, C.id == CN.plan_id)
        .where(CN.need_id.in_(ids), CN.plan_status == CaseStatus.OPEN, CN.plan_id != but)
    )
    return {row.id: (row.number, row.plan) for row in await session.execute(statement)}


async def needs_to_join(
    session: AsyncSession, actor: Actor, ids: Sequence[UUID]
) -> Sequence[tables.Need]:
    """Needs that are to stand in a plan: all of them must be the caller's to see."""
    statement = select(N).where(N.id.in_(ids), needs.visible(actor)).order_by(N.id)
    rows = (await session.scalars(statement)).all()
    if lacking := set(ids) - {row.id for row in rows}:
        raise NotFound(what=needs.WHAT, key=min(lacking))
    return rows


async def steps_of(session: AsyncSession, plan_id: UUID) -> Sequence[tables.CaseStep]:
    """The steps of a plan, in the order in which they were written down."""
    statement = select(CS).where(CS.plan_id == plan_id).order_by(CS.id)
    return (await session.scalars(statement)).all()


async def to_forget(
    session: AsyncSession, *, closed_before: datetime, limit: int
) -> Sequence[tables.CasePlan]:
    """Plans closed so long ago that nobody needs to read what was written in them; locked."""
    statement = (
        select(C)
        .where(C.status == literal_column("'closed'"), C.goals.is_not(None))
        .where(C.closed_at < closed_before)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def forget_notes(session: AsyncSession, plan_ids: Sequence[UUID]) -> None:
    """Erase what was written about the steps of some plans."""
    await session.execute(update(CS).where(CS.plan_id.in_(plan_ids)).values(note=None))


async def step(session: AsyncSession, plan_id: UUID, step_id: UUID) -> tables.CaseStep:
    """One step. Raises NotFound."""
    row = await session.get(CS, (plan_id, step_id))
    if row is None:
        raise NotFound(what=Text("步骤", "step"), key=step_id)
    return row
