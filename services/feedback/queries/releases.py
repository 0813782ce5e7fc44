"""Released figures: what goes into them, and what was told."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from common import mirrors
from common.bulk import copy
from common.contracts.feedback import AssessmentSubject
from common.contracts.feedback_statistics import FigureSubject
from common.contracts.feeds import Kind
from common.contracts.registry.organisations import OrganisationKind
from common.errors import NotFound, Text
from feedback import tables
from feedback.domain.cells import Cell
from feedback.domain.ratings import TOWN_DIGITS, town_of
from feedback.domain.scores import Levels
from feedback.queries.tallies import SERVED

T, C, L, F = tables.Tally, tables.TallyChange, tables.Release, tables.Figure
M, R, A = tables.Mirrored, tables.Rating, tables.Appeal
WHAT: Final = Text("统计期", "release")


class Place(NamedTuple):
    """Where a cell stands."""

    category: str
    provider_id: UUID
    town: str
    contract_id: UUID | None
    venue_id: UUID | None


class Judged(NamedTuple):
    """Whom an assessment judges, and as what the releases tell of it."""

    subject: AssessmentSubject
    id: UUID
    figure: FigureSubject
    key: str


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


async def is_told(session: AsyncSession, from_on: date, until_on: date, now: datetime) -> bool:
    """Whether a release tells of some of these days by now."""
    told = L.from_on <= until_on, L.until_on >= from_on, L.published_at <= now
    return await session.scalar(select(L.id).where(*told).limit(1)) is not None


async def is_unreleased(session: AsyncSession, from_on: date, until_on: date) -> bool:
    """Whether something that is counted of some months is in no release of these months alone."""
    released = exists().where(
        T.month_on.between(L.from_on, L.until_on), *_within(from_on, until_on)
    )
    statement = select(T.id).where(T.month_on.between(from_on, until_on), ~released).limit(1)
    return await session.scalar(statement) is not None


async def is_counting(session: AsyncSession, from_on: date, until_on: date) -> bool:
    """Whether some change of the period is not added up yet."""
    statement = select(C.id).where(C.month_on.between(from_on, until_on)).limit(1)
    return await session.scalar(statement) is not None


async def cells(
    session: AsyncSession, from_on: date, until_on: date
) -> Mapping[str, Sequence[Cell]]:
    """What each provider was rated in each town, contract and venue in a period, by category.

    Of a venue what people of its own town said: it counts for nothing elsewhere.
    """
    place = (T.category, T.provider_id, T.area_code, T.contract_id, M.record_id)
    statement = (
        select(*place, T.channel, T.level, func.sum(T.count))
        .outerjoin(M, _at_home(T))
        .where(
            T.month_on.between(from_on, until_on),
            T.is_counted | (T.channel == SERVED),
        )
        .group_by(*place, T.channel, T.level)
    )
    levels: dict[Place, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    served: dict[Place, int] = defaultdict(int)
    rows = await session.execute(statement)
    for category, provider, town, contract, venue, channel, level, number in rows:
        key = Place(category, provider, town, contract, venue)
        if channel == SERVED:
            served[key] += number
        else:
            levels[key][level] += number
    found: dict[str, list[Cell]] = defaultdict(list)
    for key in sorted({*levels, *served}, key=str):
        rated = Levels.of(levels.get(key, {}))
        under = key.contract_id, key.venue_id
        made = Cell(key.provider_id, key.town, rated, served.get(key, 0), *under)
        found[key.category].append(made)
    return found


async def judged(
    session: AsyncSession, subject: AssessmentSubject, ids: Sequence[UUID]
) -> dict[UUID, Judged]:
    """As what some subjects are told of: a street is told as its town, by whomever it serves."""
    found = {each: Judged(subject, each, _FIGURE_OF[subject], str(each)) for each in ids}
    if subject is AssessmentSubject.ORGANISATION:
        for each, state in (await mirrors.many(session, Kind.ORGANISATION, ids)).items():
            if state["kind"] == OrganisationKind.STREET and state["area_code"]:
                town = town_of(state["area_code"])
                found[each] = found[each]._replace(figure=FigureSubject.TOWN, key=town)
    return found


async def told_of(
    session: AsyncSession, one: Judged, from_on: date, until_on: date
) -> Sequence[tables.Figure]:
    """What the releases of some months have told of a subject."""
    statement = (
        select(F)
        .join(L, L.id == F.release_id)
        .where(*_of(one), *_within(from_on, until_on), F.levels.is_not(None))
    )
    return (await session.scalars(statement)).all()


def is_among_the_bad(one: Judged, from_on: date, until_on: date) -> ColumnElement[bool]:
    """That a rating of a subject counted when a release told how many were not content.

    Whatever came later or was excluded since changes nothing of what was told.
    """
    excluded_since = exists().where(
        A.id == R.id, A.is_upheld.is_(True), A.decided_at > L.published_at
    )
    told = _is_rated(one) & exists().where(
        F.release_id == L.id,
        *_of(one),
        *_within(from_on, until_on),
        R.served_on.between(L.from_on, L.until_on),
        F.category == R.category,
        F.satisfied_share.is_not(None),
        R.rated_at <= L.published_at,
        R.is_counted | excluded_since,
    )
    if one.subject is AssessmentSubject.VENUE:
        return told & exists().where(_at_home(R))
    return told


def _of(one: Judged) -> tuple[ColumnElement[bool], ...]:
    return F.subject == one.figure, F.key == one.key


def _is_rated(one: Judged) -> ColumnElement[bool]:
    if one.figure is FigureSubject.TOWN:
        return R.area_code == one.key
    column: Any = _RATED[one.subject]
    found: ColumnElement[bool] = column == one.id
    return found


def _within(from_on: date, until_on: date) -> tuple[ColumnElement[bool], ...]:
    """That a release tells of some months and of no other: of a part of it nothing is told."""
    return L.from_on >= from_on, L.until_on <= until_on


def _at_home(table: Any) -> ColumnElement[bool]:
    """That a row is of the town in which its venue lies."""
    return and_(
        M.kind == Kind.VENUE.value,
        M.record_id == table.venue_id,
        func.left(M.area_code, TOWN_DIGITS) == func.left(table.area_code, TOWN_DIGITS),
    )


_FIGURE_OF: Final = {
    AssessmentSubject.ORGANISATION: FigureSubject.PROVIDER,
    AssessmentSubject.CONTRACT: FigureSubject.CONTRACT,
    AssessmentSubject.VENUE: FigureSubject.VENUE,
}
_RATED: Final = {
    AssessmentSubject.ORGANISATION: R.provider_id,
    AssessmentSubject.CONTRACT: R.contract_id,
    AssessmentSubject.VENUE: R.venue_id,
}


async def keep(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the figures of a release: a hundred thousand of a city's quarter."""
    await copy(session, F, rows)


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
