"""Editions in the database: who can be heard by now, what the public's evidence is, what was told.

The public's evidence is the judgements of offices and the groups of residents: no query here that
reads levels of single ratings serves anything but making groups.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Date,
    DateTime,
    Integer,
    Uuid,
    bindparam,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.shapes import SMALLEST_FIGURE
from procurement import tables
from procurement.domain.rating_rules import AGE_STEP_DAYS
from procurement.queries.evidence import Cell
from procurement.queries.rating_counts import Moment
from procurement.rating.priors import SPAN

G, R, E = tables.RatingGroup, tables.ReleasedRating, tables.RatingEdition


@dataclass(frozen=True, slots=True)
class Edition:
    """The period that an edition is of, and the evidence that it may rest on."""

    until_on: date
    settled_on: date
    known_at: datetime
    published_at: datetime


class Hearing(NamedTuple):
    """Residents who wait to be heard under one buyer, and what they said."""

    provider_id: UUID
    category: str
    dimension: str
    buyer_id: UUID | None
    heard_on: date
    levels: Sequence[int]


async def last_published(session: AsyncSession) -> date | None:
    """The last day of the newest period that has its edition."""
    found: date | None = await session.scalar(select(func.max(E.until_on)))
    return found


async def claim(session: AsyncSession, edition: Edition) -> bool:
    """Begin an edition; False when somebody else has made it, or makes it now and finishes."""
    row = {name: getattr(edition, name) for name in Edition.__slots__}
    statement = upsert(E).values(**row).on_conflict_do_nothing().returning(E.until_on)
    return await session.scalar(statement) is not None


# A rating was heard when it stood at the instant of an edition that made a group of its buyer's.
# What was said of it since, by the rater or by an appeal, is in the exact figures alone.
_WAITING: Final = text(
    "WITH heard AS (SELECT g.provider_id, g.category, g.dimension, g.buyer_id, x.known_at,"
    " x.settled_on FROM rating_group g JOIN rating_edition x ON x.until_on = g.edition_on),"
    " last AS (SELECT provider_id, category, dimension, buyer_id, max(known_at) AS known_at,"
    " max(settled_on) AS settled_on FROM heard GROUP BY 1, 2, 3, 4)"
    " SELECT e.provider_id, e.category, e.dimension, e.buyer_id,"
    " DATE '2000-01-01' + CAST(avg(e.happened_on - DATE '2000-01-01') AS integer) AS heard_on,"
    " ARRAY[count(*) FILTER (WHERE e.level = 1), count(*) FILTER (WHERE e.level = 2),"
    " count(*) FILTER (WHERE e.level = 3), count(*) FILTER (WHERE e.level = 4),"
    " count(*) FILTER (WHERE e.level = 5)] AS levels"
    " FROM evidence e LEFT JOIN last l ON l.provider_id = e.provider_id"
    " AND l.category = e.category AND l.dimension = e.dimension"
    " AND l.buyer_id IS NOT DISTINCT FROM e.buyer_id"
    " WHERE e.source = 'rating' AND e.known_from <= :known_at"
    " AND (e.known_to IS NULL OR e.known_to > :known_at) AND NOT e.is_suspended"
    " AND NOT e.is_related AND e.happened_on <= :settled"
    " AND e.happened_on > CAST(:settled AS date) - CAST(:window AS integer)"
    " AND (l.known_at IS NULL OR e.known_from > l.known_at OR e.happened_on > l.settled_on)"
    " AND NOT EXISTS (SELECT 1 FROM evidence o JOIN heard h ON h.provider_id = o.provider_id"
    " AND h.category = o.category AND h.dimension = o.dimension"
    " AND h.buyer_id IS NOT DISTINCT FROM o.buyer_id AND h.known_at >= o.known_from"
    " AND h.known_at < o.known_to AND h.settled_on >= o.happened_on"
    " WHERE o.source = 'rating' AND o.known_to IS NOT NULL AND o.source_id = e.source_id"
    " AND o.provider_id = e.provider_id AND o.dimension = e.dimension"
    " AND NOT o.is_suspended AND NOT o.is_related)"
    " GROUP BY 1, 2, 3, 4 HAVING count(*) >= :least"
).bindparams(
    bindparam("known_at", type_=DateTime(timezone=True)),
    bindparam("settled", type_=Date),
    bindparam("window", type_=Integer),
)


async def waiting(
    session: AsyncSession, edition: Edition, *, window_days: int, least: int
) -> Sequence[Hearing]:
    """Residents who were not heard yet, where enough of them wait under one buyer."""
    values = {
        "known_at": edition.known_at,
        "settled": edition.settled_on,
        "window": window_days,
        "least": least,
    }
    return [Hearing(*row) for row in await session.execute(_WAITING, values)]


async def hear(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep groups."""
    if rows:
        await session.execute(insert(G), list(rows))


# The public's evidence. What few users said at an acceptance is left out, and so is a buyer's whole
# group when the buyer has turned out to be partial.
_RELEASED: Final = (
    "SELECT e.provider_id, e.category, e.dimension, e.buyer_id, e.source, e.level,"
    f" e.is_related, GREATEST(CAST(:day AS date) - e.happened_on, 0) / {AGE_STEP_DAYS} AS age,"
    " count(*) AS pieces FROM evidence e WHERE e.source <> 'rating'"
    " AND e.known_from <= :known_at AND (e.known_to IS NULL OR e.known_to > :known_at)"
    " AND e.counts_from_on <= :day AND NOT e.is_suspended"
    " AND e.happened_on > CAST(:day AS date) - CAST(:window AS integer)"
    " AND (e.source <> 'acceptance' OR EXISTS (SELECT 1 FROM milestone m WHERE m.id = e.source_id"
    f" AND m.contract_id = e.contract_id AND m.users_answered >= {SMALLEST_FIGURE}))"
    " {official} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
    " UNION ALL SELECT g.provider_id, g.category, g.dimension, g.buyer_id, 'rating',"
    " CAST(l.level AS smallint), EXISTS (SELECT 1 FROM evidence p"
    " WHERE p.source = 'rating' AND p.is_related AND p.provider_id = g.provider_id"
    " AND p.category = g.category AND p.dimension = g.dimension AND p.buyer_id = g.buyer_id"
    " AND p.known_from <= :known_at AND (p.known_to IS NULL OR p.known_to > :known_at)),"
    f" GREATEST(CAST(:day AS date) - g.heard_on, 0) / {AGE_STEP_DAYS}, l.pieces"
    " FROM rating_group g CROSS JOIN LATERAL unnest(g.levels) WITH ORDINALITY AS l (pieces, level)"
    " WHERE g.edition_on <= :day AND l.pieces > 0"
    " AND g.heard_on > CAST(:day AS date) - CAST(:window AS integer) {groups}"
)
_MOMENT: Final = (
    bindparam("day", type_=Date),
    bindparam("known_at", type_=DateTime(timezone=True)),
    bindparam("window", type_=Integer),
)
_COUNTED: Final = text(
    "SELECT provider_id, category, dimension, buyer_id, source, level, is_related,"
    " array_agg(age) AS ages, array_agg(pieces) AS pieces FROM ("
    + _RELEASED.format(
        official="AND e.provider_id = ANY(:ids)", groups="AND g.provider_id = ANY(:ids)"
    )
    + ") AS told GROUP BY 1, 2, 3, 4, 5, 6, 7"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), *_MOMENT)
_EVERYWHERE: Final = text(
    "SELECT provider_id, category, dimension, buyer_id, array_agg(level) AS levels,"
    f" array_agg(age / {SPAN} * {SPAN}) AS ages, array_agg(pieces) AS pieces FROM ("
    + _RELEASED.format(official="", groups="")
    + ") AS told WHERE NOT is_related GROUP BY 1, 2, 3, 4"
).bindparams(*_MOMENT)


async def counted(
    session: AsyncSession, moment: Moment, provider_ids: Collection[UUID]
) -> Sequence[Any]:
    """The public's evidence on providers, counted by buyer, source, level and age."""
    values = {**_values(moment), "ids": list(provider_ids)}
    return (await session.execute(_COUNTED, values)).all()


async def counted_everywhere(session: AsyncSession, moment: Moment) -> Sequence[Any]:
    """The public's evidence of the city by buyer, level and rough age, for the base rates."""
    return (await session.execute(_EVERYWHERE, _values(moment))).all()


def _values(moment: Moment) -> dict[str, Any]:
    return {"day": moment.day, "known_at": moment.known_at, "window": moment.window_days}


async def standing(
    session: AsyncSession, provider_ids: Collection[UUID]
) -> Mapping[Cell, tables.ReleasedRating]:
    """The ratings of providers as the last edition left them."""
    statement = select(R).where(R.ended_on.is_(None), R.provider_id.in_(provider_ids))
    rows = await session.scalars(statement)
    return {Cell(row.provider_id, row.category, row.dimension): row for row in rows}


async def keep(session: AsyncSession, edition_on: date, rows: Sequence[Mapping[str, Any]]) -> None:
    """Let rows take the place of what stood of the same ratings."""
    if not rows:
        return
    ids = [row["rating_id"] for row in rows]
    stood = R.rating_id.in_(ids) & R.ended_on.is_(None)
    ended = update(R).where(stood).values(ended_on=edition_on)
    await session.execute(ended.execution_options(synchronize_session=False))
    await session.execute(insert(R), [{**row, "edition_on": edition_on} for row in rows])


async def newest(session: AsyncSession, by: datetime) -> Edition | None:
    """The edition that the public had at an instant."""
    statement = select(*(getattr(E, name) for name in Edition.__slots__))
    statement = statement.where(E.published_at <= by).order_by(E.until_on.desc()).limit(1)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else Edition(*row)


async def published(session: AsyncSession, *, before: date | None, limit: int) -> Sequence[Any]:
    """Editions and how many ratings each changed, newest first; one more than `limit`."""
    changed = select(func.count()).where(R.edition_on == E.until_on).scalar_subquery()
    statement = select(E.until_on, E.settled_on, E.published_at, changed.label("changed"))
    if before is not None:
        statement = statement.where(E.until_on < before)
    return (await session.execute(statement.order_by(E.until_on.desc()).limit(limit + 1))).all()


async def told(session: AsyncSession, cell: Cell, edition_on: date) -> tables.ReleasedRating | None:
    """A rating as it was told in an edition."""
    statement = select(R).where(
        *(R.provider_id == cell.provider_id, R.category == cell.category),
        *(R.dimension == cell.dimension, R.edition_on <= edition_on),
    )
    found: tables.ReleasedRating | None = await session.scalar(
        statement.order_by(R.edition_on.desc()).limit(1)
    )
    return found


async def grades(
    session: AsyncSession, rating_id: UUID, *, after: datetime | None, limit: int
) -> Sequence[Any]:
    """The levels that the public was told, oldest first; one more than `limit`."""
    before = func.lag(R.level).over(order_by=R.edition_on)
    place = func.row_number().over(order_by=R.edition_on)
    each = (
        select(R, before.label("before"), place.label("place"))
        .where(R.rating_id == rating_id)
        .subquery()
    )
    c = each.c
    names = ("level", "expected", "lower_bound", "upper_bound")
    statement = (
        select(
            *(getattr(c, name) for name in names),
            func.to_char(c.edition_on, "YYYY-MM-DD").label("prior_version"),
            E.published_at.label("from_at"),
        )
        .join(E, E.until_on == c.edition_on)
        .where((c.place == 1) | c.level.is_distinct_from(c.before))
    )
    if after is not None:
        statement = statement.where(E.published_at > after)
    return (await session.execute(statement.order_by(E.published_at).limit(limit + 1))).all()
