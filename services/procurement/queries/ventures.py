"""Calls, applications, reviews and grants of venture philanthropy."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.roles import Role
from common.contracts import procurement_ventures as contracts
from common.contracts.procurement_panels import RelationKind
from common.errors import NotFound, Text
from common.scope import by_area
from procurement import tables
from procurement.domain.panels import Tie
from procurement.queries import panels

C, A, R, G = (
    tables.VentureCall,
    tables.VentureApplication,
    tables.VentureReview,
    tables.VentureGrant,
)
WHAT: Final = {
    C: Text("公益创投征集", "call"),
    A: Text("公益创投申请", "application"),
    G: Text("公益创投资助", "grant"),
}
Row = TypeVar("Row", tables.VentureCall, tables.VentureApplication, tables.VentureGrant)
_SHOWN: Final = set(contracts.Application.model_fields) - {"reviews", "points"}


async def locked(session: AsyncSession, table: type[Row], key: UUID) -> Row:
    """A record as it is now, locked until the transaction ends."""
    statement = select(table).where(table.id == key).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=WHAT[table], key=key)
    return row


async def steady(session: AsyncSession, call_id: UUID) -> tables.VentureCall:
    """A call that stays as it is until the transaction ends, for many at once."""
    statement = select(C).where(C.id == call_id).with_for_update(read=True)
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=WHAT[C], key=call_id)
    return row


async def page(
    session: AsyncSession, table: type[Row], *, after: UUID | None, limit: int, **where: Any
) -> Sequence[Row]:
    """A page of public records by id; one more than `limit` tells of a next page."""
    statement = select(table)
    for name, value in where.items():
        if value is not None:
            statement = statement.where(getattr(table, name) == value)
    if after is not None:
        statement = statement.where(table.id > after)
    return (await session.scalars(statement.order_by(table.id).limit(limit + 1))).all()


async def one(session: AsyncSession, table: type[Row], key: UUID) -> Row:
    """A public record."""
    row = await session.get(table, key)
    if row is None:
        raise NotFound(what=WHAT[table], key=key)
    return row


def visible(actor: Actor) -> ColumnElement[bool]:
    """Decided projects are everybody's; before, the applicant's, the desk's, the reviewers'."""
    of_area = select(C.id).where(C.id == A.call_id, by_area(actor, C.area_code)).exists()
    ways = [A.status.in_(("granted", "declined")), of_area]
    if Role.PROVIDER in actor.roles and actor.org is not None:
        ways.append(A.applicant_id == actor.org)
    if Role.PANEL_EXPERT in actor.roles:
        ways.append(A.status == contracts.ApplicationStatus.SUBMITTED)
    return or_(*ways)


async def applications(
    session: AsyncSession, actor: Actor, call_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[contracts.Application]:
    """A page of a call's projects that the caller may see."""
    statement = select(A).where(A.call_id == call_id, visible(actor))
    if after is not None:
        statement = statement.where(A.id > after)
    rows = (await session.scalars(statement.order_by(A.id).limit(limit + 1))).all()
    return await shown(session, rows)


async def application(session: AsyncSession, actor: Actor, key: UUID) -> tables.VentureApplication:
    """A project that the caller may see."""
    row = await session.scalar(select(A).where(A.id == key, visible(actor)))
    if row is None:
        raise NotFound(what=WHAT[A], key=key)
    return row


async def shown(
    session: AsyncSession, rows: Sequence[tables.VentureApplication]
) -> Sequence[contracts.Application]:
    """Projects as they are answered; the mean is told once enough have reviewed."""
    found = await reviews(session, [row.id for row in rows])
    calls = select(C.id, C.reviews_least).where(C.id.in_({row.call_id for row in rows}))
    least = {each.id: each.reviews_least for each in await session.execute(calls)}
    made = []
    for row in rows:
        count, mean = found.get(row.id, (0, 0.0))
        made.append(
            contracts.Application(
                **{name: getattr(row, name) for name in _SHOWN},
                reviews=count,
                points=mean if count >= least[row.call_id] else None,
            )
        )
    return made


async def reviews(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, tuple[int, float]]:
    """How many reviewed a project, and the mean of their points."""
    statement = (
        select(R.application_id, func.count(), func.avg(R.points))
        .where(R.application_id.in_(ids))
        .group_by(R.application_id)
    )
    return {key: (count, float(mean)) for key, count, mean in await session.execute(statement)}


async def submitted(session: AsyncSession, call_id: UUID) -> Sequence[tables.VentureApplication]:
    """The projects of a call that wait for a decision, locked: before their call, as all do."""
    is_submitted = A.status == contracts.ApplicationStatus.SUBMITTED
    statement = select(A).where(A.call_id == call_id, is_submitted).order_by(A.id)
    return (await session.scalars(statement.with_for_update())).all()


async def undecided(session: AsyncSession, call_id: UUID) -> int:
    """How many projects of a call wait for a decision."""
    submitted = A.status == contracts.ApplicationStatus.SUBMITTED
    statement = select(func.count()).where(A.call_id == call_id, submitted)
    return int(await session.scalar(statement) or 0)


async def reviewer(
    session: AsyncSession, indexes: Sequence[bytes], today: date
) -> Sequence[Tie] | None:
    """The relations of the expert who calls; None for somebody who is not in the pool."""
    expert = tables.Expert
    statement = select(expert.id).where(expert.account_index.in_(indexes), expert.is_active)
    key = await session.scalar(statement)
    if key is None:
        return None
    rows = (await panels.relations(session, [key]))[key]
    return [
        Tie(row.organisation_id, RelationKind(row.kind), row.from_on, row.to_on)
        for row in rows
        if row.from_on <= today
    ]
