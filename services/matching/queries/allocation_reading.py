"""What a run looks at, column by column: needs with whom they are for, offerings, places."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.bulk import columns
from matching import tables
from matching.queries.allocation import starts

Columns = Mapping[str, Sequence[Any]]

_AREA: Final = "n.area_code BETWEEN $1 AND $2"
_OPEN: Final = "n.status = 'open'"
_RAISED: Final = "n.created_at >= $3 AND n.created_at < $4"
_SO_MANY: Final = (
    f"SELECT count(*) AS needs FROM (SELECT FROM need n WHERE {_AREA} AND {_OPEN} LIMIT $3)"
)
# Who has no place is left out: nobody knows how far anything is.
_PEOPLE: Final = (
    "SELECT n.id, n.category, n.urgency, n.area_code, coalesce(n.lon, CAST(a.state ->> 'lon' AS"
    " float8)) AS lon, coalesce(n.lat, CAST(a.state ->> 'lat' AS float8)) AS lat,"
    " n.price_at_most_fen, array_to_string(n.wished_weekdays, '') AS weekdays,"
    " n.wished_from_time, n.wished_to_time, p.age_band, array_to_string(p.groups, ',') AS groups,"
    " p.household_area, p.need_id IS NOT NULL AS has_profile FROM need n"
    " LEFT JOIN profile p ON p.need_id = n.id"
    " LEFT JOIN mirrored a ON n.lon IS NULL AND a.kind = 'area' AND a.area_code = n.area_code"
    f" WHERE {_AREA} AND coalesce(n.lon, CAST(a.state ->> 'lon' AS float8)) IS NOT NULL"
)
_TODAY: Final = (
    f" AND {_OPEN} AND (n.wished_from_on IS NULL OR n.wished_from_on <= $3)"
    " AND (n.wished_until_on IS NULL OR n.wished_until_on >= $3) ORDER BY n.id"
)
_STANDINGS: Final = (
    "SELECT s.need_id, s.kind, s.verified_at, s.expires_on, s.is_refused, s.grade FROM standing s"
    f" JOIN need n ON n.id = s.need_id WHERE {_AREA}"
)
_OFFERS: Final = (
    "SELECT s.offering_id AS id, m.state ->> 'category_path' AS category_path,"
    " m.state ->> 'eligibility' AS eligibility, s.funding_source, s.area_code,"
    " coalesce(s.price_fen, 0) AS price_fen, CAST(m.state -> 'venue' ->> 'lon' AS float8) AS lon,"
    " CAST(m.state -> 'venue' ->> 'lat' AS float8) AS lat,"
    " coalesce(m.state ->> 'schedule', v.state ->> 'opening_hours') AS hours FROM supply s"
    " JOIN mirrored m ON m.kind = 'offering' AND m.record_id = s.offering_id"
    " LEFT JOIN mirrored v ON v.kind = 'venue' AND v.record_id = s.venue_id"
    " WHERE s.is_open AND s.provider_id IS NOT NULL AND m.state -> 'venue' ->> 'lon' IS NOT NULL"
    " ORDER BY s.offering_id"
)
_HELD: Final = (
    "SELECT offering_id, places FROM allocation_hold WHERE run_id = $1"
    " UNION ALL SELECT offering_id, NULL FROM supply WHERE is_open"
    " AND provider_id IS NOT NULL AND capacity IS NULL"
)
_FREE: Final = (
    "SELECT s.offering_id, CASE WHEN s.capacity IS NULL THEN NULL"
    " WHEN c.offering_id IS NULL THEN s.capacity WHEN c.waiting > 0 THEN 0"
    " ELSE greatest(c.places - c.taken, 0) END AS places FROM supply s"
    " LEFT JOIN capacity c ON c.offering_id = s.offering_id AND c.session = ''"
    f" AND c.starts_on = {starts('$1')} WHERE s.is_open AND s.provider_id IS NOT NULL"
)
# Each period of the days counts once, with the places that it had where somebody opened it.
_PAST: Final = (
    "WITH days AS (SELECT generate_series(CAST($1 AS date), CAST($2 AS date),"
    " interval '1 day') AS day), spans AS (SELECT 'day' AS period, count(*) AS times FROM days"
    " UNION ALL SELECT word, count(DISTINCT date_trunc(word, day)) FROM days"
    " CROSS JOIN unnest(ARRAY['week', 'month', 'year']) AS word GROUP BY word),"
    " opened AS (SELECT c.offering_id, sum(c.places - s.capacity) AS more FROM capacity c"
    " JOIN supply s ON s.offering_id = c.offering_id WHERE c.session = ''"
    " AND c.starts_on <= $2 AND c.ends_on >= $1 GROUP BY c.offering_id)"
    " SELECT s.offering_id, CAST(CASE WHEN s.capacity IS NULL THEN NULL ELSE"
    " greatest(s.capacity * coalesce(p.times, 1) + coalesce(o.more, 0), 0) END AS bigint)"
    " AS places FROM supply s LEFT JOIN spans p ON p.period = s.capacity_period"
    " LEFT JOIN opened o ON o.offering_id = s.offering_id"
    " WHERE s.is_open AND s.provider_id IS NOT NULL"
)


async def are_many(session: AsyncSession, area: str, many: int) -> bool:
    """Whether at least so many needs are open in an area."""
    found = await columns(session, _SO_MANY, *_bounds(area), many)
    return bool(found["needs"][0] >= many)


async def people(session: AsyncSession, area: str, day: date) -> Columns:
    """Open needs of an area for a day, with whom each is for, by id."""
    return await columns(session, _PEOPLE + _TODAY, *_bounds(area), day)


async def standings(session: AsyncSession, area: str) -> Columns:
    """What is claimed and verified for the open needs of an area."""
    return await columns(session, f"{_STANDINGS} AND {_OPEN}", *_bounds(area))


async def people_raised(
    session: AsyncSession, area: str, since: datetime, until: datetime
) -> Columns:
    """Needs of an area raised in a period, whatever became of them, by id."""
    statement = f"{_PEOPLE} AND {_RAISED} ORDER BY n.id"
    return await columns(session, statement, *_bounds(area), since, until)


async def standings_raised(
    session: AsyncSession, area: str, since: datetime, until: datetime
) -> Columns:
    """What was claimed and verified for these needs."""
    return await columns(session, f"{_STANDINGS} AND {_RAISED}", *_bounds(area), since, until)


async def offers(session: AsyncSession) -> Columns:
    """Published offerings with a place, as a run looks at them, by id."""
    return await columns(session, _OFFERS)


async def places(session: AsyncSession, run: tables.AllocationRun) -> Mapping[UUID, int | None]:
    """Places by offering; None where nobody counts them. A dry run looks at what is free."""
    if run.is_dry:
        return _by_offering(await columns(session, _FREE, run.session_on))
    return _by_offering(await columns(session, _HELD, run.id))


async def places_between(
    session: AsyncSession, first: date, last: date
) -> Mapping[UUID, int | None]:
    """Places of all periods that these days touch, by offering; None where nobody counts them."""
    return _by_offering(await columns(session, _PAST, first, last))


def _by_offering(found: Columns) -> Mapping[UUID, int | None]:
    return dict(zip(found["offering_id"], found["places"], strict=True))


def _bounds(area: str) -> tuple[str, str]:
    return area.ljust(12, "0"), area.ljust(12, "9")
