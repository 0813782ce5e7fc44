"""Offerings: one, many, near a point, open at a moment, and their state for the feed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Row,
    Select,
    SQLColumnExpression,
    and_,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy import Text as Text_
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.permissions import Permission
from common.contracts.registry import offerings as contracts
from common.contracts.registry.venues import Accessibility
from common.contracts.vocabulary import Channel, PriceKind
from common.errors import NotFound, Text
from common.geo import System
from common.opening import Moment
from common.text import normalise
from registry import tables
from registry.queries.finding import (
    Key,
    Near,
    around,
    chosen,
    distance,
    either,
    in_order,
    metres,
    ranked,
    under,
    within_reach,
)
from registry.queries.opening import open_at
from registry.queries.turns import in_turn
from registry.queries.venues import in_system

O, V, A = tables.Offering, tables.Venue, tables.Area
E = tables.DictionaryEntry
WHAT: Final = Text("服务", "offering")
RULES: Final = tuple(contracts.Eligibility.model_fields)
# A literal, so that a prepared statement can use the partial indexes.
PUBLISHED: Final = O.status == literal_column("'published'")
_ELSEWHERE: Final = {"venue", "area_path", "eligibility", "schedule"}
_SHOWN: Final = tuple(n for n in contracts.Offering.model_fields if n not in _ELSEWHERE)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of offerings is asked for; category and group mean those under them too."""

    words: str | None = None
    category: str | None = None
    group: str | None = None
    price_kind: PriceKind | None = None
    price_max_fen: int | None = None
    channel: Channel | None = None
    area: str | None = None
    code: str | None = None
    provider_id: UUID | None = None
    venue_id: UUID | None = None
    service_item_id: UUID | None = None
    status: contracts.OfferingStatus | None = None
    open_at: Moment | None = None
    accessibility: Accessibility | None = None
    near: Near | None = None


def visible(actor: Actor) -> ColumnElement[bool]:
    """Published offerings are public; the others are shown to who may work on them."""
    if not actor.may(Permission.OFFERING_READ_DRAFT):
        return PUBLISHED
    return either([PUBLISHED, *within_reach(actor, O.area_code, O.provider_id)])


def columns() -> Select[Any]:
    """Offerings as they are shown, with area path and venue: one query a page."""
    return (
        select(
            *(getattr(O, name) for name in (*_SHOWN, *RULES)),
            O.hours.label("schedule"),
            O.venue_id,
            O.lon,
            O.lat,
            A.path_name.label("area_path"),
            V.name.label("venue_name"),
            V.address.label("venue_address"),
        )
        .join(A, A.id == O.area_id)
        .outerjoin(V, V.id == O.venue_id)
    )


def shown(row: Row[Any], system: System = System.WGS84) -> contracts.FoundOffering:
    """A row of a list as an offering, its point in the system that was asked for."""
    found = _nested(row, system)
    found.setdefault("distance_m", None)
    return contracts.FoundOffering.model_validate(found)


def offering_shown(row: Row[Any], system: System = System.WGS84) -> contracts.Offering:
    """A row as an offering by itself."""
    return contracts.Offering.model_validate(_nested(row, system))


def _nested(row: Row[Any], system: System) -> dict[str, Any]:
    found = in_system(row._asdict(), system)
    found["eligibility"] = {name: found[name] for name in RULES}
    found["venue"] = None
    if found["venue_id"] is not None:
        found["venue"] = {
            "id": found["venue_id"],
            "name": found["venue_name"],
            "address": found["venue_address"],
            "lon": found["lon"],
            "lat": found["lat"],
        }
    return found


async def page(
    session: AsyncSession, actor: Actor, filters: Filters, *, after: Key | None, limit: int
) -> list[Row[Any]]:
    """A page of offerings, by area code and id, or by distance from a point."""
    return list(await session.execute(listing(actor, filters, after=after, limit=limit)))


def listing(actor: Actor, filters: Filters, *, after: Key | None, limit: int) -> Select[Any]:
    """The statement behind `page`; without a status only what is published."""
    wanted = matching(actor, filters)
    near = filters.near
    rank: SQLColumnExpression[Any] = O.area_code if near is None else distance(O.place, near)
    found = ranked(wanted, rank, O.id, after=after, limit=limit)
    statement = in_order(columns(), found, O.id)
    if near is not None:
        statement = statement.add_columns(metres(O.place, near).label("distance_m"))
    return statement


def matching(actor: Actor, filters: Filters) -> Select[Any]:
    """The offerings that the filters ask for, without columns or order."""
    wanted = select().select_from(O).where(*_wanted(filters), _status(actor, filters))
    if filters.open_at is None and filters.accessibility is None:
        return wanted
    there = chosen(
        (filters.open_at, _open),
        (filters.accessibility, lambda feature: V.accessibility.contains([feature])),
    )
    return wanted.outerjoin(V, V.id == O.venue_id).where(*there)


def _status(actor: Actor, filters: Filters) -> ColumnElement[bool]:
    if filters.status is None:
        return PUBLISHED
    return and_(O.status == filters.status, visible(actor))


def _wanted(filters: Filters) -> list[ColumnElement[bool]]:
    return chosen(
        (filters.code, O.code.__eq__),
        (filters.price_kind, O.price_kind.__eq__),
        (filters.price_max_fen, O.price_fen.__le__),
        (filters.provider_id, O.provider_id.__eq__),
        (filters.venue_id, O.venue_id.__eq__),
        (filters.service_item_id, O.service_item_id.__eq__),
        (filters.words, _names),
        (filters.category, lambda code: O.category.in_(_under("service_category", code))),
        (filters.group, lambda code: O.target_groups.overlap(_under_as_list(code))),
        (filters.channel, lambda channel: O.channels.contains([channel])),
        (filters.area, partial(under, O.area_code)),
        (filters.near, partial(around, O.place)),
    )


def _names(words: str) -> ColumnElement[bool]:
    """Whether name or code has the words as typed: enough for the few that are not published."""
    typed = normalise(words)
    return O.name.icontains(typed, autoescape=True) | (O.code == typed)


def _under(dictionary: str, code: str) -> Select[Any]:
    """The codes under an entry of a dictionary, its own included."""
    top = select(E.path).where(E.dictionary == dictionary, E.code == code).scalar_subquery()
    beneath = E.path.startswith(top.op("||")("/"))
    return select(E.code).where(E.dictionary == dictionary, or_(E.path == top, beneath))


def _under_as_list(code: str) -> ColumnElement[Any]:
    return func.array(_under("target_group", code).scalar_subquery(), type_=ARRAY(Text_))


def published(ids: Sequence[UUID]) -> ColumnElement[bool]:
    """Those of some offerings that are published."""
    return and_(O.id.in_(ids), PUBLISHED)


def _open(moment: Moment) -> ColumnElement[bool]:
    """Open by its own schedule, and by its venue's hours where it happens only there.

    Without a schedule the venue's hours decide; with neither nothing is known, which is not open.
    The venue is joined.
    """
    own = open_at(O, moment)
    there = and_(V.status == "active", open_at(V, moment))
    return case(
        (O.hours.is_(None), there),
        (O.channels == [Channel.ON_SITE], and_(own, there)),
        else_=own,
    )


async def found(session: AsyncSession, actor: Actor, offering_id: UUID) -> Row[Any]:
    """One offering as it is shown to a caller."""
    statement = columns().where(O.id == offering_id, visible(actor))
    row: Row[Any] | None = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=offering_id)
    return row


async def inside(session: AsyncSession, actor: Actor, offering_id: UUID) -> None:
    """404 unless the offering is the caller's own business: of the area, or of the organisation."""
    mine = either([false(), *within_reach(actor, O.area_code, O.provider_id)])
    statement = select(O.id).where(O.id == offering_id, mine)
    if (await session.execute(statement)).first() is None:
        raise NotFound(what=WHAT, key=offering_id)


async def offering_for_update(session: AsyncSession, offering_id: UUID) -> tables.Offering:
    """An offering, locked until the transaction ends. Its venue is locked before it."""
    statement = select(O).where(O.id == offering_id).with_for_update()
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=offering_id)
    return row


async def venue_of(session: AsyncSession, offering_id: UUID) -> UUID | None:
    """Where an offering happens, read before anything is locked."""
    venue_id: UUID | None = await session.scalar(select(O.venue_id).where(O.id == offering_id))
    return venue_id


async def provider_of(session: AsyncSession, offering_id: UUID) -> UUID | None:
    """Who provides an offering, read before anything is locked."""
    provider_id: UUID | None = await session.scalar(
        select(O.provider_id).where(O.id == offering_id)
    )
    return provider_id


async def suspend_all(
    session: AsyncSession, provider_id: UUID, *, by: str, now: datetime
) -> list[Row[Any]]:
    """Suspend what a provider has published; ids and area codes."""
    statement = (
        update(O)
        .where(in_turn(O.id, O.provider_id == provider_id, PUBLISHED))
        .values(
            status=contracts.OfferingStatus.SUSPENDED,
            status_since=now,
            version=O.version + 1,
            updated_at=now,
            updated_by=by,
        )
        .returning(O.id, O.area_code)
        .execution_options(synchronize_session=False)
    )
    return list(await session.execute(statement))


async def history(session: AsyncSession, offering_id: UUID) -> list[tables.OfferingStatusChange]:
    """The steps of an offering's life, the first one first.

    An import keeps no row for the first step of a new offering: the offering itself tells it.
    """
    change = tables.OfferingStatusChange
    statement = select(change).where(change.offering_id == offering_id).order_by(change.id)
    steps = list(await session.scalars(statement))
    if steps and steps[0].from_status is None:
        return steps
    made = select(O.created_at, O.created_by, O.status).where(O.id == offering_id)
    row = (await session.execute(made)).one()
    first = change(
        offering_id=offering_id,
        from_status=None,
        to_status=steps[0].from_status if steps else row.status,
        at=row.created_at,
        by=row.created_by,
        reason=None,
    )
    return [first, *steps]


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, contracts.Offering]:
    """The feed's states: what is published; everything else is gone from the feed."""
    rows = await session.execute(columns().where(published(ids)))
    return {row.id: offering_shown(row) for row in rows}
