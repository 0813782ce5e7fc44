"""Evidence counted for ratings: by buyer, source, level and age, as it was known at an instant."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Date, DateTime, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day
from procurement.domain.rating_rules import AGE_STEP_DAYS
from procurement.queries.evidence import Cell
from procurement.rating.priors import SPAN

WANTED: Final = (
    " unnest(:providers, :categories, :dimensions) AS w (provider_id, category, dimension)"
)
ARRAYS: Final = (
    bindparam("providers", type_=ARRAY(Uuid)),
    bindparam("categories", type_=ARRAY(Text)),
    bindparam("dimensions", type_=ARRAY(Text)),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """Of what day a rating is, and what was known by when."""

    day: date
    known_at: datetime
    window_days: int


# By age first and then the ages together: a row for each buyer and level, however many ages.
_COUNTED: Final = (
    "SELECT provider_id, category, dimension, buyer_id, source, level, is_related,"
    " array_agg(age) AS ages, array_agg(pieces) AS pieces FROM ("
    "SELECT e.provider_id, e.category, e.dimension, e.buyer_id, e.source, e.level, e.is_related,"
    f" GREATEST(CAST(:day AS date) - e.happened_on, 0) / {AGE_STEP_DAYS} AS age,"
    " count(*) AS pieces FROM evidence e {joined}"
    " WHERE e.known_from <= :known_at AND (e.known_to IS NULL OR e.known_to > :known_at)"
    " AND e.counts_from_on <= :day AND NOT e.is_suspended"
    " AND e.happened_on > CAST(:day AS date) - CAST(:window AS integer) {bounded}"
    " GROUP BY 1, 2, 3, 4, 5, 6, 7, 8) AS counted GROUP BY 1, 2, 3, 4, 5, 6, 7"
)
_MOMENT: Final = (
    bindparam("day", type_=Date),
    bindparam("known_at", type_=DateTime(timezone=True)),
)
_OF_CELLS: Final = text(
    _COUNTED.format(joined=f"JOIN {WANTED} USING (provider_id, category, dimension)", bounded="")
).bindparams(*ARRAYS, *_MOMENT)
_OF_PROVIDERS: Final = text(
    _COUNTED.format(joined="", bounded="AND e.provider_id = ANY(:ids)")
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), *_MOMENT)
# For base rates the source does not matter, and age only roughly: every piece is one.
_OF_ALL: Final = text(
    "SELECT provider_id, category, dimension, buyer_id, array_agg(level) AS levels,"
    " array_agg(age) AS ages, array_agg(pieces) AS pieces FROM ("
    "SELECT provider_id, category, dimension, buyer_id, level, GREATEST(CAST(:day AS date)"
    f" - happened_on, 0) / {AGE_STEP_DAYS * SPAN} * {SPAN} AS age, count(*) AS pieces FROM evidence"
    " WHERE known_from <= :known_at AND (known_to IS NULL OR known_to > :known_at)"
    " AND counts_from_on <= :day AND NOT is_suspended AND NOT is_related"
    " AND happened_on > CAST(:day AS date) - CAST(:window AS integer)"
    " GROUP BY 1, 2, 3, 4, 5, 6) AS counted GROUP BY 1, 2, 3, 4"
).bindparams(*_MOMENT)


async def counted(session: AsyncSession, moment: Moment, cells: Collection[Cell]) -> Sequence[Any]:
    """The evidence of cells, counted by buyer, source, level and age."""
    return (await session.execute(_OF_CELLS, {**_values(moment), **arrays(cells)})).all()


async def counted_of(
    session: AsyncSession, moment: Moment, provider_ids: Sequence[UUID]
) -> Sequence[Any]:
    """The evidence on some providers in all their cells."""
    values = {**_values(moment), "ids": list(provider_ids)}
    return (await session.execute(_OF_PROVIDERS, values)).all()


async def counted_everywhere(session: AsyncSession, moment: Moment) -> Sequence[Any]:
    """All evidence of the city by buyer, level and rough age, for the base rates."""
    return (await session.execute(_OF_ALL, _values(moment))).all()


def _values(moment: Moment) -> dict[str, Any]:
    return {"day": moment.day, "known_at": moment.known_at, "window": moment.window_days}


def arrays(cells: Iterable[Cell]) -> dict[str, Any]:
    """Cells as the values of a statement that joins them (`WANTED`)."""
    listed = list(cells)
    return {
        "providers": [cell.provider_id for cell in listed],
        "categories": [cell.category for cell in listed],
        "dimensions": [cell.dimension for cell in listed],
    }


_FIRST_KNOWN: Final = text(
    "SELECT w.provider_id, w.category, w.dimension, e.first FROM" + WANTED + " CROSS JOIN LATERAL"
    " (SELECT min(known_from) AS first FROM evidence e WHERE e.provider_id = w.provider_id"
    " AND e.category = w.category AND e.dimension = w.dimension) AS e WHERE e.first IS NOT NULL"
).bindparams(*ARRAYS)


async def first_known(session: AsyncSession, cells: Collection[Cell]) -> Mapping[Cell, date]:
    """The day on which the first evidence of each cell became known."""
    rows = await session.execute(_FIRST_KNOWN, arrays(cells))
    return {Cell(*row[:3]): city_day(row.first) for row in rows}


_PENDING: Final = text(
    "SELECT e.provider_id, e.category, e.dimension,"
    " max(e.counts_from_on) FILTER (WHERE e.counts_from_on > :day) - 1 AS reply_until_on,"
    " min(r.said_at) AS suspended_at FROM evidence e JOIN" + WANTED + " USING (provider_id,"
    " category, dimension) LEFT JOIN grade_reply r ON r.provider_id = e.provider_id"
    " AND r.source = e.source AND r.source_id = e.source_id AND r.kind = 'appeal'"
    " AND r.verdict IS NULL"
    " WHERE e.source <> 'rating' AND e.known_to IS NULL GROUP BY 1, 2, 3"
).bindparams(*ARRAYS, bindparam("day", type_=Date))


async def pending(
    session: AsyncSession, cells: Collection[Cell], day: date
) -> Mapping[Cell, tuple[date | None, datetime | None]]:
    """Until when the provider may reply, and since when an appeal suspends the use."""
    rows = await session.execute(_PENDING, {**arrays(cells), "day": day})
    return {Cell(*row[:3]): (row.reply_until_on, row.suspended_at) for row in rows}


_LOCK: Final = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('provider_rating:' || p, 0))"
    " FROM (SELECT p FROM unnest(CAST(:ids AS text[])) AS p ORDER BY p) AS sorted"
)


async def lock(session: AsyncSession, provider_ids: Iterable[UUID]) -> None:
    """Nobody else computes ratings of these providers until the transaction ends.

    Taken before the evidence is read, so that an older count never overwrites a newer one.
    """
    await session.execute(_LOCK, {"ids": [str(each) for each in set(provider_ids)]})


# By the key: a look at the table would begin with the rows that are done with.
ARE_DUE: Final = "SELECT min(id) IS NOT NULL FROM rating_due"
_TAKEN: Final = text(
    "DELETE FROM rating_due WHERE id IN (SELECT id FROM rating_due ORDER BY id LIMIT :limit"
    " FOR UPDATE SKIP LOCKED) RETURNING provider_id, category, dimension"
)


async def take_due(session: AsyncSession, limit: int) -> set[Cell]:
    """Cells that have to be computed again; they stay due when the transaction fails."""
    rows = await session.execute(_TAKEN, {"limit": limit})
    return {Cell(*row) for row in rows}


_PROVIDERS: Final = text(
    "WITH RECURSIVE each AS ((SELECT provider_id FROM evidence ORDER BY provider_id LIMIT 1)"
    " UNION ALL SELECT (SELECT e.provider_id FROM evidence e WHERE e.provider_id > each.provider_id"
    " ORDER BY e.provider_id LIMIT 1) FROM each WHERE each.provider_id IS NOT NULL)"
    " SELECT provider_id FROM each WHERE provider_id IS NOT NULL"
)


async def providers(session: AsyncSession) -> Sequence[UUID]:
    """Every provider with evidence, by id: one look into the index for each."""
    return [*await session.scalars(_PROVIDERS)]
