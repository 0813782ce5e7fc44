"""Spaces: what is shown, what a booking needs of them, their locks, and the feed's states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Text, cast, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from common import errors
from common.contracts.registry import spaces as contracts
from common.contracts.registry.bookings import SpacePurpose
from common.contracts.registry.venues import VenueStatus
from common.errors import NotFound
from registry import tables
from registry.queries.finding import Key, chosen, in_order, ranked, under

S, V = tables.Space, tables.Venue
WHAT: Final = errors.Text("空间", "space")
_SHOWN: Final = tuple(name for name in contracts.Space.model_fields if name != "opening_hours")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of spaces is asked for."""

    area: str | None = None
    venue_id: UUID | None = None
    capacity: int | None = None
    purpose: SpacePurpose | None = None
    equipment: Sequence[contracts.Equipment] | None = None
    status: contracts.SpaceStatus | None = None


@dataclass(frozen=True, slots=True)
class Bookable:
    """A space with what a booking needs of its venue."""

    space: tables.Space
    area_code: str
    hours: Mapping[str, Any] | None
    is_usable: bool


def columns() -> Select[Any]:
    """Spaces as they are shown."""
    return select(*(getattr(S, name) for name in _SHOWN), S.hours.label("opening_hours"))


async def page(
    session: AsyncSession, filters: Filters, *, after: Key | None, limit: int
) -> list[Row[Any]]:
    """A page of spaces, by their venue's area code and id."""
    wanted = select().select_from(S).join(V, V.id == S.venue_id).where(*_wanted(filters))
    found = ranked(wanted, V.area_code, S.id, after=after, limit=limit)
    return list(await session.execute(in_order(columns(), found, S.id)))


def _wanted(filters: Filters) -> list[ColumnElement[bool]]:
    return chosen(
        (filters.area, partial(under, V.area_code)),
        (filters.venue_id, S.venue_id.__eq__),
        (filters.capacity, S.capacity.__ge__),
        (filters.purpose, lambda word: S.purposes.contains([word])),
        (filters.equipment or None, lambda words: S.equipment.contains(cast(words, ARRAY(Text)))),
        (filters.status, S.status.__eq__),
    ) or [true()]


async def found(session: AsyncSession, space_id: UUID) -> Row[Any]:
    """One space; all of them are public."""
    row: Row[Any] | None = (await session.execute(columns().where(S.id == space_id))).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=space_id)
    return row


async def venue_of(session: AsyncSession, space_id: UUID) -> UUID | None:
    """The venue of a space; None when there is no such space."""
    venue_id: UUID | None = await session.scalar(select(S.venue_id).where(S.id == space_id))
    return venue_id


async def bookable(session: AsyncSession, space_id: UUID) -> Bookable:
    """A space with its venue's place and the hours that count: its own, else the venue's."""
    statement = (
        select(S, V.area_code, func.coalesce(S.hours, V.hours).label("hours"), V.status)
        .join(V, V.id == S.venue_id)
        .where(S.id == space_id)
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=space_id)
    space: tables.Space = row[0]
    return Bookable(space, row.area_code, row.hours, row.status == VenueStatus.ACTIVE)


async def place_of(session: AsyncSession, space_id: UUID) -> tuple[UUID, str]:
    """Venue and area code of a space."""
    statement = select(S.venue_id, V.area_code).join(V, V.id == S.venue_id).where(S.id == space_id)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=space_id)
    return row.venue_id, row.area_code


async def space_for_update(session: AsyncSession, space_id: UUID) -> tables.Space:
    """A space, locked until the transaction ends: nobody books it meanwhile."""
    statement = select(S).where(S.id == space_id).with_for_update(key_share=True)
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=space_id)
    return row


async def locked(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[tables.Space]:
    """Spaces, locked one after the other in order of their ids, and read anew: a merge of their
    venue may have come in between.

    Every writer of occupancies takes these locks first and in this order: nobody waits in a ring.
    """
    statement = (
        select(S)
        .where(S.id.in_(set(ids)))
        .order_by(S.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).all()


async def rooms_of(session: AsyncSession, venue_id: UUID) -> list[UUID]:
    """The rooms of a venue that divide no further."""
    statement = select(S.id).where(S.venue_id == venue_id, func.cardinality(S.parts) == 0)
    return list(await session.scalars(statement.order_by(S.id)))


async def halls_of(session: AsyncSession, venue_id: UUID, rooms: Sequence[UUID]) -> list[UUID]:
    """Halls of a venue that some of these rooms belong to."""
    statement = select(S.id).where(S.venue_id == venue_id, S.parts.overlap(list(rooms)))
    return list(await session.scalars(statement))


async def is_in_use(session: AsyncSession, venue_id: UUID) -> bool:
    """Whether the venue of a room is open to bookings."""
    status = await session.scalar(select(V.status).where(V.id == venue_id))
    return status == VenueStatus.ACTIVE


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, contracts.Space]:
    """The feed's states: every space that is not closed for good."""
    rows = await session.execute(columns().where(S.id.in_(ids), S.status != "closed"))
    return {row.id: contracts.Space.model_validate(row) for row in rows}
