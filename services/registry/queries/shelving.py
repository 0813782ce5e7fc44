"""What the index in memory reads: all that is published, what changed, and how far that goes."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Row,
    Select,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    text,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import NULLTYPE

from common.contracts.registry.dictionaries import Dictionary
from registry import tables
from registry.queries.dictionaries import in_force

O, V, E, A = tables.Offering, tables.Venue, tables.DictionaryEntry, tables.Area
KINDS: Final = ("offering", "venue", "dictionary_entry", "area")
READ: Final = (Dictionary.SERVICE_CATEGORY, Dictionary.TARGET_GROUP, Dictionary.SYNONYM)
PORTION: Final = 500
STRIDE: Final = 10_000  # rows of a walk over everything, by one cursor
_PUBLISHED: Final = O.status == literal_column("'published'")
_SHOWN: Final = (
    O.id,
    O.area_code,
    O.name,
    O.description,
    O.code,
    O.category,
    O.category_path,
    type_coerce(O.target_groups, NULLTYPE).label("groups"),  # as the driver gives them: a type
    type_coerce(O.channels, NULLTYPE).label("channels"),  # of ours would look at each list again
    O.price_kind,
    O.price_fen,
    O.provider_id,
    O.service_item_id,
    O.venue_id,
    O.place,
    cast(O.hours, Text).label("hours"),
    V.name.label("venue_name"),
    V.address.label("venue_address"),
    cast(V.hours, Text).label("venue_hours"),
    (V.status == "active").label("venue_stands"),
    type_coerce(V.accessibility, NULLTYPE).label("features"),
)
_HEADS: Final = text("SELECT kind, last_number, epoch FROM feed_head WHERE kind = ANY(:kinds)")
_CHANGED: Final = text(
    "SELECT change_number, record_id FROM feed_item WHERE kind = :kind AND change_number > :after"
    " ORDER BY change_number LIMIT :limit"
)


_UNNUMBERED: Final = text(
    "SELECT id, kind, record_id FROM feed_outbox WHERE kind = ANY(:kinds) ORDER BY id"
)
_WAITING: Final = text(
    "SELECT EXISTS (SELECT FROM feed_outbox WHERE id <= :upto AND kind = ANY(:kinds))"
)


class Head(NamedTuple):
    """How far a feed goes; another epoch after a restore."""

    number: int
    epoch: str


async def heads(session: AsyncSession) -> Mapping[str, Head]:
    """How far the feeds go that the index follows."""
    found = await session.execute(_HEADS, {"kinds": list(KINDS)})
    return {row.kind: Head(row.last_number, row.epoch) for row in found}


async def unnumbered(session: AsyncSession) -> Sequence[Row[Any]]:
    """Changes that wait for their number: id of the mark, kind, record."""
    return list(await session.execute(_UNNUMBERED, {"kinds": list(KINDS)}))


async def is_waiting(session: AsyncSession, upto: int) -> bool:
    """Whether a mark up to this one still waits."""
    values = {"upto": upto, "kinds": list(KINDS)}
    return bool((await session.execute(_WAITING, values)).scalar_one())


async def changed(
    session: AsyncSession, kind: str, after: int, *, limit: int
) -> Sequence[Row[Any]]:
    """The next changed records of a feed: number and id."""
    values = {"kind": kind, "after": after, "limit": limit}
    rows: Sequence[Row[Any]] = (await session.execute(_CHANGED, values)).all()
    return rows


async def walk(session: AsyncSession) -> AsyncIterator[Sequence[Row[Any]]]:
    """All published offerings in order of area code and id, portion by portion."""
    statement = _entries(_PUBLISHED).order_by(O.area_code, O.id)
    connection = await session.connection()  # no entities are read: half the time of a session
    async with connection.stream(statement) as found:
        async for rows in found.partitions(STRIDE):
            yield rows


async def entries(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Those of some offerings that are published."""
    rows: Sequence[Row[Any]] = (
        await session.execute(_entries(_PUBLISHED, O.id == _one_of(ids)))
    ).all()
    return rows


async def offerings_of(session: AsyncSession, venues: Sequence[UUID]) -> list[UUID]:
    """The offerings that happen in some venues."""
    return list(await session.scalars(select(O.id).where(O.venue_id == _one_of(venues))))


async def offerings_in(session: AsyncSession, areas: Sequence[UUID]) -> list[UUID]:
    """The published offerings in some areas and all under them."""
    codes = await session.scalars(select(A.short_code).where(A.id == _one_of(areas)))
    under = [O.area_code.between(c.ljust(12, "0"), c.ljust(12, "9")) for c in codes if c]
    if not under:
        return []
    return list(await session.scalars(select(O.id).where(_PUBLISHED, or_(*under))))


async def words(session: AsyncSession, *, on: date) -> Sequence[Row[Any]]:
    """The entries of the dictionaries that a search reads.

    An ended category still has its services; a synonym counts on its days alone.
    """
    columns = (E.dictionary, E.code, E.path, E.name_zh, E.name_en)
    counts = or_(E.dictionary != Dictionary.SYNONYM, in_force(on))
    return list(await session.execute(select(*columns).where(E.dictionary.in_(READ), counts)))


def _one_of(ids: Sequence[UUID]) -> ColumnElement[Any]:
    """Any of some ids, however many, as one parameter."""
    return func.any(bindparam(None, list(ids), ARRAY(Uuid)))


def _entries(*conditions: ColumnElement[bool]) -> Select[Any]:
    columns: tuple[Any, ...] = _SHOWN
    return select(*columns).select_from(O).outerjoin(V, V.id == O.venue_id).where(*conditions)
