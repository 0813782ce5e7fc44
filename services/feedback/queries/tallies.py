"""Counts of ratings: changes are written with what they count, and added up soon after.

A writer never waits for a count that another one is changing: it only appends. Any number of
processes may add up at once.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day
from feedback import tables
from feedback.domain.ratings import town_of

T = tables.Tally
SERVED, INVITED = "served", "invited"
BATCH: Final = 20_000
# By the key: a look at the table would begin with the rows that are added up.
WAITS: Final = "SELECT min(id) IS NOT NULL FROM tally_change"
_SEEN: Final = text(
    "SELECT last_value, (SELECT min(id) FROM tally_change) FROM tally_change_id_seq"
)
_KEY: Final = (
    "month_on, provider_id, category, area_code, venue_id, contract_id, channel, level, is_counted"
)
_ADDED: Final = text(
    "WITH taken AS (DELETE FROM tally_change WHERE id IN (SELECT id FROM tally_change"
    " ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED) RETURNING KEY, change),"
    " summed AS (SELECT KEY, sum(change) AS change, count(*) AS rows FROM taken"
    " GROUP BY KEY ORDER BY KEY),"
    " added AS (INSERT INTO tally AS t (id, KEY, count)"
    " SELECT gen_random_uuid(), KEY, change FROM summed WHERE change <> 0"
    " ON CONFLICT (provider_id, month_on, category, area_code, channel, level, is_counted,"
    " venue_id, contract_id) DO UPDATE SET count = t.count + excluded.count)"
    " SELECT coalesce(sum(rows), 0) FROM summed".replace("KEY", _KEY)
)


class Counted(NamedTuple):
    """How many of one kind."""

    channel: str
    level: int
    is_counted: bool
    number: int


def of_rating(row: tables.Rating, change: int) -> dict[str, Any]:
    """A rating that counts, or counts no more, as it stands now."""
    return {
        "month_on": row.served_on.replace(day=1),
        "provider_id": row.provider_id,
        "category": row.category,
        "area_code": row.area_code,
        "venue_id": row.venue_id,
        "contract_id": row.contract_id,
        "channel": row.channel,
        "level": row.level,
        "is_counted": row.is_counted,
        "change": change,
    }


def of_delivery(row: Mapping[str, Any], channel: str, change: int = 1) -> dict[str, Any]:
    """A service that was given, or an invitation to rate it; or one that counts no more."""
    kept = ("provider_id", "category", "venue_id", "contract_id")
    return {
        **{name: row[name] for name in kept},
        "month_on": city_day(row["served_at"]).replace(day=1),
        "area_code": town_of(row["area_code"]),
        "channel": channel,
        "level": 0,
        "is_counted": False,
        "change": change,
    }


async def note(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append changes of counts."""
    if rows:
        await session.execute(insert(tables.TallyChange), list(rows))


async def add_up(session: AsyncSession, *, batch: int | None = BATCH) -> int:
    """Add a batch of changes to their counts, or all there are; how many changes that were."""
    return int(await session.scalar(_ADDED, {"batch": batch}) or 0)


async def seen(session: AsyncSession) -> tuple[int, int | None]:
    """What moves with each change that is noted and each that is added up; reads two rows."""
    row = (await session.execute(_SEEN)).one()
    return row[0], row[1]


def of_body(provider_id: UUID) -> ColumnElement[bool]:
    """What is counted of an organisation."""
    return T.provider_id == provider_id


def of_contract(contract_id: UUID) -> ColumnElement[bool]:
    """What is counted of a contract."""
    return T.contract_id == contract_id


def of_venue(venue_id: UUID) -> ColumnElement[bool]:
    """What is counted of a venue."""
    return T.venue_id == venue_id


async def counted(
    session: AsyncSession, what: ColumnElement[bool], from_on: date, until_on: date
) -> Sequence[Counted]:
    """What is counted for services from the month of one day on until another."""
    statement = (
        select(T.channel, T.level, T.is_counted, func.sum(T.count))
        .where(what, T.month_on.between(from_on.replace(day=1), until_on))
        .group_by(T.channel, T.level, T.is_counted)
    )
    return [Counted(*row) for row in await session.execute(statement)]
