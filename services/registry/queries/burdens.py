"""The burden ledger: the list, tasks, and a month's hours by street."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.registry.burdens import WorkKind
from common.errors import NotFound, Text
from common.scope import by_area
from registry import tables
from registry.domain.burdens import Worked
from registry.domain.space_use import Month
from registry.queries.finding import holds, under

E, T, W = tables.Admitted, tables.BurdenTask, tables.BurdenWork
ENTRY: Final = Text("准入清单事项", "entry of the list")
TASK: Final = Text("任务", "task")
WORK: Final = Text("工时", "hours of work")


async def entries(
    session: AsyncSession, area: str, on: date, *, after: UUID | None, limit: int
) -> Sequence[tables.Admitted]:
    """A page of the list as it holds on a day in an area, or around it, by id."""
    applies = under(E.area_code, area) | holds(E.area_code, area)
    statement = select(E).where(applies, E.valid_from <= on, E.valid_to > on)
    if after is not None:
        statement = statement.where(E.id > after)
    return (await session.scalars(statement.order_by(E.id).limit(limit + 1))).all()


async def entry(session: AsyncSession, entry_id: UUID, *, ends: bool = False) -> tables.Admitted:
    """An entry of the list, held as it is until the transaction ends, or by whoever ends it."""
    row = await session.get(E, entry_id, with_for_update={"read": not ends})
    if row is None:
        raise NotFound(what=ENTRY, key=entry_id)
    return row


async def tasks(
    session: AsyncSession, actor: Actor, area: str, *, after: UUID | None, limit: int
) -> Sequence[tables.BurdenTask]:
    """A page of tasks of an area within the caller's, by id."""
    statement = select(T).where(under(T.area_code, area), by_area(actor, T.area_code))
    if after is not None:
        statement = statement.where(T.id > after)
    return (await session.scalars(statement.order_by(T.id).limit(limit + 1))).all()


async def going_on(session: AsyncSession, entry_id: UUID, after: date) -> int:
    """How many tasks of an entry go on from a day."""
    wanted = (T.admitted_id == entry_id, T.valid_to > after, T.valid_to > T.valid_from)
    return int(await session.scalar(select(func.count()).where(*wanted)) or 0)


async def task(session: AsyncSession, task_id: UUID, *, ends: bool = False) -> tables.BurdenTask:
    """A task, held as it is until the transaction ends, or by whoever ends it."""
    row = await session.get(T, task_id, with_for_update={"read": not ends})
    if row is None:
        raise NotFound(what=TASK, key=task_id)
    return row


async def work(session: AsyncSession, work_id: UUID) -> tables.BurdenWork:
    """Hours of a day, locked until the transaction ends."""
    row = await session.get(W, work_id, with_for_update=True)
    if row is None:
        raise NotFound(what=WORK, key=work_id)
    return row


async def tasks_of(
    session: AsyncSession, worked: Sequence[Worked]
) -> Mapping[UUID, tables.BurdenTask]:
    """The tasks that hours went to, wherever their street lies by now."""
    ids = {each.task_id for each in worked if each.task_id is not None}
    rows = await session.scalars(select(T).where(T.id.in_(ids)))
    return {row.id: row for row in rows}


async def worked(session: AsyncSession, area: str, month: Month) -> list[Worked]:
    """A month's hours by street, kind and task."""
    statement = (
        select(W.area_code, W.kind, W.task_id, func.sum(W.hours))
        .where(
            under(W.area_code, area),
            W.on >= month.first,
            W.on < month.after,
            W.withdrawn_at.is_(None),
        )
        .group_by(W.area_code, W.kind, W.task_id)
        .order_by(W.area_code)
    )
    rows = await session.execute(statement)
    return [Worked(code, WorkKind(kind), task, hours) for code, kind, task, hours in rows]
