"""Bad ratings and appeals: lists for who handles and who decides, one locked for a step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from common.auth.actor import Actor
from common.auth.roles import Role
from common.contracts.feedback_ratings import CallBack, LoopStatus
from common.errors import NotFound, Text
from common.scope import by_area
from feedback import tables
from feedback.domain.rectifications import AWAITED

R, B, A, L = tables.Rating, tables.BadRating, tables.Appeal, tables.Release
D = tables.Delivery
Key = tuple[date, UUID]
WHAT: Final = Text("差评", "bad rating")
APPEAL: Final = Text("评价申诉", "rating appeal")


@dataclass(frozen=True, slots=True)
class Loops:
    """What became of some bad ratings."""

    bad: int
    due: int  # verified, or the deadline has passed: what is not due yet was not verified late
    in_time: int
    rectified: int
    called_back: int
    contented: int


async def page(
    session: AsyncSession,
    actor: Actor,
    status: LoopStatus | None,
    *,
    late_on: date | None,
    after: Key | None,
    limit: int,
) -> Sequence[Any]:
    """Bad ratings of the caller's area with their ratings; one more tells of a next page."""
    asked = listing(actor, status, late_on=late_on, after=after, limit=limit)
    return (await session.execute(asked)).all()


def listing(
    actor: Actor,
    status: LoopStatus | None,
    *,
    late_on: date | None = None,
    after: Key | None,
    limit: int,
) -> Select[tables.BadRating, tables.Rating]:
    """The page is cut first and its ratings found then: of a whole city there are many.

    By day, and within a day in no order that tells the hour.
    """
    cut = select(B).where(by_area(actor, B.area_code))
    if status is not None:
        cut = cut.where(B.status == status)
    if late_on is not None:
        cut = cut.where(_is_late(late_on))
    if after is not None:
        cut = cut.where(tuple_(B.opened_on, B.rating_id) > after)
    found = aliased(B, cut.order_by(B.opened_on, B.rating_id).limit(limit + 1).subquery())
    in_turn = (found.opened_on, found.rating_id)
    return select(found, R).join(R, R.id == found.rating_id).order_by(*in_turn)


def _is_late(today: date) -> ColumnElement[bool]:
    """Whether the step that is waited for should have been done before today."""
    days = {status: B.clocks[step]["on"].astext for status, step in AWAITED.items()}
    return case(days, value=B.status) < today.isoformat()


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


async def number_of(session: AsyncSession, rating_id: UUID) -> str:
    """The number of the referral that was rated: for who calls back, and nobody else."""
    statement = select(D.number).join(R, R.referral_id == D.id).where(R.id == rating_id)
    number = await session.scalar(statement)
    if number is None:
        raise NotFound(what=WHAT, key=rating_id)
    return number


async def of_rater(session: AsyncSession, rating_id: UUID, rater: str) -> tables.BadRating:
    """The loop of one of a resident's own ratings."""
    statement = (
        select(B)
        .join(R, R.id == B.rating_id)
        .join(D, D.id == R.referral_id)
        .where(B.rating_id == rating_id, D.rater == rater)
    )
    row = await session.scalar(statement)
    if row is None:
        raise NotFound(what=WHAT, key=rating_id)
    return row


async def loops_of(
    session: AsyncSession,
    which: ColumnElement[bool],
    from_on: date,
    until_on: date,
    *,
    now: datetime | None,
) -> Loops:
    """How far bad ratings have come that were given for services of some days.

    By now; without it by the time when they were released: that does not change any more.
    """
    due_on = B.clocks["verify"]["on"].astext
    verified_on = func.to_char(func.timezone("Asia/Shanghai", B.verified_at), "YYYY-MM-DD")
    by_then: Any = L.published_at if now is None else literal(now)
    today = func.to_char(func.timezone("Asia/Shanghai", by_then), "YYYY-MM-DD")
    statement = (
        select(
            func.count(),
            func.count().filter(or_(B.verified_at <= by_then, due_on < today)),
            func.count().filter(verified_on <= due_on, B.verified_at <= by_then),
            func.count().filter(B.rectified_at <= by_then),
            func.count().filter(B.called_back_at <= by_then),
            func.count().filter(B.call_back == CallBack.SATISFIED, B.called_back_at <= by_then),
        )
        .join(R, R.id == B.rating_id)
        .where(which, R.served_on.between(from_on, until_on))
    )
    if now is None:
        statement = statement.join(L, R.served_on.between(L.from_on, L.until_on))
    return Loops(*(await session.execute(statement)).one())


def appeals_visible(actor: Actor) -> ColumnElement[bool]:
    """A provider's own appeals; those of the area."""
    mine = by_area(actor, A.area_code)
    if Role.PROVIDER in actor.roles and actor.org is not None:
        return mine | (A.provider_id == actor.org)
    return mine


async def appeals(
    session: AsyncSession, actor: Actor, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[tables.Appeal]:
    """Appeals that the caller may see; one more tells of a next page."""
    statement = select(A).where(appeals_visible(actor))
    if after is not None:
        statement = statement.where(tuple_(A.appealed_at, A.id) > after)
    return (await session.scalars(statement.order_by(A.appealed_at, A.id).limit(limit + 1))).all()


async def appeal(session: AsyncSession, rating_id: UUID) -> tables.Appeal:
    """One appeal, locked."""
    statement = select(A).where(A.id == rating_id).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=APPEAL, key=rating_id)
    return row
