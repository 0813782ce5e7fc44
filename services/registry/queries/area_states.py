"""The whole state of areas, for the feed and for one area's answer: one query per table."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.registry.areas import (
    Area,
    AreaMember,
    AreaPeriod,
    AreaState,
    Succession,
)
from common.errors import NotFound
from registry import tables
from registry.queries.areas import WHAT

S = tables.AreaSuccession


async def state(session: AsyncSession, area_id: UUID) -> AreaState:
    """One area with history, successions and members."""
    found = await states(session, [area_id])
    if area_id not in found:
        raise NotFound(what=WHAT, key=area_id)
    return found[area_id]


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, AreaState]:
    """Many areas with all that hangs on them."""
    areas = list(await session.scalars(select(tables.Area).where(tables.Area.id.in_(ids))))
    history = await _history(session, ids)
    before, after = await _successions(session, ids)
    members = await _members(session, ids)
    return {
        each.id: AreaState(
            **Area.model_validate(each).model_dump(),
            history=history[each.id],
            predecessors=before[each.id],
            successors=after[each.id],
            members=members[each.id],
        )
        for each in areas
    }


async def _history(
    session: AsyncSession, ids: Sequence[UUID]
) -> defaultdict[UUID, list[AreaPeriod]]:
    table = tables.AreaPeriod
    found: defaultdict[UUID, list[AreaPeriod]] = defaultdict(list)
    statement = select(table).where(table.area_id.in_(ids)).order_by(table.valid_from)
    for row in await session.scalars(statement):
        found[row.area_id].append(AreaPeriod.model_validate(row))
    return found


async def _successions(session: AsyncSession, ids: Sequence[UUID]) -> tuple[Any, Any]:
    before: defaultdict[UUID, list[Succession]] = defaultdict(list)
    after: defaultdict[UUID, list[Succession]] = defaultdict(list)
    concerned = or_(S.predecessor_id.in_(ids), S.successor_id.in_(ids))
    statement = select(S).where(concerned).order_by(S.on, S.predecessor_id, S.successor_id)
    for row in await session.scalars(statement):
        succession = Succession.model_validate(row)
        before[row.successor_id].append(succession)
        after[row.predecessor_id].append(succession)
    return before, after


async def _members(
    session: AsyncSession, ids: Sequence[UUID]
) -> defaultdict[UUID, list[AreaMember]]:
    table = tables.AreaMember
    found: defaultdict[UUID, list[AreaMember]] = defaultdict(list)
    statement = select(table).where(table.area_id.in_(ids)).order_by(table.area_id, table.id)
    for row in await session.scalars(statement):
        found[row.area_id].append(AreaMember.model_validate(row))
    return found
