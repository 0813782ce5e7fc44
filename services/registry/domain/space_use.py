"""The use of space in a month: open, booked, used, and what administration takes. Pure.

Minutes are room-minutes: a hall counts for each room that it is made of, so nothing counts twice.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID

from common.clock import CITY_ZONE
from common.contracts.registry.bookings import SpacePurpose
from common.contracts.registry.hours import OpeningHours
from common.opening import Days, stretches_on


class Month(NamedTuple):
    """A month of the city's calendar."""

    first: date
    after: date

    @classmethod
    def parse(cls, text: str) -> "Month":
        """From `2026-05`."""
        first = date.fromisoformat(f"{text}-01")
        return cls(first, (first + timedelta(days=31)).replace(day=1))

    @property
    def starts_at(self) -> datetime:
        """Its first instant."""
        return datetime.combine(self.first, time(), CITY_ZONE)

    @property
    def ends_at(self) -> datetime:
        """The first instant after it."""
        return datetime.combine(self.after, time(), CITY_ZONE)

    @property
    def days(self) -> list[date]:
        """Its days in order."""
        return [self.first + timedelta(days=n) for n in range((self.after - self.first).days)]


@dataclass(frozen=True, slots=True)
class Room:
    """A room that divides no further, and how long it was open."""

    id: UUID
    venue_id: UUID
    name: str
    open_minutes: int


class Taken(NamedTuple):
    """What bookings of one purpose took of a room."""

    room_id: UUID
    purpose: SpacePurpose
    booked_minutes: int
    used_minutes: int


@dataclass(frozen=True, slots=True)
class Use:
    """Some rooms together."""

    rooms: int
    open_minutes: int
    booked: Mapping[SpacePurpose, int]
    used: Mapping[SpacePurpose, int]

    @property
    def booked_minutes(self) -> int:
        """For all purposes."""
        return sum(self.booked.values())

    @property
    def used_minutes(self) -> int:
        """For all purposes."""
        return sum(self.used.values())

    def share(self, minutes: int) -> Fraction | None:
        """A part of the open time, exactly; None where nothing was open."""
        return Fraction(minutes, self.open_minutes) if self.open_minutes else None


def open_minutes(hours: OpeningHours | None, month: Month, days: Days) -> int:
    """How many minutes of a month something is open; unknown hours count for nothing."""
    if hours is None:
        return 0
    return sum(
        end - start for day in month.days for start, end in stretches_on(hours, day, days)[1]
    )


def use_of(rooms: Sequence[Room], taken: Iterable[Taken]) -> Use:
    """Add up some rooms; what others took is left out."""
    ours = {room.id for room in rooms}
    booked: Counter[SpacePurpose] = Counter()
    used: Counter[SpacePurpose] = Counter()
    for each in taken:
        if each.room_id in ours:
            booked[each.purpose] += each.booked_minutes
            used[each.purpose] += each.used_minutes
    return Use(len(rooms), sum(room.open_minutes for room in rooms), booked, used)
