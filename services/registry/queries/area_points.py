"""Points, types and people of divisions, written for many areas at once."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from common import feed
from common.ids import uuid7
from registry import tables
from registry.queries import bulk

# One statement for a whole city; an area that stands there already is left alone.
_PLACE: Final = text(
    "UPDATE area AS a SET lon = p.lon, lat = p.lat, coord_source = 'wgs84', area_type = p.kind,"
    " version = a.version + 1"
    " FROM unnest(CAST(:codes AS text[]), CAST(:lons AS float8[]), CAST(:lats AS float8[]),"
    " CAST(:kinds AS text[])) AS p (code, lon, lat, kind)"
    " WHERE a.code = p.code AND a.valid_to IS NULL AND a.lon IS NULL RETURNING a.id"
)


async def place(
    session: AsyncSession, points: Mapping[str, tuple[float, float, str | None]]
) -> int:
    """Give divisions, by code, their (lon, lat, area_type) in WGS-84; tells how many were given."""
    placed = await session.scalars(
        _PLACE,
        {
            "codes": list(points),
            "lons": [lon for lon, _, _ in points.values()],
            "lats": [lat for _, lat, _ in points.values()],
            "kinds": [kind for _, _, kind in points.values()],
        },
    )
    ids = placed.all()
    feed.mark_many(session, "area", ids)
    return len(ids)


async def put_people(
    session: AsyncSession,
    rows: Sequence[Mapping[str, Any]],
    *,
    area_ids: Sequence[UUID],
    as_of: date,
) -> None:
    """Replace figures of areas on one day. Rows: area_id, age_band, group, count, source."""
    people = tables.AreaPopulation
    await session.execute(delete(people).where(people.area_id.in_(area_ids), people.as_of == as_of))
    await bulk.insert(session, people, [{"id": uuid7(), "as_of": as_of, **row} for row in rows])
    feed.mark_many(session, "population", area_ids)


async def ids_by_code(session: AsyncSession) -> dict[str, UUID]:
    """Every division in force."""
    statement = text("SELECT code, id FROM area WHERE valid_to IS NULL AND code ~ '^[0-9]{12}$'")
    return {row.code: row.id for row in await session.execute(statement)}
