"""Duty: which open minutes nobody covers, and who answers at an instant. Pure.

A day is an integer of 1440 bits, one a minute: what is open and not covered is one `&`, so a year
of a city's rosters is checked in seconds. Equal, minute by minute, to `common.opening.is_open`.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
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
    """Hours as bits: nine typical days, and the days that follow no rule."""

    slots: tuple[int, ...]
    dated: Mapping[date, int]

    @classmethod
    def of(cls, hours: OpeningHours) -> "Cover":
        """The bits of some hours."""
        told = axes(hours)
        week = sum(map(bits, told.week))
        slots = range(MAKEUP_SLOT + 1)
        return cls(
            tuple(week >> slot * DAY_MINUTES & WHOLE_DAY for slot in slots),
            {day: _dated(told.dated, day) for day in told.days},
        )

    def on(self, day: date, slot: int) -> int:
        """The minutes of a day."""
        return self.dated.get(day, self.slots[slot])


class Absence(NamedTuple):
    """A time in which nobody holds a post."""

    post: Corner
    starts_at: datetime
    ends_at: datetime


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
    """Days in a row, each with its kind of day."""

    first: date
    slots: Sequence[int]
    by_slot: Sequence[Sequence[int]]

    @classmethod
    def of(cls, first: date, after: date, days: Days) -> "Span":
        """The days from one up to another."""
        slots = [slot_of(first + timedelta(days=n), days) for n in range((after - first).days)]
        kinds = range(MAKEUP_SLOT + 1)
        return cls(first, slots, [[n for n, s in enumerate(slots) if s == k] for k in kinds])

    def day(self, number: int) -> date:
        """The day of a number."""
        return self.first + timedelta(days=number)

    def number(self, day: date) -> int:
        """The number of a day, held within the span."""
        return min(max((day - self.first).days, 0), len(self.slots))


class Gap(NamedTuple):
    """The open minutes of a day that nobody covers."""

    on: date
    minutes: int


def slot_of(day: date, days: Days) -> int:
    """Which of the nine typical days a day is."""
    return moment(datetime.combine(day, time(), CITY_ZONE), days).week_minute // DAY_MINUTES


def bits(stretch: Stretch) -> int:
    """A stretch of minutes as bits."""
    start, end = stretch
    return (1 << max(end - start, 0)) - 1 << start


def stretches(minutes: int) -> list[Stretch]:
    """Bits as stretches, in order."""
    found, at = [], 0
    while minutes:
        skipped = (minutes & -minutes).bit_length() - 1
        minutes >>= skipped
        length = (~minutes & minutes + 1).bit_length() - 1
        minutes >>= length
        found.append((at + skipped, at + skipped + length))
        at += skipped + length
    return found


def gaps(opened: Cover, rosters: Sequence[Roster], span: Span) -> list[Gap]:
    """The days of a span with open minutes that nobody covers, in order.

    Rosters do not overlap (an exclusion constraint) and come in order; days without one are gaps.
    """
    found: list[Gap] = []
    at = 0
    for roster in rosters:
        start, end = span.number(roster.first), span.number(roster.after)
        found += _bare(opened, span, at, start)
        found += _uncovered(opened, roster, span, start, end)
        at = max(at, end)
    return sorted([*found, *_bare(opened, span, at, len(span.slots))])


def periods(gap: Gap) -> Iterator[tuple[datetime, datetime]]:
    """A gap as instants."""
    midnight = datetime.combine(gap.on, time(), CITY_ZONE)
    for start, end in stretches(gap.minutes):
        yield midnight + start * _MINUTE, midnight + end * _MINUTE


def _bare(opened: Cover, span: Span, start: int, end: int) -> Iterator[Gap]:
    """Days without a roster."""
    nobody = Cover((0,) * len(opened.slots), {})
    yield from _between(opened, nobody, nobody, (), span, start, end)


def _uncovered(opened: Cover, roster: Roster, span: Span, start: int, end: int) -> Iterator[Gap]:
    a, b = roster.a or _ALWAYS, roster.b or _ALWAYS
    yield from _between(opened, a, b, roster.absences, span, start, end)


def _between(
    opened: Cover,
    a: Cover,
    b: Cover,
    absences: Sequence[Absence],
    span: Span,
    start: int,
    end: int,
) -> Iterator[Gap]:
    """Days by their kind, all at once; days that follow no rule one by one."""
    if start >= end:
        return
    special = _special(opened, a, b, absences, span, start, end)
    for slot, minutes in enumerate(opened.slots):
        left = minutes & ~(a.slots[slot] | b.slots[slot])
        if left:
            numbers = span.by_slot[slot]
            for number in numbers[bisect_left(numbers, start) : bisect_left(numbers, end)]:
                if number not in special:
                    yield Gap(span.day(number), left)
    for number in special:
        day, slot = span.day(number), span.slots[number]
        held = a.on(day, slot) & ~_away(absences, Corner.A, day)
        held |= b.on(day, slot) & ~_away(absences, Corner.B, day)
        if left := opened.on(day, slot) & ~held:
            yield Gap(day, left)


def _special(
    opened: Cover,
    a: Cover,
    b: Cover,
    absences: Sequence[Absence],
    span: Span,
    start: int,
    end: int,
) -> set[int]:
    """The days that follow no rule, or on which somebody is away."""
    found = {(day - span.first).days for cover in (opened, a, b) for day in cover.dated}
    for absence in absences:
        first = (absence.starts_at.astimezone(CITY_ZONE).date() - span.first).days
        last = (absence.ends_at.astimezone(CITY_ZONE).date() - span.first).days
        found.update(range(max(first, start), min(last, end - 1) + 1))
    return {number for number in found if start <= number < end}


def _away(absences: Sequence[Absence], post: Corner, day: date) -> int:
    """The minutes of a day in which nobody holds a post; a minute that is touched counts whole."""
    midnight = datetime.combine(day, time(), CITY_ZONE)
    away = 0
    for absence in absences:
        if absence.post is post:
            start = (absence.starts_at - midnight) // _MINUTE
            end = -((midnight - absence.ends_at) // _MINUTE)
            away |= bits((max(start, 0), min(end, DAY_MINUTES)))
    return away


def _dated(stretches_: Sequence[Stretch], day: date) -> int:
    base = (day - EPOCH).days * DAY_MINUTES
    return sum(
        bits((max(start - base, 0), min(end - base, DAY_MINUTES)))
        for start, end in stretches_
        if start < base + DAY_MINUTES and end > base
    )


_ALWAYS: Final = Cover((WHOLE_DAY,) * (MAKEUP_SLOT + 1), {})


def check_period(first: date, after: date) -> None:
    """Refuse a roster that ends before it begins, or runs for more than a year."""
    if not timedelta() < after - first <= timedelta(days=LONGEST_DAYS):
        message = Text(
            f"截止须晚于起始，且不超过 {LONGEST_DAYS} 天",
            f"ends after it begins, {LONGEST_DAYS} days later at most",
        )
        raise WrongDuty(errors=[FieldError("/valid_to", str(after), message)])
