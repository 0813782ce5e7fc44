"""Venues: one, many, near a point, open at a moment, and their state for the feed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Row,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy import Text as Plain
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.permissions import Permission
from common.contracts.registry import venues as contracts
from common.errors import NotFound, Text
from common.geo import System, from_wgs84
from common.opening import Moment
from common.scope import area_given, area_ways
from common.spelt import Shapes
from registry import tables
from registry.queries.finding import (
    Asked,
    Key,
    Near,
    any_of,
    around,
    chosen,
    distance,
    either,
    in_order,
    metres,
    ranked,
    says,
    under,
    unindexed,
    within_reach,
)
from registry.queries.opening import open_at

V, A = tables.Venue, tables.Area
WHAT: Final = Text("载体", "venue")
_SHOWN: Final = (
    *("id", "code", "name", "kind", "area_id", "area_code", "address", "lon", "lat"),
    *("coord_source", "operator_mode", "owner_id", "operator_id", "floor_area_m2", "phone"),
    *("accessibility", "status", "version", "updated_at"),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of venues is asked for; `kinds` holds a kind and those under it."""

    words: Asked | None = None
    kinds: Sequence[str] | None = None
    area: str | None = None
    code: str | None = None
    operator_mode: contracts.OperatorMode | None = None
    status: contracts.VenueStatus | None = None
    open_at: Moment | None = None
    near: Near | None = None

    @property
    def is_common(self) -> bool:
        """Whether it asks for what a kept select can: neither words nor a moment nor nearness."""
        return self.words is None and self.open_at is None and self.near is None


STANDS: Final[ColumnElement[bool]] = V.merged_into_id.is_(None)
_PUBLIC: Final[ColumnElement[bool]] = V.status != literal_column("'closed'")


def visible(actor: Actor) -> ColumnElement[bool]:
    """Venues that stand are public; closed ones are shown to the staff of the area.

    One merged into another is gone for everybody.
    """
    if not actor.may(Permission.VENUE_WRITE):
        return and_(STANDS, _PUBLIC)
    return and_(STANDS, either([_PUBLIC, *within_reach(actor, V.area_code)]))


def columns() -> Select[Any]:
    """Venues as they are shown, with the path of their area."""
    shown = (getattr(V, name) for name in _SHOWN)
    return select(*shown, V.hours.label("opening_hours"), A.path_name.label("area_path")).join(
        A, A.id == V.area_id
    )


def shown(row: Row[Any], system: System = System.WGS84) -> contracts.FoundVenue:
    """A row as a venue, its point in the system that was asked for."""
    found = row._asdict()
    found.setdefault("distance_m", None)
    return contracts.FoundVenue.model_validate(in_system(found, system))


def venue_shown(row: Row[Any], system: System = System.WGS84) -> contracts.Venue:
    """A row as a venue by itself."""
    return contracts.Venue.model_validate(in_system(row._asdict(), system))


def in_system(found: dict[str, Any], system: System) -> dict[str, Any]:
    """The values of a row with `lon` and `lat` in a coordinate system."""
    if found["lon"] is not None and system is not System.WGS84:
        found["lon"], found["lat"] = from_wgs84(found["lon"], found["lat"], system)
    return found


async def page(
    session: AsyncSession, actor: Actor, filters: Filters, *, after: Key | None, limit: int
) -> list[Any]:
    """A page of venues, by area code and id, or by distance from a point."""
    if filters.is_common and not actor.may(Permission.VENUE_WRITE):
        after_area, after_id = after or (None, None)
        return await _pages(limit).found(
            session,
            code=filters.code,
            operator_mode=filters.operator_mode,
            status=filters.status,
            kinds=filters.kinds,
            **area_given(filters.area),
            after_area=after_area,
            after_id=after_id,
        )
    return list(await session.execute(listing(actor, filters, after=after, limit=limit)))


@cache
def _pages(limit: int) -> Shapes:
    """The pages of so many venues as everybody sees them."""

    def listed(*ways: ColumnElement[bool]) -> Select[Any]:
        wanted = select().select_from(V).where(STANDS, _PUBLIC, *ways)
        return in_order(columns(), ranked(wanted, V.area_code, V.id, after=None, limit=limit), V.id)

    after = tuple_(bindparam("after_area"), bindparam("after_id"))
    return Shapes(
        listed,
        code=V.code == bindparam("code"),
        operator_mode=V.operator_mode == bindparam("operator_mode"),
        status=V.status == bindparam("status"),
        kinds=V.kind == func.any(bindparam("kinds", type_=ARRAY(Plain))),
        **area_ways(V.area_code),
        after_id=tuple_(V.area_code, V.id) > after,
    )


def listing(actor: Actor, filters: Filters, *, after: Key | None, limit: int) -> Select[Any]:
    """The statement behind `page`."""
    wanted = select().select_from(V).where(visible(actor), *_wanted(filters))
    near = filters.near
    rank: SQLColumnExpression[Any] = V.area_code if near is None else distance(V.place, near)
    if filters.words is not None:
        rank = unindexed(rank, text_like=near is None)
    found = ranked(wanted, rank, V.id, after=after, limit=limit)
    statement = in_order(columns(), found, V.id)
    if near is not None:
        statement = statement.add_columns(metres(V.place, near).label("distance_m"))
    return statement


def _wanted(filters: Filters) -> list[ColumnElement[bool]]:
    return chosen(
        (filters.code, V.code.__eq__),
        (filters.operator_mode, V.operator_mode.__eq__),
        (filters.status, V.status.__eq__),
        (filters.words, partial(says, V.search)),
        (filters.kinds, partial(any_of, V.kind)),
        (filters.area, partial(under, V.area_code)),
        (filters.open_at, _open),
        (filters.near, partial(around, V.place)),
    )


def _open(moment: Moment) -> ColumnElement[bool]:
    return and_(V.status == contracts.VenueStatus.ACTIVE, open_at(V, moment))


async def found(session: AsyncSession, actor: Actor, venue_id: UUID) -> Row[Any]:
    """One venue as it is shown to a caller."""
    statement = columns().where(V.id == venue_id, visible(actor))
    row: Row[Any] | None = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=venue_id)
    return row


async def venue_for_update(session: AsyncSession, venue_id: UUID) -> tables.Venue:
    """A venue, locked until the transaction ends: nobody copies its place meanwhile."""
    statement = select(V).where(V.id == venue_id, STANDS).with_for_update()
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=venue_id)
    return row


async def area_of(session: AsyncSession, venue_id: UUID) -> str:
    """The area in which a venue lies, merged or not.

    Asked for after a record in it was locked: joined to it, the venue would be that of before.
    """
    return (await session.execute(select(V.area_code).where(V.id == venue_id))).scalar_one()


async def venues_for_copy(
    session: AsyncSession, ids: Sequence[UUID | None]
) -> Mapping[UUID, tables.Venue]:
    """Venues whose place an offering is about to copy: they do not move until it is written.

    Locked in id order, before the offering itself, as everywhere: no two callers wait in a circle.
    """
    wanted = {each for each in ids if each is not None}
    if not wanted:
        return {}
    statement = select(V).where(V.id.in_(wanted), STANDS).order_by(V.id).with_for_update(read=True)
    return {row.id: row for row in await session.scalars(statement)}


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, contracts.Venue]:
    """The feed's states: venues that stand; a closed or merged one is gone."""
    rows = await session.execute(columns().where(V.id.in_(ids), _PUBLIC, STANDS))
    return {row.id: contracts.Venue.model_validate(row) for row in rows}


async def ids_by_code(session: AsyncSession, codes: Sequence[str]) -> dict[str, UUID]:
    """Venues by external code."""
    rows = await session.execute(select(V.code, V.id).where(V.code.in_(codes)))
    return {str(code): venue_id for code, venue_id in rows}
