"""What a replay 政策推演 reads: the needs of a past period, and all places of its days.

Needs stand as they were raised, whatever became of them; offerings as they are published now.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, literal, select, text
from sqlalchemy import func as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from common.contracts.matching_allocation import Change
from matching import tables

X: Final = tables.AllocationChoice
ERASED: Final = "unknown"
_NEEDS: Final = text(
    "SELECT n.id, n.category, n.urgency, n.area_code, coalesce(n.lon, CAST(a.state ->> 'lon' AS"
    " float8)) AS lon, coalesce(n.lat, CAST(a.state ->> 'lat' AS float8)) AS lat,"
    " n.price_at_most_fen, n.wished_weekdays, n.wished_from_time, n.wished_to_time, p.age_band,"
    " p.groups, p.household_area, p.need_id FROM need n"
    " LEFT JOIN profile p ON p.need_id = n.id"
    " LEFT JOIN mirrored a ON a.kind = 'area' AND a.area_code = n.area_code"
    " WHERE n.area_code BETWEEN :low AND :high AND n.created_at >= :since AND n.created_at < :until"
    " ORDER BY n.id"
)
_STANDINGS: Final = text(
    "SELECT s.* FROM standing s JOIN need n ON n.id = s.need_id WHERE n.area_code BETWEEN :low"
    " AND :high AND n.created_at >= :since AND n.created_at < :until"
)
# Each period of the days counts once, with the places that it had where somebody opened it.
_PLACES: Final = text(
    "WITH days AS (SELECT generate_series(CAST(:first AS date), CAST(:last AS date),"
    " interval '1 day') AS day), spans AS (SELECT 'day' AS period, count(*) AS times FROM days"
    " UNION ALL SELECT word, count(DISTINCT date_trunc(word, day)) FROM days"
    " CROSS JOIN unnest(ARRAY['week', 'month', 'year']) AS word GROUP BY word),"
    " opened AS (SELECT c.offering_id, sum(c.places - s.capacity) AS more FROM capacity c"
    " JOIN supply s ON s.offering_id = c.offering_id WHERE c.session = ''"
    " AND c.starts_on <= :last AND c.ends_on >= :first GROUP BY c.offering_id)"
    " SELECT s.offering_id, CASE WHEN s.capacity IS NULL THEN NULL ELSE"
    " greatest(s.capacity * coalesce(p.times, 1) + coalesce(o.more, 0), 0) END AS places"
    " FROM supply s LEFT JOIN spans p ON p.period = s.capacity_period"
    " LEFT JOIN opened o ON o.offering_id = s.offering_id"
    " WHERE s.is_open AND s.provider_id IS NOT NULL"
)


async def needs(
    session: AsyncSession, area: str, since: datetime, until: datetime
) -> Sequence[Row[Any]]:
    """Needs of an area raised in a period, with whom each was for, by id."""
    return (await session.execute(_NEEDS, _bounds(area, since, until))).all()


async def standings(
    session: AsyncSession, area: str, since: datetime, until: datetime
) -> Sequence[Row[Any]]:
    """What was claimed and verified for these needs."""
    return (await session.execute(_STANDINGS, _bounds(area, since, until))).all()


async def places(session: AsyncSession, first: date, last: date) -> Mapping[UUID, int | None]:
    """Places of all periods that these days touch, by offering; None where nobody counts them."""
    rows = await session.execute(_PLACES, {"first": first, "last": last})
    return {row.offering_id: row.places for row in rows}


async def by_tier(session: AsyncSession, first: UUID, second: UUID) -> Mapping[str, Change]:
    """Needs by urgency as recorded: served by the first run, by the second, by one of them."""
    return await _grouped(session, first, second, sql.cast(tables.Need.urgency, Text))


async def by_group(session: AsyncSession, first: UUID, second: UUID) -> Mapping[str, Change]:
    """The same by group; a person of two groups counts in both, an erased one as `unknown`."""
    groups = sql.coalesce(tables.Profile.groups, literal([ERASED], ARRAY(Text)))
    return await _grouped(session, first, second, sql.unnest(groups))


async def _grouped(
    session: AsyncSession, first: UUID, second: UUID, word: Any
) -> Mapping[str, Change]:
    a, b, need = X.__table__.alias("a"), X.__table__.alias("b"), tables.Need
    pairs = (
        select(
            word.label("word"),
            a.c.offering_id.is_not(None).label("in_a"),
            b.c.offering_id.is_not(None).label("in_b"),
        )
        .select_from(a)
        .join(b, (b.c.need_id == a.c.need_id) & (b.c.run_id == literal(second)))
        .join(need, need.id == a.c.need_id)
        .outerjoin(tables.Profile, tables.Profile.need_id == need.id)
        .where(a.c.run_id == literal(first))
        .subquery()
    )
    in_a, in_b = pairs.c.in_a, pairs.c.in_b
    statement = (
        select(
            pairs.c.word,
            sql.count().label("needs"),
            sql.count().filter(in_a).label("first"),
            sql.count().filter(in_b).label("second"),
            sql.count().filter(in_b & ~in_a).label("gained"),
            sql.count().filter(in_a & ~in_b).label("lost"),
        )
        .group_by(pairs.c.word)
        .order_by(pairs.c.word)
    )
    rows = (await session.execute(statement)).mappings()
    return {row["word"]: Change.model_validate(row) for row in rows}


def _bounds(area: str, since: datetime, until: datetime) -> dict[str, Any]:
    return {
        "low": area.ljust(12, "0"),
        "high": area.ljust(12, "9"),
        "since": since,
        "until": until,
    }
