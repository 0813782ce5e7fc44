"""Dispatches within a house: one, and those of a body or of an area."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.roles import Role
from common.contracts.feedback_dispatches import DispatchStatus
from common.errors import NotFound, Text
from common.scope import by_line
from feedback import tables
from feedback.domain.clocks import Due

D, C = tables.Dispatch, tables.Case
WHAT = Text("派单", "dispatch")


def visible(actor: Actor) -> ColumnElement[bool]:
    """What a body has to do, and what was sent for a case that it answers for; what staff have sent
    in their area and line.
    """
    staff = by_line(actor, D.area_code, D.line)
    if Role.PROVIDER not in actor.roles or actor.org is None:
        return staff
    received = select(D.id).where(D.organisation_id == actor.org)
    sent = select(D.id).join(C, C.id == D.case_id).where(C.responsible_body_id == actor.org)
    return staff | D.id.in_(union_all(received, sent))


async def page(
    session: AsyncSession,
    actor: Actor,
    *,
    status: DispatchStatus | None,
    after: UUID | None,
    limit: int,
) -> Sequence[tuple[tables.Dispatch, str]]:
    """A page of dispatches with the numbers of their cases, oldest first."""
    statement = select(D, C.number).join(C, C.id == D.case_id).where(visible(actor))
    if status is not None:
        statement = statement.where(D.status == status)
    if after is not None:
        statement = statement.where(D.id > after)
    rows = await session.execute(statement.order_by(D.id).limit(limit + 1))
    return [(row[0], row[1]) for row in rows]


async def found(session: AsyncSession, actor: Actor, dispatch_id: UUID) -> tables.Dispatch:
    """One dispatch that the caller may see."""
    row = await session.scalar(select(D).where(D.id == dispatch_id, visible(actor)))
    if row is None:
        raise NotFound(what=WHAT, key=dispatch_id)
    return row


async def waiting(session: AsyncSession, case_id: UUID) -> Mapping[UUID, tuple[Due, Due]]:
    """When work of a locked case is due that waits, and when it would be by itself; locked."""
    statement = select(
        *(D.id, D.due_at, D.is_due_provisional),
        func.coalesce(D.own_due_at, D.due_at),
        func.coalesce(D.is_own_due_provisional, D.is_due_provisional),
    ).where(D.case_id == case_id, D.status == DispatchStatus.SENT)
    rows = await session.execute(statement.order_by(D.id).with_for_update())
    return {row[0]: (Due(row[1], row[2]), Due(row[3], row[4])) for row in rows}


async def locked(session: AsyncSession, dispatch_id: UUID) -> tables.Dispatch:
    """A dispatch as it is now; its case is locked before it."""
    statement = select(D).where(D.id == dispatch_id).with_for_update()
    return (await session.scalars(statement.execution_options(populate_existing=True))).one()
