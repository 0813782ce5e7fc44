"""What a survey of coverage reads, what it leaves behind, and how that is read again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, Row, bindparam, delete, insert, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert as upserting
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.matching import Gap
from common.errors import NotFound, Text
from common.ids import uuid7
from common.scope import area_given, area_ways, under
from common.spelt import Shapes
from matching import tables
from matching.coverage.demand import Count
from matching.queries.hours import HAS_PLACE

C, S, G = tables.Coverage, tables.CoverageSurvey, tables.Gap
WHAT: Final = Text("缺口", "gap")
_AREAS: Final = text(
    "SELECT a.state ->> 'code' AS code, CAST(a.state ->> 'lon' AS float8) AS lon,"
    " CAST(a.state ->> 'lat' AS float8) AS lat, p.state -> 'people' AS people"
    " FROM mirrored a LEFT JOIN mirrored p ON p.kind = 'population' AND p.record_id = a.record_id"
    " WHERE a.kind = 'area' AND a.state ->> 'kind' = 'neighbourhood'"
    " AND a.state ->> 'valid_to' IS NULL AND a.state ->> 'lon' IS NOT NULL ORDER BY 1"
)
_POINTS: Final = text(
    "SELECT state ->> 'code' AS code, CAST(state ->> 'lon' AS float8) AS lon,"
    " CAST(state ->> 'lat' AS float8) AS lat FROM mirrored"
    " WHERE kind = 'area' AND state ->> 'kind' = 'neighbourhood'"
    " AND state ->> 'lon' IS NOT NULL AND starts_with(state ->> 'code', :prefix)"
)
_OFFERS: Final = text(
    "SELECT split_part(o.state ->> 'category_path', '/', 1) AS category,"
    " o.state -> 'target_groups' AS groups, CAST(o.state -> 'venue' ->> 'lon' AS float8) AS lon,"
    " CAST(o.state -> 'venue' ->> 'lat' AS float8) AS lat,"
    " CAST(o.state ->> 'capacity' AS int) AS capacity, o.state ->> 'capacity_period' AS period"
    " FROM mirrored o LEFT JOIN supply s ON s.offering_id = o.record_id WHERE o.kind = 'offering'"
    f" AND o.state -> 'venue' ->> 'lon' IS NOT NULL AND {HAS_PLACE} ORDER BY o.record_id"
)
_GROUPS: Final = text(
    "SELECT state ->> 'code' AS code, state ->> 'path' AS path FROM mirrored"
    " WHERE kind = 'dictionary_entry' AND state ->> 'dictionary' = :dictionary"
)
_NEEDS: Final = text(
    "SELECT rpad(left(n.area_code, 9), 12, '0') AS area, n.category, n.status, n.unmet_reason,"
    " n.is_statutory, coalesce(p.groups, '{}') AS groups, p.age_band, count(*) AS needs"
    " FROM need n LEFT JOIN profile p ON p.need_id = n.id"
    " WHERE n.opened_at >= :since AND (n.status IN ('open', 'unmet') OR n.status = 'referred'"
    " AND NOT EXISTS (SELECT FROM referral r WHERE r.need_id = n.id"
    " AND r.status IN ('held', 'accepted')))"  # what waits on a list has no place
    " GROUP BY 1, 2, 3, 4, 5, 6, 7"
)
_DEMAND: Final = text(
    "SELECT left(n.area_code, 9) || '000' AS street,"
    " CAST(extract(month FROM timezone('Asia/Shanghai', n.opened_at)) AS int) AS month,"
    " n.category, count(*) AS raised,"
    " count(*) FILTER (WHERE n.served_at IS NULL"
    " AND (n.status <> 'withdrawn' OR n.unmet_at IS NOT NULL)) AS unserved FROM need n"
    " WHERE n.area_code BETWEEN :low AND :high AND n.opened_at >= :since AND n.opened_at < :until"
    " GROUP BY 1, 2, 3"
)


_GAPS: Final = Shapes(
    select(*(getattr(G, name) for name in Gap.model_fields))
    .order_by(G.area_code, G.id)
    .limit(bindparam("size", type_=Integer))
    .where,
    **area_ways(G.area_code),
    category=G.category == bindparam("category"),
    group=G.target_group == bindparam("group"),
    after_id=tuple_(G.area_code, G.id) > tuple_(bindparam("after_area"), bindparam("after_id")),
)
_KNOWN: Final = text(
    "SELECT sum(position) FROM feed_cursor"
    " WHERE source IN"
    " ('registry/area', 'registry/population', 'registry/offering', 'registry/venue')"
)


async def units(session: AsyncSession) -> Sequence[Row[Any]]:
    """Neighbourhoods with a point, by code, and their people."""
    return (await session.execute(_AREAS)).all()


async def offers(session: AsyncSession) -> Sequence[Row[Any]]:
    """Published offerings with a place that is not shut: root category, groups, point, places."""
    return (await session.execute(_OFFERS)).all()


async def paths(session: AsyncSession, dictionary: str) -> Mapping[str, Sequence[str]]:
    """Words of a dictionary with the codes from the root to each."""
    found = await session.execute(_GROUPS, {"dictionary": dictionary})
    return {row.code: row.path.split("/") for row in found}


async def needs(session: AsyncSession, since: datetime) -> Sequence[Row[Any]]:
    """Needs that are unmet or wait for a place, by street, category and whom they are for."""
    return (await session.execute(_NEEDS, {"since": since})).all()


async def demand(
    session: AsyncSession, district: str, since: datetime, until: datetime
) -> list[Count]:
    """Needs of a district that were raised between two instants, by street, month and category."""
    bounds = {"low": district.ljust(12, "0"), "high": district.ljust(12, "9")}
    rows = await session.execute(_DEMAND, {**bounds, "since": since, "until": until})
    return [Count(*row) for row in rows]


async def survey(session: AsyncSession) -> tables.CoverageSurvey | None:
    """The newest survey; None before the first."""
    return await session.get(S, 1)


async def known(session: AsyncSession) -> int:
    """How many changes were heard of what a survey reads: as many as records, or more.

    Asked often, so the records themselves are not counted.
    """
    return int(await session.scalar(_KNOWN) or 0)


async def put_survey(
    session: AsyncSession, facts: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Replace the survey and what it says of every neighbourhood."""
    made = upserting(S).values(id=1, **facts)
    await session.execute(made.on_conflict_do_update(index_elements=["id"], set_=dict(facts)))
    await session.execute(delete(C))
    if rows:
        await session.execute(insert(C), [dict(row) for row in rows])


async def put_gaps(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> list[UUID]:
    """Replace the gaps; the ids of those that were written or went away."""
    known = {
        (row.area_code, row.category, row.target_group): row.id
        for row in await session.execute(select(G.id, G.area_code, G.category, G.target_group))
    }
    made = [
        {
            "id": known.get((row["area_code"], row["category"], row["target_group"])) or uuid7(),
            **row,
        }
        for row in rows
    ]
    kept = [row["id"] for row in made]
    gone = [each for each in known.values() if each not in set(kept)]
    await session.execute(delete(G))
    if made:
        await session.execute(insert(G), made)
    return [*kept, *gone]


async def within(session: AsyncSession, area: str, *, limit: int) -> Sequence[tables.Coverage]:
    """Neighbourhoods of an area, by code."""
    statement = select(C).where(under(C.area_code, area)).order_by(C.area_code).limit(limit)
    return (await session.scalars(statement)).all()


async def points(session: AsyncSession, area: str) -> Mapping[str, tuple[float, float]]:
    """Longitude and latitude of the neighbourhoods of an area, by code."""
    found = await session.execute(_POINTS, {"prefix": area})
    return {row.code: (row.lon, row.lat) for row in found}


async def gaps(
    session: AsyncSession,
    *,
    area: str | None,
    category: str | None,
    group: str | None,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[Any]:
    """A page of gaps by area and id; one more than `limit`."""
    after_area, after_id = after or (None, None)
    return await _GAPS.found(
        session,
        **area_given(area),
        category=category,
        group=group,
        after_area=after_area,
        after_id=after_id,
        size=limit + 1,
    )


async def gap(session: AsyncSession, gap_id: UUID) -> tables.Gap:
    """One gap."""
    row = await session.get(G, gap_id)
    if row is None:
        raise NotFound(what=WHAT, key=gap_id)
    return row


async def supply_of_streets(
    session: AsyncSession, category: str, group: str | None
) -> Sequence[tables.Gap]:
    """Streets whose people and supply may be told, for one category and group."""
    same = G.target_group.is_(None) if group is None else G.target_group == group
    statement = select(G).where(
        G.category == category, same, G.people.is_not(None), G.supply_index.is_not(None)
    )
    return (await session.scalars(statement.order_by(G.area_code))).all()


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Gap]:
    """The feed's states."""
    rows = await session.scalars(select(G).where(G.id.in_(ids)))
    return {row.id: Gap.model_validate(row) for row in rows}
