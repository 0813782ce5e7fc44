"""What a run looks at, column by column: needs with whom they are for, offerings, places."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.bulk import columns
from matching.queries.allocation import IS_LONGER, starts
from matching.queries.hours import COMES, COUNT_THERE, HAS_PLACE

Columns = Mapping[str, Sequence[Any]]


class Venue(NamedTuple):
    """What offerings take over from their venue: hours as told, and what it offers."""

    hours: str | None
    features: Sequence[str] | None


NO_VENUE: Final = Venue(None, None)
_VENUES: Final = (
    "SELECT record_id, state ->> 'opening_hours' AS hours, state -> 'accessibility' AS features"
    " FROM mirrored WHERE kind = 'venue'"
)

_AREA: Final = "n.area_code BETWEEN $1 AND $2"
_OPEN: Final = "n.status = 'open'"
_RAISED: Final = "n.created_at >= $3 AND n.created_at < $4"
_SO_MANY: Final = (
    f"SELECT count(*) AS needs FROM (SELECT FROM need n WHERE {_AREA} AND {_OPEN} LIMIT $3) n"
)
# Whose days are over, or end before they begin, is told so by a run of any day: no other would.
_IS_OVER: Final = "coalesce(n.wished_until_on < greatest($4::date, n.wished_from_on), false)"
_PEOPLE: Final = (
    "SELECT n.id, n.category, n.urgency, n.area_code, coalesce(n.lon, CAST(a.state ->> 'lon' AS"
    " float8)) AS lon, coalesce(n.lat, CAST(a.state ->> 'lat' AS float8)) AS lat,"
    " n.price_at_most_fen, array_to_string(n.wished_weekdays, '') AS weekdays,"
    " array_to_string(n.wished_channels, ' ') AS channels,"
    " n.wished_from_time, n.wished_to_time, p.age_band, array_to_string(p.groups, ',') AS groups,"
    " p.household_area, array_to_string(p.accessibility, ' ') AS accessibility,"
    " p.need_id IS NOT NULL AS has_profile, {is_over} AS is_over FROM need n"
    " LEFT JOIN profile p ON p.need_id = n.id"
    " LEFT JOIN mirrored a ON n.lon IS NULL AND a.kind = 'area' AND a.area_code = n.area_code"
    f" WHERE {_AREA}"
)
_TODAY: Final = (
    f" AND {_OPEN} AND ({_IS_OVER} OR (n.wished_from_on IS NULL OR n.wished_from_on <= $3)"
    " AND (n.wished_until_on IS NULL OR n.wished_until_on >= $3)) ORDER BY n.id"
)
_STANDINGS: Final = (
    "SELECT s.need_id, s.kind, s.verified_at, s.expires_on, s.is_refused, s.grade FROM standing s"
    f" JOIN need n ON n.id = s.need_id WHERE {_AREA}"
)
# Free places of a day; null where nobody counts them.
_FREE: Final = (
    "CASE WHEN s.capacity IS NULL THEN NULL WHEN c.offering_id IS NULL THEN s.capacity"
    " WHEN c.waiting > 0 THEN 0 ELSE greatest(c.places - c.taken, 0) END",
    "LEFT JOIN capacity c ON c.offering_id = s.offering_id AND c.session = ''"
    f" AND c.starts_on = {starts('$1')}",
)
# Each period of the days counts once, with the places that it had where somebody opened it.
_OF_THE_PAST: Final = (
    "CAST(CASE WHEN s.capacity IS NULL THEN NULL ELSE"
    " greatest(s.capacity * coalesce(p.times, 1) + coalesce(o.more, 0), 0) END AS bigint)",
    "LEFT JOIN (SELECT 'day' AS period, $2::date - $1::date + 1 AS times"
    " UNION ALL SELECT word, count(DISTINCT date_trunc(word, day))"
    " FROM generate_series($1::date, $2::date, interval '1 day') AS day"
    " CROSS JOIN unnest(ARRAY['week', 'month', 'year']) AS word GROUP BY word) p"
    " ON p.period = s.capacity_period"
    " LEFT JOIN (SELECT c.offering_id, sum(c.places - s.capacity) AS more FROM capacity c"
    " JOIN supply s ON s.offering_id = c.offering_id WHERE c.session = ''"
    " AND c.starts_on <= $2 AND c.ends_on >= $1 GROUP BY c.offering_id) o"
    " ON o.offering_id = s.offering_id",
)


def _offers(places: str, joined: str) -> str:
    """Published offerings that stand somewhere or come to people, with their places, by id.

    Not those counted by session, for a run chooses days, no sessions; nor those whose venue is
    shut, unless they come to people.
    """
    return (
        "SELECT s.offering_id AS id, s.category_path, s.eligibility, s.funding_source,"
        " s.area_code, coalesce(s.price_fen, -1) AS price_fen, s.lon, s.lat,"
        " array_to_string(s.channels, ' ') AS channels,"
        f" s.schedule, s.venue_id, CASE WHEN {COUNT_THERE} THEN s.venue_id END AS there,"
        f" {IS_LONGER} AS is_longer, {places} AS places"
        f" FROM supply s {joined} WHERE s.is_open AND s.provider_id IS NOT NULL"
        f" AND s.eligibility IS NOT NULL AND (s.lon IS NOT NULL OR {COMES})"
        f" AND s.capacity_period <> 'session' AND {HAS_PLACE}"
        " ORDER BY s.offering_id"
    )


async def are_many(session: AsyncSession, area: str, many: int) -> bool:
    """Whether at least so many needs are open in an area."""
    found = await columns(session, _SO_MANY, *_bounds(area), many)
    return bool(found["needs"][0] >= many)


async def people(session: AsyncSession, area: str, day: date, today: date) -> Columns:
    """Open needs of an area for a day, with whom each is for, by id; and whose days are over."""
    statement = _PEOPLE.format(is_over=_IS_OVER) + _TODAY
    return await columns(session, statement, *_bounds(area), day, today)


async def standings(session: AsyncSession, area: str) -> Columns:
    """What is claimed and verified for the open needs of an area."""
    return await columns(session, f"{_STANDINGS} AND {_OPEN}", *_bounds(area))


async def people_raised(
    session: AsyncSession, area: str, since: datetime, until: datetime
) -> Columns:
    """Needs of an area raised in a period, whatever became of them, by id."""
    statement = f"{_PEOPLE.format(is_over='false')} AND {_RAISED} ORDER BY n.id"
    return await columns(session, statement, *_bounds(area), since, until)


async def standings_raised(
    session: AsyncSession, area: str, since: datetime, until: datetime
) -> Columns:
    """What was claimed and verified for these needs."""
    return await columns(session, f"{_STANDINGS} AND {_RAISED}", *_bounds(area), since, until)


async def offers(session: AsyncSession, day: date) -> Columns:
    """Published offerings with what is free of a day; places are None where nobody counts them."""
    return await columns(session, _offers(*_FREE), day)


async def venues(session: AsyncSession) -> Mapping[UUID, Venue]:
    """All venues, as far as offerings are what their venue is."""
    found = await columns(session, _VENUES)
    told = zip(found["hours"], found["features"], strict=True)
    return dict(zip(found["record_id"], (Venue(*each) for each in told), strict=True))


async def offers_between(session: AsyncSession, first: date, last: date) -> Columns:
    """Published offerings with the places of all periods that these days touch."""
    return await columns(session, _offers(*_OF_THE_PAST), first, last)


def _bounds(area: str) -> tuple[str, str]:
    return area.ljust(12, "0"), area.ljust(12, "9")
