"""What venues cost and how much they are used, each beside the middle of its kind.

Costs are what funds paid for the venue (grants that name it) and the running cost it reported.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor, is_area

# One statement: sums a venue, medians a kind for the district and for the city, then a page.
_STATEMENT: Final = text("""
WITH used AS (
  SELECT venue_id, sum(visits) AS visits, sum(services) AS services, sum(cost_fen) AS cost
  FROM venue_month WHERE month >= :first AND month < :after GROUP BY venue_id
), paid AS (
  SELECT g.venue_id, sum(CASE e.kind WHEN 'payment' THEN e.amount_fen
    WHEN 'refund' THEN -e.amount_fen ELSE 0 END) AS cost
  FROM fund_grant g JOIN fund_entry e ON e.fund_id = g.fund_id AND e.grant_id = g.id
  WHERE g.venue_id IS NOT NULL AND e.booked_on >= :first AND e.booked_on < :after
  GROUP BY g.venue_id
), figures AS (
  SELECT v.id, v.name, v.kind, v.area_code, v.floor_area_m2, left(v.area_code, 6) AS district,
    coalesce(u.visits, 0) AS visits, coalesce(u.services, 0) AS services,
    greatest(coalesce(u.cost, 0) + coalesce(p.cost, 0), 0) AS cost
  FROM venue v LEFT JOIN used u ON u.venue_id = v.id LEFT JOIN paid p ON p.venue_id = v.id
  WHERE v.merged_into_id IS NULL AND v.status <> 'closed'
    AND (u.venue_id IS NOT NULL OR p.venue_id IS NOT NULL)
), rates AS (
  SELECT *, cost / nullif(services, 0)::float8 AS per_service,
    cost / nullif(floor_area_m2, 0) AS per_m2,
    CASE WHEN visits >= :smallest THEN visits * 100 / nullif(cost, 0)::float8 END AS per_yuan
  FROM figures
), peers AS (
  SELECT kind, district, grouping(district) AS is_city, count(*) AS peers,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY per_service) AS per_service,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY per_m2) AS per_m2,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY per_yuan) AS per_yuan
  FROM rates GROUP BY GROUPING SETS ((kind, district), (kind))
)
SELECT r.*, d.peers AS district_peers, c.peers AS city_peers,
  d.per_service AS district_per_service, d.per_m2 AS district_per_m2,
  d.per_yuan AS district_per_yuan, c.per_service AS city_per_service, c.per_m2 AS city_per_m2,
  c.per_yuan AS city_per_yuan
FROM rates r
JOIN peers d ON d.kind = r.kind AND d.is_city = 0 AND d.district = r.district
JOIN peers c ON c.kind = r.kind AND c.is_city = 1
WHERE r.area_code BETWEEN :low AND :high AND r.area_code BETWEEN :own_low AND :own_high
  AND (CAST(:kind AS text) IS NULL OR r.kind = :kind)
  AND (r.area_code, r.id) > (:after_code, CAST(:after_id AS uuid))
ORDER BY r.area_code, r.id LIMIT :rows
""")
_NOTHING: Final = ("", UUID(int=0))


@dataclass(frozen=True, slots=True)
class Filters:
    """Which venues, over which months."""

    first: date
    after: date
    area: str | None = None
    kind: str | None = None


async def page(
    session: AsyncSession,
    actor: Actor,
    filters: Filters,
    *,
    smallest: int,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Venues of the caller's area that cost or were used, by area code."""
    own = actor.area if is_area(actor.area) else None
    if own is None:
        return []
    area = filters.area or own
    code, last = after or _NOTHING
    values = {
        "first": filters.first,
        "after": filters.after,
        "smallest": smallest,
        "kind": filters.kind,
        "low": area.ljust(12, "0"),
        "high": area.ljust(12, "9"),
        "own_low": own.ljust(12, "0"),
        "own_high": own.ljust(12, "9"),
        "after_code": code,
        "after_id": last,
        "rows": limit + 1,
    }
    return (await session.execute(_STATEMENT, values)).all()
