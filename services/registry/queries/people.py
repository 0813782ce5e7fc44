"""People within reach, what they learnt and gave, and who is behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.registry.people import HoursKind, PersonKind, PersonStatus, Qualification
from common.errors import NotFound, Text
from common.scope import by_area
from registry import tables
from registry.queries.finding import Key, chosen, under

P, H = tables.Person, tables.PersonHour
WHAT: Final = Text("人员", "person")
_HOURS: Final = Text("学时或时长", "hours")
_STANDS: Final = H.withdrawn_at.is_(None)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of people is asked for."""

    area: str | None = None
    kind: PersonKind | None = None
    organisation_id: UUID | None = None
    venue_id: UUID | None = None
    qualification: Qualification | None = None
    language: str | None = None
    skill: str | None = None
    status: PersonStatus | None = None
    bundle_id: UUID | None = None


async def page(
    session: AsyncSession, actor: Actor, filters: Filters, *, after: Key | None, limit: int
) -> Sequence[tables.Person]:
    """A page of people of the caller's area, by area code and id."""
    statement = select(P).where(by_area(actor, P.area_code), *_wanted(filters))
    if after is not None:
        statement = statement.where(tuple_(P.area_code, P.id) > tuple_(*after))
    statement = statement.order_by(P.area_code, P.id).limit(limit + 1)
    return (await session.scalars(statement)).all()


def _wanted(filters: Filters) -> list[ColumnElement[bool]]:
    return chosen(
        (filters.area, partial(under, P.area_code)),
        (filters.kind, P.kind.__eq__),
        (filters.organisation_id, P.organisation_id.__eq__),
        (filters.venue_id, P.venue_id.__eq__),
        (filters.qualification, P.qualification.__eq__),
        (filters.language, lambda word: P.languages.contains([word])),
        (filters.skill, lambda word: P.skills.contains([word])),
        (filters.status, P.status.__eq__),
        (filters.bundle_id, _in_bundle),
    )


def _in_bundle(bundle_id: UUID) -> ColumnElement[bool]:
    member = tables.BundleMember
    return P.id.in_(select(member.person_id).where(member.bundle_id == bundle_id))


async def found(session: AsyncSession, actor: Actor, person_id: UUID) -> tables.Person:
    """Somebody of the caller's area."""
    statement = select(P).where(P.id == person_id, by_area(actor, P.area_code))
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=person_id)
    return row


async def person_for_update(session: AsyncSession, person_id: UUID) -> tables.Person:
    """Somebody, locked until the transaction ends."""
    row = (
        await session.scalars(select(P).where(P.id == person_id).with_for_update())
    ).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=person_id)
    return row


async def record(session: AsyncSession, person_id: UUID, record_id: UUID) -> tables.PersonHour:
    """Hours of somebody who is locked."""
    row = await session.get(H, (person_id, record_id))
    if row is None:
        raise NotFound(what=_HOURS, key=record_id)
    return row


async def records(
    session: AsyncSession, person_id: UUID, *, limit: int
) -> Sequence[tables.PersonHour]:
    """The latest hours of somebody."""
    statement = (
        select(H).where(H.person_id == person_id, _STANDS).order_by(H.on.desc(), H.id.desc())
    )
    return (await session.scalars(statement.limit(limit))).all()


async def hours(
    session: AsyncSession, person_id: UUID, kind: HoursKind, first: date, last: date
) -> float:
    """Hours of a kind from a day to another, both included."""
    within = (H.person_id == person_id, H.kind == kind, H.on >= first, H.on <= last, _STANDS)
    return float(await session.scalar(select(func.sum(H.hours)).where(*within)) or 0)


async def registered(session: AsyncSession, area: str, on: date) -> list[Row[Any]]:
    """Registered people of an area on a day, with the hours learnt in their period."""
    learnt = func.coalesce(func.sum(H.hours), 0).label("hours")
    in_period = and_(
        H.person_id == P.id,
        H.kind == HoursKind.EDUCATION,
        H.on >= P.qualified_from,
        H.on <= P.qualified_to,
        _STANDS,
    )
    shown = (P.id, P.area_code, P.qualification, P.qualified_from, P.qualified_to)
    statement = (
        select(*shown, learnt)
        .outerjoin(H, in_period)
        .where(
            under(P.area_code, area),
            P.status == PersonStatus.ACTIVE,
            P.qualified_from <= on,
            P.qualified_to >= on,
        )
        .group_by(P.id)
        .order_by(P.area_code, P.id)
    )
    return list(await session.execute(statement))
