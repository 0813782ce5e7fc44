"""Pledges: what is public, what staff and the body itself work on, and the feed's states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, false, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.registry import pledges as contracts
from common.errors import NotFound, Text
from registry import tables
from registry.queries.finding import Key, chosen, in_order, ranked, under, within_reach

P, A, O = tables.Pledge, tables.Area, tables.Organisation
WHAT: Final = Text("资源", "pledge")
# A literal, so that a prepared statement can use the partial index.
PUBLIC: Final[ColumnElement[bool]] = literal_column("pledge.status IN ('pledged', 'delivered')")
_ELSEWHERE: Final = {"area_path", "organisation_name"}
_SHOWN: Final = tuple(name for name in contracts.Lead.model_fields if name not in _ELSEWHERE)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of pledges is asked for."""

    area: str | None = None
    resource_kind: contracts.ResourceKind | None = None
    status: contracts.PledgeStatus | None = None
    organisation_id: UUID | None = None
    collective_need_id: UUID | None = None


def columns() -> Select[Any]:
    """Pledges as they are shown, sealed contacts among them."""
    return (
        select(
            *(getattr(P, name) for name in _SHOWN),
            A.path_name.label("area_path"),
            func.coalesce(O.name, P.organisation_name).label("organisation_name"),
        )
        .join(A, A.id == P.area_id)
        .outerjoin(O, O.id == P.organisation_id)
    )


def own(actor: Actor) -> ColumnElement[bool]:
    """Leads that are the caller's business: staff by area, a body by its own."""
    return or_(false(), *within_reach(actor, P.area_code, P.organisation_id))


async def page(
    session: AsyncSession,
    seen: ColumnElement[bool],
    filters: Filters,
    *,
    after: Key | None,
    limit: int,
) -> list[Row[Any]]:
    """A page of pledges, by area code and id."""
    wanted = select().select_from(P).where(seen, *_wanted(filters))
    found = ranked(wanted, P.area_code, P.id, after=after, limit=limit)
    return list(await session.execute(in_order(columns(), found, P.id)))


def _wanted(filters: Filters) -> list[ColumnElement[bool]]:
    return chosen(
        (filters.area, partial(under, P.area_code)),
        (filters.resource_kind, P.resource_kind.__eq__),
        (filters.status, P.status.__eq__),
        (filters.organisation_id, P.organisation_id.__eq__),
        (filters.collective_need_id, P.collective_need_id.__eq__),
    )


async def found(session: AsyncSession, seen: ColumnElement[bool], pledge_id: UUID) -> Row[Any]:
    """One pledge among those that the caller may see."""
    statement = columns().where(P.id == pledge_id, seen)
    row: Row[Any] | None = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=pledge_id)
    return row


async def pledge_for_update(session: AsyncSession, pledge_id: UUID) -> tables.Pledge:
    """A pledge, locked until the transaction ends."""
    statement = select(P).where(P.id == pledge_id).with_for_update()
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=pledge_id)
    return row


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, contracts.Pledge]:
    """The feed's states: what is pledged or delivered; a lead is nobody else's business."""
    rows = await session.execute(columns().where(P.id.in_(ids), PUBLIC))
    return {row.id: contracts.Pledge.model_validate(row) for row in rows}
