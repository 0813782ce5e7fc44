"""Ties of organisations, found and ended: incubations and residencies."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.registry.venues import VenueStatus
from common.errors import FieldError, Invalid, NotFound, Text
from registry import tables

I, R = tables.Incubation, tables.Residency
TIE: Final = Text("关系", "tie")


class NoSuchVenue(Invalid):
    """There is no venue to move into."""

    slug = "no-such-venue"
    title = Text("没有此载体", "No such venue")


async def incubation(session: AsyncSession, incubated_id: UUID, tie_id: UUID) -> tables.Incubation:
    """One incubation of an incubated organisation, locked."""
    statement = select(I).where(I.incubated_id == incubated_id, I.id == tie_id)
    found = (await session.scalars(statement.with_for_update())).one_or_none()
    if found is None:
        raise NotFound(what=TIE, key=tie_id)
    return found


async def residency(session: AsyncSession, organisation_id: UUID, tie_id: UUID) -> tables.Residency:
    """One residency of an organisation, locked."""
    statement = select(R).where(R.organisation_id == organisation_id, R.id == tie_id)
    found = (await session.scalars(statement.with_for_update())).one_or_none()
    if found is None:
        raise NotFound(what=TIE, key=tie_id)
    return found


async def must_stand_open(session: AsyncSession, venue_id: UUID) -> None:
    """Refuse a venue that does not exist, was closed for good or merged into another."""
    venue = tables.Venue
    statement = select(venue.status).where(venue.id == venue_id, venue.merged_into_id.is_(None))
    status = (await session.scalars(statement)).one_or_none()
    if status is None or status == VenueStatus.CLOSED:
        message = Text("没有此现存载体", "no venue in existence has this id")
        raise NoSuchVenue(errors=[FieldError("/venue_id", str(venue_id), message)])


async def end_ties(
    session: AsyncSession, organisation_id: UUID, *, on: date
) -> tuple[list[UUID], list[UUID]]:
    """End what goes on beyond a day; returns the other organisations and the venues concerned.

    What was to begin then, or later, never comes about: no tie is left of it.
    """
    mine = or_(I.incubator_id == organisation_id, I.incubated_id == organisation_id)
    incubations = [*await session.scalars(_ongoing(I, mine, on))]
    residencies = [*await session.scalars(_ongoing(R, R.organisation_id == organisation_id, on))]
    for tie in (*incubations, *residencies):
        if tie.valid_from < on:
            tie.valid_to = on
        else:
            await session.delete(tie)
    pairs = (each for tie in incubations for each in (tie.incubator_id, tie.incubated_id))
    return [each for each in pairs if each != organisation_id], [r.venue_id for r in residencies]


def _ongoing(table: Any, mine: Any, on: date) -> Any:
    """Ties that go on after a day, or begin then, locked in order."""
    return (
        select(table)
        .where(mine, or_(table.valid_to.is_(None), table.valid_to > on))
        .order_by(table.id)
        .with_for_update()
    )
