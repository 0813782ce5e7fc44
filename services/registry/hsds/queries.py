"""What HSDS asks of the tables: ids of a page with their count in one snapshot, then rows in bulk.

Pages go by id, which follows the time of making: a new record is on the last page and moves none.
Ids and counts come from partial indexes over what is public, not from the tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    SQLColumnExpression,
    Uuid,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.registry.dictionaries import Dictionary
from registry import tables
from registry.hsds.mapping import Known, Offered
from registry.hsds.parts import TAXONOMIES, derived
from registry.queries.finding import Asked, Near, around, says, under
from registry.queries.offerings import PUBLISHED
from registry.queries.programmes import PUBLIC as PUBLIC_PROGRAMME

O, V, G, A, E = (
    tables.Offering,
    tables.Venue,
    tables.Organisation,
    tables.Area,
    tables.DictionaryEntry,
)
ACTIVE: Final = and_(G.status == literal_column("'active'"), G.merged_into_id.is_(None))
P: Final = tables.Programme
_WORDS: Final = (*TAXONOMIES, Dictionary.FUNDING_SOURCE, Dictionary.CAPACITY_UNIT)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for; everything that is given must hold."""

    words: Asked | None = None
    term_id: UUID | None = None
    taxonomy_id: UUID | None = None
    organization_id: UUID | None = None
    modified_after: datetime | None = None
    covering: str | None = None
    near: Near | None = None
    placed: bool = False


class Slice(NamedTuple):
    """A page of ids and how many there are in all."""

    total: int
    ids: Sequence[UUID]


async def term_of(session: AsyncSession, term_id: UUID) -> tables.DictionaryEntry | None:
    """The entry behind a taxonomy term; None when no taxonomy has it."""
    statement = select(E).where(E.id == term_id, E.dictionary.in_(list(TAXONOMIES)))
    return (await session.scalars(statement)).one_or_none()


async def offering_ids(session: AsyncSession, wanted: Wanted) -> Select[UUID]:
    """The published offerings that are wanted, by id, not yet in order."""
    conditions = await _described(session, wanted.term_id, wanted.taxonomy_id)
    if wanted.organization_id is not None:
        conditions.append(O.provider_id == wanted.organization_id)
    if wanted.modified_after is not None:
        conditions.append(O.id.in_(_modified(wanted.modified_after)))
    if wanted.placed:
        conditions.append(O.venue_id.is_not(None))
    if wanted.near is not None:
        conditions.append(around(O.place, wanted.near))
    elif wanted.covering is not None:
        conditions.append(_covers(wanted.covering))
    return select(O.id).where(PUBLISHED, *conditions)


async def organisation_ids(session: AsyncSession, wanted: Wanted) -> Select[UUID]:
    """The active organisations that are wanted; terms are those of their services."""
    conditions: list[ColumnElement[bool]] = [ACTIVE]
    if wanted.words is not None:
        conditions.append(says(G.search, wanted.words))
    described = await _described(session, wanted.term_id, wanted.taxonomy_id)
    if described:
        conditions.append(G.id.in_(select(O.provider_id).where(PUBLISHED, *described)))
    return select(G.id).where(*conditions)


def among(
    ids: Select[UUID], record_id: SQLColumnExpression[UUID], hits: Sequence[UUID] | None
) -> Select[UUID]:
    """Those that are hits of a search as well; all where nothing was searched."""
    if hits is None:
        return ids
    return ids.where(record_id == func.any(bindparam(None, hits, ARRAY(Uuid))))


async def page_of(
    session: AsyncSession,
    ids: Select[UUID],
    record_id: SQLColumnExpression[UUID],
    *,
    page: int,
    per_page: int,
) -> Slice:
    """A numbered page and the count of all, of one snapshot."""
    part = ids.order_by(record_id).offset((page - 1) * per_page).limit(per_page)
    total = select(func.count()).select_from(ids.subquery()).scalar_subquery()
    listed = func.array(part.scalar_subquery(), type_=ARRAY(Uuid))
    row = (await session.execute(select(total, listed))).one()
    return Slice(row[0], row[1])


async def next_of(
    session: AsyncSession,
    ids: Select[UUID],
    record_id: SQLColumnExpression[UUID],
    *,
    after: UUID | None,
    limit: int,
) -> Sequence[UUID]:
    """The next ids of a walk through all."""
    if after is not None:
        ids = ids.where(record_id > after)
    rows = await session.execute(ids.order_by(record_id).limit(limit))
    return [row[0] for row in rows]


async def offered(session: AsyncSession, ids: Sequence[UUID]) -> list[Offered]:
    """Published offerings with venue and provider, in the order of their ids; one query."""
    statement = (
        select(O, V, A.path_name, G)
        .outerjoin(V, V.id == O.venue_id)
        .outerjoin(A, A.id == V.area_id)
        .outerjoin(G, G.id == O.provider_id)
        .where(O.id.in_(ids), PUBLISHED)
        .order_by(O.id)
    )
    return [Offered(*row) for row in await session.execute(statement)]


async def known(session: AsyncSession, offerings: Sequence[Offered] = ()) -> Known:
    """The words of the dictionaries, and the names of the areas that offerings are limited to."""
    entries = await session.scalars(select(E).where(E.dictionary.in_(list(_WORDS))))
    by_code = {(str(each.dictionary), each.code): each for each in entries}
    prefixes = {code for each in offerings for code in each.offering.household_areas}
    return Known(by_code, await _names(session, prefixes) if prefixes else {})


async def terms(session: AsyncSession) -> list[tables.DictionaryEntry]:
    """The entries of all taxonomies, by taxonomy and in the order in which they are shown."""
    statement = select(E).where(E.dictionary.in_(list(TAXONOMIES)))
    return list(await session.scalars(statement.order_by(E.dictionary, E.sort, E.code)))


async def organisations(
    session: AsyncSession, ids: Sequence[UUID], *, active: bool = True
) -> list[tables.Organisation]:
    """Organisations in the order of their ids; one merged into another is gone."""
    statement = select(G).where(G.id.in_(ids), G.merged_into_id.is_(None)).order_by(G.id)
    return list(await session.scalars(statement.where(ACTIVE) if active else statement))


async def houses(
    session: AsyncSession, organisation_ids: Sequence[UUID]
) -> Mapping[UUID, list[tuple[tables.Venue, str]]]:
    """The venues that organisations run, with the path of their areas; closed ones are gone."""
    statement = (
        select(V, A.path_name)
        .join(A, A.id == V.area_id)
        .where(
            V.operator_id.in_(organisation_ids), V.status != "closed", V.merged_into_id.is_(None)
        )
        .order_by(V.id)
    )
    found: dict[UUID, list[tuple[tables.Venue, str]]] = {}
    for venue, path in await session.execute(statement):
        assert venue.operator_id is not None  # noqa: S101 - it was asked by
        found.setdefault(venue.operator_id, []).append((venue, path))
    return found


async def programmes_of(
    session: AsyncSession, organisation_ids: Sequence[UUID]
) -> Mapping[UUID, list[Any]]:
    """The programmes that organisations run, published or ended."""
    statement = (
        select(P.id, P.department_id, P.title, P.purpose)
        .where(P.department_id.in_(organisation_ids), PUBLIC_PROGRAMME)
        .order_by(P.id)
    )
    found: dict[UUID, list[Any]] = {}
    for row in await session.execute(statement):
        found.setdefault(row.department_id, []).append(row)
    return found


async def services_of(
    session: AsyncSession, organisation_ids: Sequence[UUID]
) -> Mapping[UUID, list[UUID]]:
    """The published offerings of organisations."""
    statement = select(O.provider_id, O.id).where(O.provider_id.in_(organisation_ids), PUBLISHED)
    found: dict[UUID, list[UUID]] = {}
    for provider_id, offering_id in await session.execute(statement.order_by(O.id)):
        assert provider_id is not None  # noqa: S101 - it was asked by
        found.setdefault(provider_id, []).append(offering_id)
    return found


async def centre(session: AsyncSession, prefix: str) -> tuple[float, float] | None:
    """The centre of the area with this prefix, in WGS-84; None when none is known."""
    statement = select(A.lon, A.lat).where(
        A.short_code == prefix, A.valid_to.is_(None), A.lon.is_not(None), A.level.is_not(None)
    )
    row = (await session.execute(statement.limit(1))).one_or_none()
    return None if row is None else (row.lon, row.lat)


async def _names(session: AsyncSession, prefixes: set[str]) -> dict[str, str]:
    statement = select(A.short_code, A.name).where(
        A.short_code.in_(sorted(prefixes)), A.valid_to.is_(None), A.level.is_not(None)
    )
    return {row.short_code: row.name for row in await session.execute(statement)}


def _modified(since: datetime) -> Select[UUID]:
    """Offerings that changed, or whose venue or provider did; each part by its own index."""
    changed = union(
        select(O.id).where(O.updated_at >= since, PUBLISHED),
        select(O.id).join(V, V.id == O.venue_id).where(V.updated_at >= since, PUBLISHED),
        select(O.id).join(G, G.id == O.provider_id).where(G.updated_at >= since, PUBLISHED),
    ).subquery()
    return select(changed.c.id)


def _covers(prefix: str) -> ColumnElement[bool]:
    """Limited to an area that holds the asked one; or limited to none, and inside it."""
    holding = [prefix[:length] for length in (2, 4, 6, 9, 12) if length <= len(prefix)]
    unlimited = func.cardinality(O.household_areas) == 0
    return or_(O.household_areas.overlap(holding), unlimited & under(O.area_code, prefix))


async def _described(
    session: AsyncSession, term_id: UUID | None, taxonomy_id: UUID | None
) -> list[ColumnElement[bool]]:
    """The conditions of a term (with those under it) and of a taxonomy."""
    conditions: list[ColumnElement[bool]] = []
    if taxonomy_id is not None:
        conditions.append(_in_taxonomy(taxonomy_id))
    if term_id is not None:
        entry = await term_of(session, term_id)
        conditions.append(literal_column("false") if entry is None else await _has(session, entry))
    return conditions


def _in_taxonomy(taxonomy_id: UUID) -> ColumnElement[bool]:
    if taxonomy_id == derived("taxonomy", Dictionary.SERVICE_CATEGORY.value):
        return literal_column("true")
    if taxonomy_id == derived("taxonomy", Dictionary.TARGET_GROUP.value):
        return func.cardinality(O.target_groups) > 0
    return literal_column("false")


async def _has(session: AsyncSession, entry: tables.DictionaryEntry) -> ColumnElement[bool]:
    under_it = or_(E.path == entry.path, E.path.startswith(entry.path + "/", autoescape=True))
    statement = select(E.code).where(E.dictionary == entry.dictionary, under_it)
    codes = list(await session.scalars(statement))
    if entry.dictionary == Dictionary.SERVICE_CATEGORY:
        return O.category.in_(codes)
    has: ColumnElement[bool] = O.target_groups.overlap(codes)
    return has
