"""Duty rosters: what is shown, what a check of many venues needs, and the feed's states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.ext.asyncio import AsyncSession

from common import errors
from common.contracts.registry import duties as contracts
from common.errors import NotFound
from registry import tables
from registry.queries.finding import chosen, under
from registry.queries.turns import venue_around
from registry.queries.venues import STANDS

D, S, V = tables.Duty, tables.DutySubstitution, tables.Venue
WHAT: Final = errors.Text("排班", "roster")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of rosters is asked for; `on` a day within their period."""

    area: str | None = None
    venue_id: UUID | None = None
    on: date | None = None


async def page(
    session: AsyncSession, filters: Filters, *, after: UUID | None, limit: int
) -> list[contracts.Duty]:
    """A page of rosters by id."""
    statement = select(D).join(V, V.id == D.venue_id).where(*_wanted(filters))
    if after is not None:
        statement = statement.where(D.id > after)
    rows = (await session.scalars(statement.order_by(D.id).limit(limit + 1))).all()
    return await shown(session, rows)


def _wanted(filters: Filters) -> list[ColumnElement[bool]]:
    return chosen(
        (filters.area, partial(under, V.area_code)),
        (filters.venue_id, D.venue_id.__eq__),
        (filters.on, D.valid_from.__le__),
        (filters.on, D.valid_to.__gt__),
    )


async def found(session: AsyncSession, duty_id: UUID) -> contracts.Duty:
    """One roster, as everybody may see it."""
    row = await session.get(D, duty_id)
    if row is None:
        raise NotFound(what=WHAT, key=duty_id)
    return (await shown(session, [row]))[0]


async def shown(session: AsyncSession, rows: Sequence[tables.Duty]) -> list[contracts.Duty]:
    """Rosters with their substitutions: posts and desk phones, no person."""
    others: dict[UUID, list[tables.DutySubstitution]] = {row.id: [] for row in rows}
    for each in await _standing(session, list(others)):
        others[each.duty_id].append(each)
    return [
        contracts.Duty(
            id=row.id,
            venue_id=row.venue_id,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            a=contracts.Post.model_validate(_post(row, "a")),
            b=contracts.Post.model_validate(_post(row, "b")),
            substitutions=[contracts.Substitution.model_validate(each) for each in others[row.id]],
            uncovered_minutes=row.uncovered_minutes,
            version=row.version,
            updated_at=row.updated_at,
        )
        for row in rows
    ]


def _post(row: tables.Duty, corner: str) -> dict[str, Any]:
    return {name: getattr(row, f"{corner}_{name}") for name in ("title", "phone", "hours")}


async def duty_for_update(session: AsyncSession, duty_id: UUID) -> tuple[tables.Duty, tables.Venue]:
    """A roster, locked until the transaction ends, and its venue, whose hours stay as they are."""
    venue = await venue_around(session, D, duty_id, read=True)
    if venue is None:
        raise NotFound(what=WHAT, key=duty_id)
    return (await session.scalars(select(D).where(D.id == duty_id).with_for_update())).one(), venue


async def held_by(
    session: AsyncSession, person_id: UUID, beside: tables.Duty
) -> list[tuple[tables.Duty, str, Any]]:
    """Rosters of other venues that name somebody as A on days of a roster; venue, and hours.

    What a merge left with the retired record binds nobody, nor does a house that is closed.
    """
    hours = func.coalesce(D.a_hours, V.hours)
    statement = (
        select(D, V.name, hours)
        .join(V, V.id == D.venue_id)
        .where(
            D.a_person_id == person_id,
            D.venue_id != beside.venue_id,
            *(STANDS, V.status != "closed"),
            D.valid_from < beside.valid_to,
            D.valid_to > beside.valid_from,
        )
    )
    return [(row[0], row[1], row[2]) for row in await session.execute(statement)]


async def running(
    session: AsyncSession, venue_ids: Sequence[UUID], on: date
) -> list[tuple[tables.Duty, Any]]:
    """Rosters of venues that are not over, with the hours of the venue, locked."""
    statement = (
        select(D, V.hours)
        .join(V, V.id == D.venue_id)
        .where(D.venue_id.in_(venue_ids), D.valid_to > on)
        .order_by(D.id)
        .with_for_update(of=D)
    )
    return [(row[0], row[1]) for row in await session.execute(statement)]


async def rostered_since(session: AsyncSession, on: date, *, after: UUID, limit: int) -> list[UUID]:
    """Venues whose rosters are not over on a day, by id; they are held before their rosters."""
    there = select(D.venue_id).where(D.valid_to > on, D.venue_id > after).distinct()
    found = list(await session.scalars(there.order_by(D.venue_id).limit(limit)))
    await session.execute(
        select(V.id).where(V.id.in_(found)).order_by(V.id).with_for_update(read=True)
    )
    return found


async def area_of(session: AsyncSession, duty_id: UUID) -> str:
    """The area in which a roster's venue lies."""
    statement = select(V.area_code).join(D, D.venue_id == V.id).where(D.id == duty_id)
    code: str | None = await session.scalar(statement)
    if code is None:
        raise NotFound(what=WHAT, key=duty_id)
    return code


async def substitutions(session: AsyncSession, duty_id: UUID) -> Sequence[tables.DutySubstitution]:
    """All substitutions of a roster, also those that were taken back."""
    statement = select(S).where(S.duty_id == duty_id).order_by(S.starts_at, S.id)
    return (await session.scalars(statement)).all()


async def _standing(
    session: AsyncSession, duty_ids: Sequence[UUID]
) -> Sequence[tables.DutySubstitution]:
    statement = select(S).where(S.duty_id.in_(duty_ids), S.cancelled_at.is_(None))
    return (await session.scalars(statement.order_by(S.starts_at, S.id))).all()


async def absences(session: AsyncSession, duty_id: UUID) -> list[Row[Any]]:
    """Times in which nobody holds a post of a roster."""
    return list(await session.execute(_absences().where(S.duty_id == duty_id)))


def _absences() -> Any:
    return select(S.duty_id, S.post, S.starts_at, S.ends_at).where(
        S.cancelled_at.is_(None), S.title.is_(None)
    )


async def at(
    session: AsyncSession, venue_id: UUID, day: date, instant: datetime
) -> tuple[tables.Duty | None, Sequence[tables.DutySubstitution]]:
    """The roster of a venue on a day, and who else holds its posts at an instant."""
    on = (D.valid_from <= day, D.valid_to > day)
    row = (await session.scalars(select(D).where(D.venue_id == venue_id, *on))).one_or_none()
    if row is None:
        return None, ()
    then = (S.starts_at <= instant, S.ends_at > instant, S.cancelled_at.is_(None))
    others = await session.scalars(select(S).where(S.duty_id == row.id, *then))
    return row, others.all()


@dataclass(frozen=True, slots=True)
class Many:
    """Venues of an area by area code, their rosters, and when nobody holds their posts.

    Hours are text as stored: many are equal, and each is read once. Absences are columns in the
    binary form of PostgreSQL: a letter each for the posts, instants as big-endian microseconds
    since 2000-01-01 UTC. A year of a city has half a million of them.
    """

    venues: Sequence[Any]
    rosters: Sequence[Any]
    absences: Sequence[Any]


async def many(session: AsyncSession, area: str, first: date, after: date) -> Many:
    """What a check of the days from one up to another needs; venues with known hours only."""
    lies = (under(V.area_code, area), STANDS, V.status == "active", V.hours.is_not(None))
    meets = (D.valid_from < after, D.valid_to > first)
    venues = select(V.id, V.name, V.area_code, cast(V.hours, Text).label("hours")).where(*lies)
    rosters = (
        select(
            *(D.id, D.venue_id, D.valid_from, D.valid_to),
            cast(D.a_hours, Text).label("a_hours"),
            cast(D.b_hours, Text).label("b_hours"),
        )
        .join(V, V.id == D.venue_id)
        .where(*lies, *meets)
    )
    absences = (
        select(
            S.duty_id,
            _column(func.convert_to(S.post, "SQL_ASCII")).label("posts"),
            _column(func.timestamptz_send(S.starts_at)).label("starts"),
            _column(func.timestamptz_send(S.ends_at)).label("ends"),
        )
        .join(D, D.id == S.duty_id)
        .join(V, V.id == D.venue_id)
        .where(*lies, *meets, S.cancelled_at.is_(None), S.title.is_(None))
        .group_by(S.duty_id)
    )
    return Many(
        (await session.execute(venues.order_by(V.area_code, V.id))).all(),
        (await session.execute(rosters)).all(),
        (await session.execute(absences)).all(),
    )


def _column(value: Any) -> Any:
    """Values one after the other, in the order of the rows."""
    return func.string_agg(value, literal(b"", BYTEA))


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, contracts.Duty]:
    """The feed's states."""
    rows = (await session.scalars(select(D).where(D.id.in_(ids)))).all()
    return {each.id: each for each in await shown(session, rows)}
