"""How many people live in an area: its own figures, or the sum of its neighbourhoods'."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.registry.areas import DIVISIONS, AreaKind
from common.contracts.registry.population import (
    SMALLEST_TOLD,
    AreaPopulation,
    PeopleCount,
    PopulationState,
)
from common.contracts.vocabulary import AgeBand
from registry.queries.areas import area

_OWN: Final = "SELECT CAST(:area_id AS uuid) AS id"
_BELOW: Final = (
    "SELECT a.id FROM area a WHERE a.kind = 'neighbourhood' AND a.valid_to IS NULL"
    " AND a.short_code ~>=~ CAST(:prefix AS text)"
    " AND a.short_code ~<~ (CAST(:prefix AS text) || ':')"  # ':' follows '9'
)
_FIGURES: Final = (
    "WITH place AS MATERIALIZED ({places}), found AS MATERIALIZED ("
    ' SELECT p.area_id, p.age_band, p."group", p.count, p.as_of, p.source'
    " FROM place JOIN area_population p ON p.area_id = place.id),"
    " newest AS (SELECT * FROM found WHERE (area_id, as_of) IN"
    " (SELECT area_id, max(as_of) FROM found GROUP BY area_id))"
    ' SELECT age_band, "group", (SELECT min(as_of) FROM newest) AS as_of,'
    " sum(count) FILTER (WHERE count >= :smallest) AS count,"
    " (SELECT count(DISTINCT area_id) FROM newest) AS areas,"
    " (SELECT array_agg(DISTINCT source ORDER BY source) FROM newest) AS sources"
    ' FROM newest GROUP BY age_band, "group"'
)
_BANDS: Final = list(AgeBand)


async def population(session: AsyncSession, area_id: UUID) -> AreaPopulation:
    """The newest figures, counts below ten withheld. Raises `NotFound`."""
    found = await area(session, area_id)
    rows = await _figures(session, _OWN, {"area_id": area_id})
    is_sum = not rows and found.kind in DIVISIONS and found.kind != AreaKind.AGGREGATE
    if is_sum:
        rows = await _figures(session, _BELOW, {"prefix": found.short_code})
    people = [PeopleCount(age_band=row.age_band, group=row.group, count=row.count) for row in rows]
    people.sort(key=lambda each: (each.group or "", _BANDS.index(each.age_band)))
    return AreaPopulation(
        area_id=area_id,
        as_of=rows[0].as_of if rows else None,
        sources=rows[0].sources if rows else [],
        areas=rows[0].areas if rows else 0,
        is_sum=is_sum and bool(rows),
        people=people,
    )


_STATES: Final = text(
    "WITH newest AS (SELECT area_id, max(as_of) AS as_of FROM area_population"
    " WHERE area_id = ANY(:ids) GROUP BY area_id)"
    " SELECT a.id, coalesce(a.code, a.short_code) AS area_code, n.as_of,"
    " jsonb_agg(jsonb_build_object('age_band', p.age_band, 'group', p.\"group\", 'count',"
    ' CASE WHEN p.count >= :smallest THEN p.count END) ORDER BY p."group", p.age_band) AS people'
    " FROM newest n JOIN area a ON a.id = n.area_id"
    " JOIN area_population p ON p.area_id = n.area_id AND p.as_of = n.as_of"
    " GROUP BY a.id, a.code, a.short_code, n.as_of"
)


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, PopulationState]:
    """The feed's states: the newest figures that an area has of its own."""
    rows = await session.execute(_STATES, {"ids": list(ids), "smallest": SMALLEST_TOLD})
    return {row.id: PopulationState.model_validate(row) for row in rows}


async def _figures(
    session: AsyncSession, places: str, values: Mapping[str, object]
) -> list[Row[Any]]:
    statement = text(_FIGURES.format(places=places))
    answer = await session.execute(statement, {**values, "smallest": SMALLEST_TOLD})
    return list(answer.all())
