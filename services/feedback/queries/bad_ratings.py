"""Bad ratings and appeals: lists for who handles and who decides, one locked for a step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.roles import Role
from common.contracts.feedback_ratings import CallBack, LoopStatus
from common.errors import NotFound, Text
from common.scope import by_area
from feedback import tables

R, B, A = tables.Rating, tables.BadRating, tables.Appeal
WHAT: Final = Text("差评", "bad rating")
APPEAL: Final = Text("评价申诉", "rating appeal")


@dataclass(frozen=True, slots=True)
class Loops:
    """What became of the bad ratings of a body."""

    bad: int
    verified: int
    rectified: int
    called_back: int
    contented: int


async def page(
    session: AsyncSession,
    actor: Actor,
    status: LoopStatus | None,
    *,
    after: UUID | None,
    limit: int,
) -> Sequence[Any]:
    """Bad ratings of the caller's area with their ratings; one more tells of a next page."""
    statement = select(B, R).join(R, R.id == B.rating_id).where(by_area(actor, B.area_code))
    if status is not None:
        statement = statement.where(B.status == status)
    if after is not None:
        statement = statement.where(B.rating_id > after)
    return (await session.execute(statement.order_by(B.rating_id).limit(limit + 1))).all()


async def found(session: AsyncSession, actor: Actor, rating_id: UUID, *, lock: bool = False) -> Any:
    """One bad rating of the caller's area with its rating; locked for a step."""
    statement = (
        select(B, R)
        .join(R, R.id == B.rating_id)
        .where(B.rating_id == rating_id, by_area(actor, B.area_code))
    )
    if lock:
        statement = statement.with_for_update(of=B).execution_options(populate_existing=True)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=rating_id)
    return row


async def loops_of(session: AsyncSession, ids: ColumnElement[bool]) -> Loops:
    """How far the loops of some bad ratings have come."""
    in_time = func.count().filter(B.verified_at.is_not(None))
    statement = select(
        func.count(),
        in_time,
        func.count().filter(B.rectified_at.is_not(None)),
        func.count().filter(B.called_back_at.is_not(None)),
        func.count().filter(B.call_back == CallBack.SATISFIED),
    ).where(ids)
    return Loops(*(await session.execute(statement)).one())


def appeals_visible(actor: Actor) -> ColumnElement[bool]:
    """A provider's own appeals; those of the area."""
    mine = by_area(actor, A.area_code)
    if Role.PROVIDER in actor.roles and actor.org is not None:
        return mine | (A.provider_id == actor.org)
    return mine


async def appeals(
    session: AsyncSession, actor: Actor, *, after: UUID | None, limit: int
) -> Sequence[tables.Appeal]:
    """Appeals that the caller may see; one more tells of a next page."""
    statement = select(A).where(appeals_visible(actor))
    if after is not None:
        statement = statement.where(A.id > after)
    return (await session.scalars(statement.order_by(A.id).limit(limit + 1))).all()


async def appeal(session: AsyncSession, rating_id: UUID) -> tables.Appeal:
    """One appeal, locked."""
    statement = select(A).where(A.id == rating_id).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=APPEAL, key=rating_id)
    return row
