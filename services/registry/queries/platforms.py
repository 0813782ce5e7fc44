"""Published offerings within the walking circle of each neighbourhood of a town, by category."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.registry.areas import AreaKind
from common.geo import METRES_PER_DEGREE, planar
from registry import tables
from registry.domain.platforms import Provided
from registry.queries.finding import under

A, O = tables.Area, tables.Offering
# The neighbourhoods are few and drive the search: each circle is one look into the GiST index.
_AROUND: Final = text("""
WITH near AS (
  SELECT c.area_id, o.id, o.category, o.venue_id, o.open_minutes,
    coalesce(p.platform_kind, v.kind, 'online') AS platform, d.line
  FROM unnest(CAST(:ids AS uuid[]), CAST(:xs AS float8[]), CAST(:ys AS float8[]))
    AS c (area_id, x, y)
  JOIN offering o ON o.place <@ circle(point(c.x, c.y), :radius) AND o.status = 'published'
  LEFT JOIN venue v ON v.id = o.venue_id
  LEFT JOIN organisation p ON p.id = o.provider_id
  LEFT JOIN organisation d ON d.id = o.responsible_department_id
), collide AS (
  SELECT DISTINCT a.area_id, a.category, a.id FROM near a JOIN near b
    ON b.area_id = a.area_id AND b.venue_id = a.venue_id AND b.id <> a.id
    AND b.line <> a.line AND b.open_minutes && a.open_minutes
)
SELECT n.area_id, n.category, count(*) AS offerings,
  array_agg(DISTINCT n.platform) AS platforms,
  array_remove(array_agg(DISTINCT n.line), NULL) AS lines,
  coalesce((SELECT array_agg(c.id) FROM collide c
    WHERE c.area_id = n.area_id AND c.category = n.category), '{}') AS conflicting
FROM near n GROUP BY n.area_id, n.category
""")


async def neighbourhoods(session: AsyncSession, town: str) -> list[Row[Any]]:
    """The present neighbourhoods of a town, by code."""
    statement = (
        select(A.id, A.code, A.name, A.lon, A.lat)
        .where(A.kind == AreaKind.NEIGHBOURHOOD, A.valid_to.is_(None), A.code.startswith(town))
        .order_by(A.code)
    )
    return list(await session.execute(statement))


async def provided(
    session: AsyncSession, homes: Sequence[Row[Any]], radius_m: float
) -> Mapping[UUID, list[Provided]]:
    """What is provided within the circle of each neighbourhood."""
    points = [planar(home.lon, home.lat) for home in homes]
    values = {
        "ids": [home.id for home in homes],
        "xs": [point.lon for point in points],
        "ys": [point.lat for point in points],
        "radius": radius_m / METRES_PER_DEGREE,
    }
    found: dict[UUID, list[Provided]] = defaultdict(list)
    for row in await session.execute(_AROUND, values):
        told = Provided(row.category, row.platforms, row.lines, row.offerings, row.conflicting)
        found[row.area_id].append(told)
    return found


async def categories_of(session: AsyncSession, district: str) -> list[str]:
    """What is provided somewhere in a district."""
    statement = (
        select(O.category)
        .where(O.status == "published", under(O.area_code, district), O.place.is_not(None))
        .group_by(O.category)
        .having(func.count() > 0)
    )
    return list(await session.scalars(statement))
