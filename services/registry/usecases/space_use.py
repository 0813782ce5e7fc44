"""How the rooms of an area are used in a month, by venue and by room. Reads only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from common.calendar.official import official_calendar
from common.contracts.registry.bookings import SpacePurpose
from common.contracts.registry.hours import OpeningHours
from common.contracts.registry.space_use import PurposeUse, RoomUse, VenueUse
from common.rules import RuleTable
from registry.domain.space_use import Month, Room, Taken, Use, open_minutes, use_of
from registry.queries import rules
from registry.queries import space_use as queries


@dataclass(frozen=True, slots=True)
class _Survey:
    """The rooms of an area in a month, with the rules that judge them."""

    rooms: Sequence[Any]
    open_minutes: Mapping[bytes, int]
    taken: Sequence[Taken]
    month: Month
    rules: RuleTable

    def room(self, row: Any) -> Room:
        """A row as a value."""
        return Room(row.id, row.venue_id, row.name, self.open_minutes[_told(row.hours)])


async def venues(session: AsyncSession, area: str, month: Month) -> list[VenueUse]:
    """Each venue of an area that has rooms."""
    survey = await _survey(session, area, month)
    by_room = _by_room(survey.taken)
    return [
        _venue(survey, rows, by_room)
        for rows in (list(group) for _, group in groupby(survey.rooms, key=attrgetter("venue_id")))
    ]


async def idle_rooms(session: AsyncSession, area: str, month: Month) -> list[RoomUse]:
    """Rooms that were open and booked for less of it than the rule asks, the emptiest first."""
    survey = await _survey(session, area, month)
    by_room = _by_room(survey.taken)
    found = [each for row in survey.rooms for each in _idle(survey, row, by_room)]
    return sorted(found, key=lambda each: (each.booked_share, each.venue_id, each.space_id))


async def _survey(session: AsyncSession, area: str, month: Month) -> _Survey:
    taken = await queries.taken(session, area, month)
    rows = await queries.rooms(session, area, {each.room_id for each in taken})
    hours = {_told(row.hours): row.hours for row in rows}
    days = official_calendar()
    opened = {
        key: open_minutes(value and OpeningHours.model_validate(value), month, days)
        for key, value in hours.items()
    }
    table = await rules.about(session, "space_use", on=month.days[-1])
    return _Survey(rows, opened, taken, month, table)


def _told(hours: Any) -> bytes:
    """Hours as a key: most rooms of a venue share them."""
    return orjson.dumps(hours)


def _by_room(taken: Sequence[Taken]) -> dict[Any, list[Taken]]:
    found: dict[Any, list[Taken]] = {}
    for each in taken:
        found.setdefault(each.room_id, []).append(each)
    return found


def _venue(survey: _Survey, rows: Sequence[Any], by_room: Mapping[Any, list[Taken]]) -> VenueUse:
    first = rows[0]
    rooms = [survey.room(row) for row in rows]
    use = use_of(rooms, [each for row in rows for each in by_room.get(row.id, ())])
    in_force = survey.rules.at(survey.month.days[-1], first.area_code)
    cap = in_force.setting("administration_share", "space_use")
    share = use.share(use.booked.get(SpacePurpose.ADMINISTRATION, 0))
    return VenueUse(
        venue_id=first.venue_id,
        venue_name=first.venue_name,
        area_code=first.area_code,
        rooms=use.rooms,
        open_minutes=use.open_minutes,
        booked_minutes=use.booked_minutes,
        used_minutes=use.used_minutes,
        purposes=_purposes(use),
        administration_share=None if share is None else float(share),
        administration_cap=float(cap.ratio),
        rule=cap.code,
        is_over_cap=share is not None and not cap.admits(share),
    )


def _purposes(use: Use) -> list[PurposeUse]:
    return [
        PurposeUse(purpose=purpose, booked_minutes=minutes, used_minutes=use.used.get(purpose, 0))
        for purpose, minutes in sorted(use.booked.items())
    ]


def _idle(survey: _Survey, row: Any, by_room: Mapping[Any, list[Taken]]) -> Iterator[RoomUse]:
    use = use_of([survey.room(row)], by_room.get(row.id, ()))
    share = use.share(use.booked_minutes)
    line = survey.rules.at(survey.month.days[-1], row.area_code).setting(
        "booked_share", "space_use"
    )
    if share is None or line.admits(share):
        return
    yield RoomUse(
        space_id=row.id,
        venue_id=row.venue_id,
        name=row.name,
        open_minutes=use.open_minutes,
        booked_minutes=use.booked_minutes,
        used_minutes=use.used_minutes,
        booked_share=float(share),
        rule=line.code,
    )
