"""Ratings in the database: the priors of a day, what stands, and what of it is told to whom."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, cast
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Row, Table, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common import errors
from common.clock import city_day, utc_now
from common.contracts import procurement as contracts
from common.contracts.vocabulary import RatingDimension
from common.errors import NotFound
from procurement import tables
from procurement.domain.rating_rules import lawful_uses
from procurement.queries.evidence import Cell
from procurement.queries.rating_counts import ARRAYS, WANTED, arrays
from procurement.queries.rules import rules_now
from procurement.rating.priors import NEUTRAL, Prior

R, L = tables.Rating, tables.ReleasedRating
WHAT: Final = errors.Text("评级", "rating")
CITY: Final = "310000"
EVERYWHERE: Final = ""  # the prior of all categories together
_FIGURES: Final = (
    *("is_rated", "level", "expected", "lower_bound", "upper_bound"),
    *("ratings", "effective_ratings", "buyers"),
)
_STATE: Final = (*("id", "provider_id", "category", "dimension", "reply_until_on", "suspended_at"),)


_STANDING: Final = text(
    "SELECT r.* FROM provider_rating r JOIN" + WANTED + " USING (provider_id, category, dimension)"
).bindparams(*ARRAYS)


async def standing(session: AsyncSession, cells: Collection[Cell]) -> Mapping[Cell, Row[Any]]:
    """The ratings of cells as last computed."""
    rows = await session.execute(_STANDING, arrays(cells))
    return {Cell(row.provider_id, row.category, row.dimension): row for row in rows}


async def cells_of(session: AsyncSession, provider_ids: Collection[UUID]) -> set[Cell]:
    """The cells that have a rating of these providers."""
    statement = select(R.provider_id, R.category, R.dimension).where(
        R.provider_id.in_(provider_ids)
    )
    return {Cell(*row) for row in await session.execute(statement)}


@dataclass(frozen=True, slots=True)
class FrozenPriors:
    """The priors of one version."""

    version: str
    by_topic: Mapping[tuple[str, str], Prior]

    def of(self, cell: Cell) -> Prior:
        """The prior of a cell's category; where it has none, that of all; else the neutral one."""
        of_category = self.by_topic.get((cell.category, cell.dimension))
        return of_category or self.by_topic.get((EVERYWHERE, cell.dimension)) or NEUTRAL


PriorTable = type[tables.Prior] | type[tables.ReleasedPrior]


async def priors(
    session: AsyncSession, day: date, *, table: PriorTable = tables.Prior
) -> FrozenPriors:
    """The version that applies on a day: the last one frozen until then."""
    p: Any = table  # either of two that are alike
    newest = select(func.max(p.frozen_on)).where(p.frozen_on <= day).scalar_subquery()
    rows = (await session.execute(select(*p.__table__.columns).where(p.frozen_on == newest))).all()
    if not rows:
        return FrozenPriors("neutral", {})
    found = {
        (row.category, row.dimension): Prior(
            tuple(row.levels),
            *(row.weight, row.correlation, row.steadiness, row.providers, row.evidence),
        )
        for row in rows
    }
    return FrozenPriors(str(rows[0].frozen_on), found)


async def last_day(session: AsyncSession) -> date | None:
    """The last day whose ratings were computed for the whole city."""
    found: date | None = await session.scalar(select(func.max(tables.RatingDay.day)))
    return found


async def finish_day(session: AsyncSession, day: date, ratings: int, *, now: datetime) -> None:
    """A day's ratings are all computed."""
    values = {"day": day, "ratings": ratings, "finished_at": now}
    await session.execute(insert(tables.RatingDay).values(values).on_conflict_do_nothing())


async def are_frozen(session: AsyncSession, day: date) -> bool:
    """Whether a day has its priors already."""
    p = tables.Prior
    found = await session.scalar(select(p.frozen_on).where(p.frozen_on == day).limit(1))
    return found is not None


async def freeze(
    session: AsyncSession,
    day: date,
    found: Mapping[tuple[str, str], Prior],
    *,
    table: PriorTable = tables.Prior,
) -> None:
    """Keep the priors of a day; whoever comes second leaves them as they are."""
    rows = [
        {
            "frozen_on": day,
            "category": category,
            "dimension": dimension,
            "levels": list(prior.levels),
            "weight": prior.weight,
            "correlation": prior.correlation,
            "steadiness": prior.steadiness,
            "providers": prior.providers,
            "evidence": prior.evidence,
        }
        for (category, dimension), prior in found.items()
    ]
    if rows:
        await session.execute(insert(table).values(rows).on_conflict_do_nothing())


def _over(table: type[tables.Rating | tables.Grade], *keys: str) -> str:
    """Rows as one JSON array, written over those of the same keys."""
    of = cast(Table, table.__table__)
    names = [each.name for each in of.columns]
    listed = ", ".join(names)
    fresh = ", ".join(f"{each} = excluded.{each}" for each in names if each not in {"id", *keys})
    return (
        f"INSERT INTO {of.name} ({listed}) SELECT {listed} FROM jsonb_populate_recordset("
        f"CAST(NULL AS {of.name}), CAST(:rows AS jsonb))"
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {fresh}"
    )


_KEY: Final = ("provider_id", "category", "dimension")
_STORED: Final = text(f"{_over(R, *_KEY)} RETURNING {', '.join(_KEY)}, id")
_GRADED: Final = text(_over(tables.Grade, "rating_id", "from_at"))


async def store(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> Mapping[Cell, UUID]:
    """Write ratings over what stood; the id of each."""
    if not rows:
        return {}
    found = await session.execute(_STORED, {"rows": _json(rows)})
    return {Cell(*row[:3]): row.id for row in found}


async def keep_grades(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Add levels to the history; of two at the same instant the last one counts."""
    if rows:
        await session.execute(_GRADED, {"rows": _json(rows)})


def _json(rows: Sequence[dict[str, Any]]) -> str:
    return orjson.dumps(rows, default=str).decode()


async def of_provider(
    session: AsyncSession, provider_id: UUID, category: str | None
) -> list[contracts.ProviderRating]:
    """All ratings of a provider as the last edition told them."""
    of = [L.provider_id == provider_id]
    if category is not None:
        of.append(L.category == category)
    return await _released(session, *of)


async def exact(
    session: AsyncSession, provider_id: UUID, category: str | None, *, day: date
) -> list[contracts.ProviderRating]:
    """All ratings of a provider as they stand now, for those who may see exact figures."""
    statement = select(R).where(R.provider_id == provider_id)
    if category is not None:
        statement = statement.where(R.category == category)
    rows = (await session.scalars(statement.order_by(R.category, R.dimension))).all()
    return await _shown(session, [(row, row) for row in rows], day=day)


async def rating(session: AsyncSession, rating_id: UUID) -> tables.Rating:
    """One rating."""
    row = await session.get(R, rating_id)
    if row is None:
        raise NotFound(what=WHAT, key=rating_id)
    return row


async def history(
    session: AsyncSession, rating_id: UUID, *, after: datetime | None, limit: int
) -> Sequence[tables.Grade]:
    """The exact levels of a rating through time, oldest first; one more than `limit`."""
    g = tables.Grade
    statement = select(g).where(g.rating_id == rating_id)
    if after is not None:
        statement = statement.where(g.from_at > after)
    return (await session.scalars(statement.order_by(g.from_at).limit(limit + 1))).all()


async def states(
    session: AsyncSession, ids: Sequence[UUID]
) -> Mapping[UUID, contracts.ProviderRating]:
    """The feed's states: what the last edition told."""
    return {each.id: each for each in await _released(session, L.rating_id.in_(ids))}


async def released_among(session: AsyncSession, ids: Collection[UUID]) -> Sequence[UUID]:
    """Those of some ratings that the public knows."""
    if not ids:
        return []
    statement = select(L.rating_id).where(L.ended_on.is_(None), L.rating_id.in_(ids))
    return (await session.scalars(statement)).all()


async def level_of(session: AsyncSession, provider_id: UUID, category: str) -> int | None:
    """The level that decisions may rest on: the published one; None while an appeal suspends it."""
    statement = (
        select(L.level)
        .join(R, R.id == L.rating_id)
        .where(
            *(L.ended_on.is_(None), L.provider_id == provider_id, L.category == category),
            *(L.dimension == RatingDimension.OVERALL, R.suspended_at.is_(None)),
        )
    )
    level: int | None = await session.scalar(statement)
    return level


async def _released(
    session: AsyncSession, *of: ColumnElement[bool]
) -> list[contracts.ProviderRating]:
    statement = select(L, R).join(R, R.id == L.rating_id).where(L.ended_on.is_(None), *of)
    rows = await session.execute(statement.order_by(L.category, L.dimension))
    pairs = [(row[0], row[1]) for row in rows]
    return await _shown(session, pairs, day=city_day(utc_now()))


async def _shown(
    session: AsyncSession,
    rows: Iterable[tuple[tables.ReleasedRating | tables.Rating, tables.Rating]],
    *,
    day: date,
) -> list[contracts.ProviderRating]:
    """Figures, with what offices have said of their use and the uses that the rules allow.

    What is not rated has no use, and what is appealed is not used.
    """
    allowed = lawful_uses((await rules_now(session)).at(day, CITY))
    return [
        contracts.ProviderRating(
            **{name: getattr(figures, name) for name in _FIGURES},
            **{name: getattr(row, name) for name in _STATE},
            prior_version=_version(figures),
            as_of_on=_day(figures),
            lawful_uses=allowed if figures.is_rated and row.suspended_at is None else [],
        )
        for figures, row in rows
    ]


def _day(row: tables.ReleasedRating | tables.Rating) -> date:
    return row.edition_on if isinstance(row, tables.ReleasedRating) else row.as_of_on


def _version(row: tables.ReleasedRating | tables.Rating) -> str:
    return str(row.edition_on) if isinstance(row, tables.ReleasedRating) else row.prior_version
