"""Editions of the division list: what is known, what was imported, and who points at an area."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from common.contracts.registry.areas import DIVISIONS
from common.errors import NotFound, Text
from registry import tables
from registry.domain.editions import Known

E, A = tables.AreaEdition, tables.Area
WHAT: Final = Text("区划版本", "edition")

# Records that lie in an area: table and feed kind. They follow when the area moves or is merged.
LYING: Final[Mapping[str, str | None]] = {
    "organisation": "organisation",
    "venue": "venue",
    "service_item": "service_item",
    "offering": "offering",
    "pledge": "pledge",
    "delivery_list": "delivery_list",
    "programme": "programme",
    "bundle": "bundle",
    "fund": "fund",
    "idle_property": None,
    "person": None,
}
# Records that keep the code of their area alone.
CODED: Final[Mapping[str, str | None]] = {
    "concession": "concession",
    "admitted": None,
    "burden_task": None,
    "training_plan": None,
    "merge": None,
}


async def lock_editions(session: AsyncSession) -> None:
    """One import at a time; readers go on."""
    await session.execute(text("LOCK TABLE area_edition IN SHARE ROW EXCLUSIVE MODE"))


async def hold_still(session: AsyncSession) -> UUID | None:
    """Keep editions from being imported until the transaction ends; the newest one's id.

    For bulk writers, who look up many codes: one lock that they share among themselves. An id
    other than before means that remembered codes are out of date.
    """
    await session.execute(text("LOCK TABLE area_edition IN ROW EXCLUSIVE MODE"))
    statement = select(E.id).order_by(E.imported_at.desc(), E.id.desc()).limit(1)
    return (await session.scalars(statement)).first()


async def known_divisions(session: AsyncSession) -> dict[str, Known]:
    """Present divisions by code."""
    parent = aliased(A)
    statement = (
        select(A.id, A.code, A.name, A.division_kind, A.path_name, parent.code)
        .outerjoin(parent, parent.id == A.parent_id)
        .where(A.kind.in_(DIVISIONS), A.valid_to.is_(None))
    )
    rows = await session.execute(statement)
    return {str(row[1]): Known(row[0], str(row[1]), *row[2:]) for row in rows}


async def edition(session: AsyncSession, edition_id: UUID) -> tables.AreaEdition:
    """One imported edition."""
    found = await session.get(E, edition_id)
    if found is None:
        raise NotFound(what=WHAT, key=edition_id)
    return found


async def same_edition(session: AsyncSession, scope: str, digest: str) -> tables.AreaEdition | None:
    """The edition with this content, if it was imported before."""
    statement = select(E).where(E.scope == scope, E.digest == digest)
    return (await session.scalars(statement)).one_or_none()


async def editions(
    session: AsyncSession, *, after: tuple[Any, UUID] | None, limit: int
) -> list[tables.AreaEdition]:
    """Imported editions, the newest first."""
    statement = select(E).order_by(E.valid_from.desc(), E.id.desc())
    if after is not None:
        statement = statement.where(tuple_(E.valid_from, E.id) < after)
    return list(await session.scalars(statement.limit(limit + 1)))


async def last_in_force(session: AsyncSession, scope: str) -> tables.AreaEdition | None:
    """The newest edition that speaks of something under a scope."""
    statement = select(E).order_by(E.valid_from.desc(), E.id.desc())
    for each in await session.scalars(statement):
        if each.scope.startswith(scope) or scope.startswith(each.scope):
            return each
    return None


async def areas_for_update(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, tables.Area]:
    """Areas to be changed, locked in id order; who has just found one by its code goes first."""
    statement = select(A).where(A.id.in_(ids)).order_by(A.id).with_for_update()
    return {area.id: area for area in await session.scalars(statement)}


async def own_areas(session: AsyncSession, parents: Sequence[UUID]) -> list[tables.Area]:
    """Areas outside the code that lie in some divisions, locked."""
    statement = (
        select(A)
        .where(A.parent_id.in_(parents), A.kind.not_in(DIVISIONS), A.valid_to.is_(None))
        .order_by(A.id)
        .with_for_update(key_share=True)
    )
    return list(await session.scalars(statement))


async def former_names(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Every name that some areas ever had."""
    period = tables.AreaPeriod
    statement = select(period.area_id, period.name).where(period.area_id.in_(ids)).distinct()
    found: dict[UUID, list[str]] = {}
    for area_id, name in await session.execute(statement):
        found.setdefault(area_id, []).append(name)
    return found


async def move_lying(
    session: AsyncSession,
    table: str,
    moves: Mapping[UUID, tuple[UUID, str]],
    *,
    by: str,
    now: datetime,
) -> list[UUID]:
    """Let records follow their area to another id or code; the ids that moved."""
    statement = text(
        f"UPDATE {table} AS t SET area_id = m.area_id, area_code = m.code,"
        " version = t.version + 1, updated_at = :now, updated_by = :by"
        " FROM unnest(CAST(:old AS uuid[]), CAST(:new AS uuid[]), CAST(:codes AS text[]))"
        " AS m (old_id, area_id, code) WHERE t.area_id = m.old_id RETURNING t.id"
    )
    values = {
        "old": list(moves),
        "new": [area_id for area_id, _ in moves.values()],
        "codes": [code for _, code in moves.values()],
        "now": now,
        "by": by,
    }
    return [row[0] for row in await session.execute(statement, values)]


async def recode(
    session: AsyncSession, table: str, codes: Mapping[str, str], *, by: str, now: datetime
) -> list[UUID]:
    """Give records that keep a code alone the code that follows it; the ids that changed."""
    has_versions = "version" in tables.metadata.tables[table].columns
    touched = ", version = t.version + 1, updated_at = :now, updated_by = :by"
    statement = text(
        f"UPDATE {table} AS t SET area_code = m.new{touched if has_versions else ''}"
        " FROM unnest(CAST(:old AS text[]), CAST(:new AS text[])) AS m (old, new)"
        " WHERE t.area_code = m.old RETURNING t.id"
    )
    values = {"old": list(codes), "new": list(codes.values()), "now": now, "by": by}
    return [row[0] for row in await session.execute(statement, values)]


async def recode_households(
    session: AsyncSession, prefixes: Mapping[str, str], *, by: str, now: datetime
) -> list[UUID]:
    """Let offerings stay for the people of areas whose digits changed; the ids that changed."""
    statement = text(
        "UPDATE offering AS t SET household_areas = ("
        "SELECT array_agg(DISTINCT coalesce(m.new, h.area)) FROM unnest(t.household_areas) h (area)"
        " LEFT JOIN unnest(CAST(:old AS text[]), CAST(:new AS text[])) AS m (old, new)"
        " ON m.old = h.area), version = t.version + 1, updated_at = :now, updated_by = :by"
        " WHERE t.household_areas && CAST(:old AS text[]) RETURNING t.id"
    )
    values = {"old": list(prefixes), "new": list(prefixes.values()), "now": now, "by": by}
    return [row[0] for row in await session.execute(statement, values)]


async def withdraw_lists(
    session: AsyncSession, areas: Sequence[UUID], *, by: str, now: datetime
) -> list[UUID]:
    """Take back what is published for some areas: the area that goes on has a list of its own."""
    statement = text(
        "UPDATE delivery_list SET status = 'withdrawn', withdrawn_at = :now, updated_at = :now,"
        " updated_by = :by, version = version + 1"
        " WHERE status = 'published' AND area_id = ANY(CAST(:areas AS uuid[])) RETURNING id"
    )
    values = {"areas": list(areas), "now": now, "by": by}
    return [row[0] for row in await session.execute(statement, values)]


async def peopled(session: AsyncSession, areas: Sequence[UUID]) -> list[UUID]:
    """Those of some areas whose people were counted: their figures are told under their code."""
    counted = tables.AreaPopulation
    statement = select(counted.area_id).where(counted.area_id.in_(areas)).distinct()
    return list(await session.scalars(statement))


async def lying_in(
    session: AsyncSession, table: str, areas: Sequence[UUID]
) -> list[tuple[UUID, UUID]]:
    """Ids of records of a table that lie in some areas, with their area."""
    statement = text(f"SELECT id, area_id FROM {table} WHERE area_id = ANY(CAST(:areas AS uuid[]))")
    rows = await session.execute(statement, {"areas": list(areas)})
    return [(record_id, area_id) for record_id, area_id in rows]
