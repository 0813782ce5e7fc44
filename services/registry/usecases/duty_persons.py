"""Who is responsible in one place is not so in another at the same time."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.calendar.official import official_calendar
from common.contracts.registry.hours import OpeningHours
from common.errors import FieldError, Text
from common.turns import take_turn
from registry import tables
from registry.domain.duties import Cover, Span, WrongDuty, do_meet
from registry.queries import duties as queries


async def must_be_free(session: AsyncSession, row: tables.Duty, venue: tables.Venue) -> None:
    """Refuse an A who is A of another venue while both are open. B may stand behind several."""
    person_id: UUID | None = row.a_person_id
    hours = row.a_hours or venue.hours
    if person_id is None or hours is None:
        return
    await take_turn(session, "duty_person", str(person_id))
    for other, name, theirs in await queries.held_by(session, person_id, row):
        first = max(row.valid_from, other.valid_from)
        after = min(row.valid_to, other.valid_to)
        span = Span.of(first, after, official_calendar())
        if theirs is not None and do_meet(_cover(hours), _cover(theirs), span):
            message = Text(
                f"该人员同一时段在“{name}”任A角，请另派或错开时间",
                f'is A of "{name}" at the same time; send somebody else, or at other hours',
            )
            raise WrongDuty(errors=[FieldError("/a/person_id", str(person_id), message)])


def _cover(hours: Any) -> Cover:
    return Cover.of(OpeningHours.model_validate(hours))
