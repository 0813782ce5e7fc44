"""Who answers in a venue now, and where nobody will: reads only."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import chain, islice
from typing import Any, Final
from uuid import UUID

import numpy as np
import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts.registry.duties import Answering, Corner, DutyGap, OnDuty
from common.contracts.registry.hours import OpeningHours
from common.contracts.registry.spaces import Stretch
from common.opening import DAY_MINUTES, is_open
from registry import tables
from registry.domain.duties import Cover, Gap, Span, minute_at, periods
from registry.domain.duty_survey import ALWAYS, COVERS, Absences, Rosters, Survey
from registry.queries import duties as queries

_TOLD: Final = 10  # stretches that are named of each venue
_MINUTE: Final = 60_000_000  # microseconds
_ERA: Final = datetime(2000, 1, 1, tzinfo=UTC)  # from which PostgreSQL counts instants


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
    if not many.venues:
        return []
    span = Span.of(first, after, official_calendar())
    covers = _Covers()
    opened = np.array([covers.number(row.hours) for row in many.venues])
    numbers = {row.id: number for number, row in enumerate(many.venues)}
    known = [row for row in many.rosters if row.venue_id in numbers]  # read after the venues
    rosters, absences = _rosters(known, numbers, covers, span), _absences(many, known, span)
    survey = Survey(covers.all, opened, rosters, absences, span)
    totals = survey.minutes.sum(axis=1, dtype=np.int64).tolist()
    found = survey.first_gaps(_TOLD)
    rostered = set(rosters.venue.tolist())
    return [
        _gap(row, found[number], totals[number], has_roster=number in rostered)
        for number, row in enumerate(many.venues)
        if number in found
    ]


class _Covers:
    """Hours by their text, each read once; their numbers."""

    def __init__(self) -> None:
        self.all: list[Cover] = list(COVERS)
        self._known: dict[str | None, int] = {None: ALWAYS}

    def number(self, hours: str | None) -> int:
        """Which cover these hours are."""
        known = self._known.get(hours)
        if known is None:
            known = self._known[hours] = len(self.all)
            self.all.append(Cover.of(OpeningHours.model_validate(orjson.loads(hours or ""))))
        return known


def _rosters(
    rows: Sequence[Any], numbers: Mapping[UUID, int], covers: _Covers, span: Span
) -> Rosters:
    columns = (
        (numbers[row.venue_id] for row in rows),
        (row.valid_from.toordinal() for row in rows),
        (row.valid_to.toordinal() for row in rows),
        (covers.number(row.a_hours) for row in rows),
        (covers.number(row.b_hours) for row in rows),
    )
    venue, begins, ends, a, b = (np.fromiter(each, np.int64, len(rows)) for each in columns)
    begins, ends = (np.clip(each, span.first, span.after) - span.first for each in (begins, ends))
    return Rosters(venue, begins, ends, a, b)


def _absences(many: queries.Many, rosters: Sequence[Any], span: Span) -> Absences:
    """The columns as arrays; a begun minute counts, on both ends."""
    numbers = {row.id: number for number, row in enumerate(rosters)}
    known = [row for row in many.absences if row.duty_id in numbers]
    whose = np.fromiter((numbers[row.duty_id] for row in known), np.int64, len(known))
    posts, starts, ends = (
        b"".join(getattr(row, name) for row in known) for name in ("posts", "starts", "ends")
    )
    begin = minute_at(_ERA) - span.first * DAY_MINUTES
    return Absences(
        np.repeat(whose, [len(row.posts) for row in known]),
        np.frombuffer(posts, dtype=np.uint8).astype(np.int64) - ord(Corner.A),
        np.frombuffer(starts, dtype=">i8") // _MINUTE + begin,
        -(-np.frombuffer(ends, dtype=">i8") // _MINUTE) + begin,
    )


def _gap(venue: Any, found: Sequence[Gap], minutes: int, *, has_roster: bool) -> DutyGap:
    told = islice(chain.from_iterable(map(_stretches, found)), _TOLD)
    return DutyGap(
        venue_id=venue.id,
        venue_name=venue.name,
        area_code=venue.area_code,
        has_roster=has_roster,
        uncovered_minutes=minutes,
        stretches=list(told),
    )


@lru_cache(maxsize=100_000)
def _stretches(gap: Gap) -> tuple[Stretch, ...]:
    """A day's gap as it is told; many venues of a city lack the same hours of a day."""
    return tuple(Stretch(starts_at=start, ends_at=end) for start, end in periods(gap))
