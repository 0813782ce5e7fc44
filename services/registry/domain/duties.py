"""Duty: which open minutes nobody covers, and who answers at an instant. Pure.

A day is an integer of 1440 bits, one a minute: what is open and not covered is one `&`, so a year
of a city's rosters is checked in seconds. Equal, minute by minute, to `common.opening.is_open`.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from common.clock import CITY_ZONE
from common.contracts.registry.duties import Corner
from common.contracts.registry.hours import OpeningHours
from common.errors import Conflict, FieldError, Invalid, Text
from common.opening import DAY_MINUTES, EPOCH, MAKEUP_SLOT, Days, Stretch, axes, moment

WHOLE_DAY: Final = (1 << DAY_MINUTES) - 1
LONGEST_DAYS: Final = 366
_MINUTE: Final = timedelta(minutes=1)


class WrongDuty(Invalid):
    """Parts of a roster that contradict each other."""

    slug = "wrong-duty"
    title = Text("排班内容前后矛盾", "The roster contradicts itself")


class DutyUncovered(Conflict):
    """Open hours that neither A nor B covers, where the rule refuses them."""

    slug = "duty-uncovered"
    title = Text("开放时间内有无人在岗的时段", "Open hours that nobody covers")
    detail = Text(
        "开放时间内有 {minutes} 分钟无人在岗（见 errors）；请补排 A、B 角或替班（规则 {rule}）。",
        "Nobody covers {minutes} open minutes (see errors); add A, B or a stand-in (rule {rule}).",
    )


@dataclass(frozen=True, slots=True)
class Cover:
    """Hours as bits: nine typical days, and by their ordinals the days that follow no rule."""

    slots: tuple[int, ...]
    dated: Mapping[int, int]

    @classmethod
    def of(cls, hours: OpeningHours) -> "Cover":
        """The bits of some hours."""
        told = axes(hours)
        week = sum(map(bits, told.week))
        slots = range(MAKEUP_SLOT + 1)
        return cls(
            tuple(week >> slot * DAY_MINUTES & WHOLE_DAY for slot in slots),
            {day.toordinal(): _dated(told.dated, day) for day in told.days},
        )

    def on(self, day: int, slot: int) -> int:
        """The minutes of a day."""
        return self.dated.get(day, self.slots[slot])


class Absence(NamedTuple):
    """A time in which nobody holds a post, in minutes of the city's days (`minute_at`)."""

    post: Corner
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Roster:
    """Who covers what from a day up to another; a post without hours covers whatever is open."""

    first: date
    after: date
    a: Cover | None
    b: Cover | None
    absences: Sequence[Absence] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """Days in a row by their ordinals, each with its kind of day."""

    first: int
    slots: Sequence[int]
    by_slot: Sequence[Sequence[int]]

    @classmethod
    def of(cls, first: date, after: date, days: Days) -> "Span":
        """The days from one up to another."""
        slots = [slot_of(first + timedelta(days=n), days) for n in range((after - first).days)]
        start = first.toordinal()
        by_slot = [
            [start + number for number, each in enumerate(slots) if each == slot]
            for slot in range(MAKEUP_SLOT + 1)
        ]
        return cls(start, slots, by_slot)

    @property
    def after(self) -> int:
        """The day after the last one."""
        return self.first + len(self.slots)

    def within(self, day: date) -> int:
        """A day, moved to the nearer end when it lies outside."""
        return min(max(day.toordinal(), self.first), self.after)


Gap = tuple[int, int]
"""The ordinal of a day and its open minutes that nobody covers, as bits."""


def slot_of(day: date, days: Days) -> int:
    """Which of the nine typical days a day is."""
    return moment(datetime.combine(day, time(), CITY_ZONE), days).week_minute // DAY_MINUTES


def minute_at(instant: datetime, *, up: bool = False) -> int:
    """An instant as a minute of the city's days; a begun minute counts from its start, or `up`."""
    local = instant.astimezone(CITY_ZONE)
    minute = local.toordinal() * DAY_MINUTES + local.hour * 60 + local.minute
    return minute + (up and bool(local.second or local.microsecond))


def bits(stretch: Stretch) -> int:
    """A stretch of minutes as bits."""
    start, end = stretch
    return (1 << max(end - start, 0)) - 1 << start


@lru_cache(maxsize=10_000)
def stretches(minutes: int) -> tuple[Stretch, ...]:
    """Bits as stretches, in order. Many days of a city are alike."""
    found, at = [], 0
    while minutes:
        skipped = (minutes & -minutes).bit_length() - 1
        minutes >>= skipped
        length = (~minutes & minutes + 1).bit_length() - 1
        minutes >>= length
        found.append((at + skipped, at + skipped + length))
        at += skipped + length
    return tuple(found)


def gaps(opened: Cover, rosters: Sequence[Roster], span: Span) -> list[Gap]:
    """The days of a span with open minutes that nobody covers, in order.

    Rosters do not overlap (an exclusion constraint) and come in order; days without one are gaps.
    """
    found: list[Gap] = []
    at = span.first
    for roster in rosters:
        start, end = span.within(roster.first), span.within(roster.after)
        found += _between(opened, _NOBODY, span, at, start)
        found += _between(opened, roster, span, start, end)
        at = max(at, end)
    found += _between(opened, _NOBODY, span, at, span.after)
    found.sort()
    return found


def opened_anew(left: Sequence[Gap], known: Sequence[Gap], now: datetime) -> list[Gap]:
    """Gaps from now on that were not there before.

    What is over cannot be covered any more, and who closes one of two gaps leaves the other.
    """
    today, minute = divmod(minute_at(now), DAY_MINUTES)
    before = dict(known)
    found = []
    for day, minutes in left:
        fresh = minutes & ~before.get(day, 0)
        if day == today:
            fresh = fresh >> minute << minute
        if fresh and day >= today:
            found.append((day, fresh))
    return found


def do_meet(first: Cover, second: Cover, span: Span) -> bool:
    """Whether two covers share a minute of some day."""
    return any(
        first.on(span.first + number, slot) & second.on(span.first + number, slot)
        for number, slot in enumerate(span.slots)
    )


def periods(gap: Gap) -> Iterator[tuple[datetime, datetime]]:
    """A gap as instants."""
    midnight = _midnight(gap[0])
    for start, end in stretches(gap[1]):
        yield midnight + start * _MINUTE, midnight + end * _MINUTE


@lru_cache(maxsize=2 * LONGEST_DAYS)
def _midnight(day: int) -> datetime:
    """When a day begins in the city, in UTC: adding minutes is adding time."""
    return datetime.combine(date.fromordinal(day), time(), CITY_ZONE).astimezone(UTC)


def _between(opened: Cover, roster: Roster, span: Span, start: int, end: int) -> Iterator[Gap]:
    """Days by their kind, all at once; days that follow no rule one by one."""
    if start >= end:
        return
    a, b = roster.a or _ALWAYS, roster.b or _ALWAYS
    away = _away(roster.absences)
    dated = away.keys() | opened.dated.keys() | a.dated.keys() | b.dated.keys()
    special = {day for day in dated if start <= day < end}
    for slot, minutes in enumerate(opened.slots):
        if left := minutes & ~(a.slots[slot] | b.slots[slot]):
            days = span.by_slot[slot]
            alike = days[bisect_left(days, start) : bisect_left(days, end)]
            yield from ((day, left) for day in alike if day not in special)
    for day in special:
        slot = span.slots[day - span.first]
        bare = opened.on(day, slot)
        a_away, b_away = away.get(day, _PRESENT)
        bare &= ~a.on(day, slot) | a_away
        if bare and (left := bare & (~b.on(day, slot) | b_away)):
            yield day, left


def _away(absences: Sequence[Absence]) -> dict[int, list[int]]:
    """By day the minutes in which nobody holds A, and B."""
    found: dict[int, list[int]] = {}
    for post, start, end in absences:
        corner = post is Corner.B
        for day in range(start // DAY_MINUTES, (end - 1) // DAY_MINUTES + 1):
            base = day * DAY_MINUTES
            first, after = max(start - base, 0), min(end - base, DAY_MINUTES)
            pair = found.get(day)
            if pair is None:
                pair = found[day] = [0, 0]
            pair[corner] |= (1 << after - first) - 1 << first
    return found


def _dated(stretches_: Sequence[Stretch], day: date) -> int:
    base = (day - EPOCH).days * DAY_MINUTES
    return sum(
        bits((max(start - base, 0), min(end - base, DAY_MINUTES)))
        for start, end in stretches_
        if start < base + DAY_MINUTES and end > base
    )


_PRESENT: Final = (0, 0)
_NEVER: Final = Cover((0,) * (MAKEUP_SLOT + 1), {})
_NOBODY: Final = Roster(date.min, date.max, _NEVER, _NEVER)
_ALWAYS: Final = Cover((WHOLE_DAY,) * (MAKEUP_SLOT + 1), {})


def check_period(first: date, after: date) -> None:
    """Refuse a roster that ends before it begins, or runs for more than a year."""
    if not timedelta() < after - first <= timedelta(days=LONGEST_DAYS):
        message = Text(
            f"截止须晚于起始，且不超过 {LONGEST_DAYS} 天",
            f"ends after it begins, {LONGEST_DAYS} days later at most",
        )
        raise WrongDuty(errors=[FieldError("/valid_to", str(after), message)])
