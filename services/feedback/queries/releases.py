"""Released figures: what goes into them, and what was told."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, insert, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feedback_statistics import FigureSubject
from common.errors import NotFound, Text
from feedback import tables
from feedback.domain.cells import Cell
from feedback.domain.scores import Levels
from feedback.queries.tallies import SERVED

T, C, L, F = tables.Tally, tables.TallyChange, tables.Release, tables.Figure
WHAT: Final = Text("统计期", "release")


class Place(NamedTuple):
    """Where a cell stands."""

    category: str
    provider_id: UUID
    town: str
    contract_id: UUID | None


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of figures is asked for."""

    category: str | None = None
    subject: FigureSubject | None = None
    key: str | None = None


async def first_month(session: AsyncSession) -> date | None:
    """The earliest month of which something is counted."""
    return await session.scalar(select(func.min(T.month_on)))


async def last_until(session: AsyncSession) -> date | None:
    """The last day that a release covers."""
    return await session.scalar(select(func.max(L.until_on)))


async def claim(session: AsyncSession, row: Mapping[str, Any]) -> bool:
    """Begin a release; False when somebody else has made it, or makes it now and finishes."""
    statement = upsert(L).values(**row).on_conflict_do_nothing().returning(L.id)
    return await session.scalar(statement) is not None


async def is_counting(session: AsyncSession, from_on: date, until_on: date) -> bool:
    """Whether some change of the period is not added up yet."""
    statement = select(C.id).where(C.month_on.between(from_on, until_on)).limit(1)
    return await session.scalar(statement) is not None


async def cells(
    session: AsyncSession, from_on: date, until_on: date
) -> Mapping[str, Sequence[Cell]]:
    """What each provider was rated in each town and contract in a period, by category."""
    place = (T.category, T.provider_id, T.area_code, T.contract_id)
    statement = (
        select(*place, T.channel, T.level, func.sum(T.count))
        .where(
            T.month_on.between(from_on, until_on),
            T.is_counted | (T.channel == SERVED),
        )
        .group_by(*place, T.channel, T.level)
    )
    levels: dict[Place, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    served: dict[Place, int] = defaultdict(int)
    for category, provider, town, contract, channel, level, number in await session.execute(
        statement
    ):
        key = Place(category, provider, town, contract)
        if channel == SERVED:
            served[key] += number
        else:
            levels[key][level] += number
    found: dict[str, list[Cell]] = defaultdict(list)
    for key in sorted({*levels, *served}, key=str):
        rated = Levels.of(levels.get(key, {}))
        made = Cell(key.provider_id, key.town, rated, served.get(key, 0), key.contract_id)
        found[key.category].append(made)
    return found


async def keep(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the figures of a release."""
    if rows:
        await session.execute(insert(F), list(rows))


async def releases(
    session: AsyncSession, *, before: date | None, limit: int
) -> Sequence[tables.Release]:
    """Releases, newest first; one more than `limit` tells of a next page."""
    statement = select(L)
    if before is not None:
        statement = statement.where(L.from_on < before)
    return (await session.scalars(statement.order_by(L.from_on.desc()).limit(limit + 1))).all()


async def chosen(session: AsyncSession, release_id: UUID | None) -> UUID:
    """The release asked for, or the newest one."""
    if release_id is not None:
        return release_id
    newest = await releases(session, before=None, limit=1)
    if not newest:
        raise NotFound(what=WHAT, key="-")
    return newest[0].id


async def figures(
    session: AsyncSession,
    release_id: UUID,
    filters: Filters,
    *,
    after: tuple[str, str, str] | None,
    limit: int,
) -> Sequence[tables.Figure]:
    """Figures of a release by category, subject and key; one more tells of a next page."""
    statement = select(F).where(F.release_id == release_id)
    for column, value in (
        (F.category, filters.category),
        (F.subject, filters.subject),
        (F.key, filters.key),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if after is not None:
        statement = statement.where(tuple_(F.category, F.subject, F.key) > after)
    ordered = statement.order_by(F.category, F.subject, F.key).limit(limit + 1)
    return (await session.scalars(ordered)).all()
