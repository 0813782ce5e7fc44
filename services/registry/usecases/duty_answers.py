"""Who answers in a venue now, and where nobody will: reads only."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts.registry.duties import Answering, Corner, DutyGap, OnDuty
from common.contracts.registry.hours import OpeningHours
from common.contracts.registry.spaces import Stretch
from common.opening import is_open
from registry import tables
from registry.domain.duties import Absence, Cover, Gap, Roster, Span, gaps, periods
from registry.queries import duties as queries

_TOLD: Final = 10  # stretches that are named of each venue


async def on_duty(session: AsyncSession, venue: Any, at: datetime) -> OnDuty:
    """Who answers at an instant: A, else B; whoever holds the post then."""
    opened = _is_open(venue.opening_hours, at)
    row, others = await queries.at(session, venue.id, city_day(at), at)
    there = [] if row is None else [each for each in _line(row, others, at, opened) if each]
    return OnDuty(
        venue_id=venue.id,
        at=at,
        is_open=opened,
        answering=there[0] if there else None,
        next_in_line=there[1] if len(there) > 1 else None,
    )


def _line(
    row: tables.Duty,
    others: Sequence[tables.DutySubstitution],
    at: datetime,
    opened: bool | None,
) -> list[Answering | None]:
    """A and B as they stand at an instant."""
    return [_holder(row, corner, others, at, opened) for corner in Corner]


def _holder(
    row: tables.Duty,
    corner: Corner,
    others: Sequence[tables.DutySubstitution],
    at: datetime,
    opened: bool | None,
) -> Answering | None:
    hours = getattr(row, f"{corner}_hours")
    if not (opened if hours is None else _is_open(hours, at)):
        return None
    other = next((each for each in others if each.post == corner), None)
    if other is None:
        title, phone = getattr(row, f"{corner}_title"), getattr(row, f"{corner}_phone")
        return Answering(post=corner, title=title, phone=phone, is_stand_in=False)
    if other.title is None or other.phone is None:
        return None
    return Answering(post=corner, title=other.title, phone=other.phone, is_stand_in=True)


def _is_open(hours: Any, at: datetime) -> bool | None:
    if hours is None:
        return None
    return is_open(OpeningHours.model_validate(hours), at, official_calendar())


async def gaps_of(session: AsyncSession, area: str, first: date, after: date) -> list[DutyGap]:
    """The venues of an area with open hours that nobody covers, by area code."""
    many = await queries.many(session, area, first, after)
    return await asyncio.to_thread(check, many, first, after)


def check(many: queries.Many, first: date, after: date) -> list[DutyGap]:
    """The same on what was read: a city takes seconds, so it runs beside the event loop."""
    span = Span.of(first, after, official_calendar())
    cover = _reader()
    away: dict[UUID, list[Absence]] = {}
    for duty_id, posts, starts, ends in many.absences:
        away[duty_id] = list(map(Absence, map(Corner, posts), starts, ends))
    rosters: dict[UUID, list[Roster]] = defaultdict(list)
    for duty_id, venue_id, begins, ends, a, b in many.rosters:
        made = Roster(begins, ends, a and cover(a), b and cover(b), away.get(duty_id, ()))
        rosters[venue_id].append(made)
    return [
        _gap(venue, found, has_roster=venue.id in rosters)
        for venue in many.venues
        if (found := gaps(cover(venue.hours), rosters.get(venue.id, ()), span))
    ]


def _reader() -> Callable[[str], Cover]:
    """Reads hours once, however many share them."""

    @cache
    def cover(told: str) -> Cover:
        return Cover.of(OpeningHours.model_validate(orjson.loads(told)))

    return cover


def _gap(venue: Any, found: Sequence[Gap], *, has_roster: bool) -> DutyGap:
    told = [each for gap in found[:_TOLD] for each in periods(gap)][:_TOLD]
    return DutyGap(
        venue_id=venue.id,
        venue_name=venue.name,
        area_code=venue.area_code,
        has_roster=has_roster,
        uncovered_minutes=sum(minutes.bit_count() for _, minutes in found),
        stretches=[
            Stretch(starts_at=start.astimezone(UTC), ends_at=end.astimezone(UTC))
            for start, end in told
        ],
    )
