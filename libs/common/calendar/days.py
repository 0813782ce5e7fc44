"""The calendar: which days are worked, up to which day that is settled, and counting them."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, Self

from common.calendar.deadlines import Deadline, Reason, Step
from common.calendar.notices import Notice, packaged_notices
from common.errors import Invalid, Text

_DAY: Final = timedelta(1)
_LONGEST: Final = 2_500  # working days of one deadline, about ten years

# Days off by law whatever the yearly notice says, as an estimate beyond the horizon. Festivals of
# the lunar calendar are left to the notice. Source: 《全国年节及纪念日放假办法》, as of 2025-01-01.
_FIXED: Final = {
    (1, 1): "元旦",
    (5, 1): "劳动节",
    (5, 2): "劳动节",
    (10, 1): "国庆节",
    (10, 2): "国庆节",
    (10, 3): "国庆节",
}


class NotCovered(Invalid):
    """A day before the first notice: nobody can say whether it was worked."""

    slug = "day-not-covered"
    title = Text("日期早于工作日历", "Day before the calendar")
    detail = Text(
        "工作日历自 {first} 起，不含 {day}。", "The calendar begins on {first}, after {day}."
    )


class Calendar:
    """The days as arranged by a set of notices. Immutable: a new notice gives a new calendar."""

    __slots__ = ("_makeup", "_off", "first", "horizon", "notices")

    def __init__(self, notices: Iterable[Notice]) -> None:
        self.notices: Final = tuple(sorted(notices, key=_order))
        self._off: Final[dict[date, str]] = {}
        self._makeup: Final[dict[date, Notice]] = {}
        for notice in self.notices:
            self._arrange(notice)
        years = sorted({notice.year for notice in self.notices if notice.year is not None})
        if not years:
            raise ValueError("a calendar needs at least one yearly notice")
        settled = next((a for a, b in pairwise(years) if b != a + 1), years[-1])
        self.first: Final = date(years[0], 1, 1)
        self.horizon: Final = date(settled, 12, 31)

    @classmethod
    def load(cls) -> Self:
        """The calendar of the notices that come with this release."""
        return cls(packaged_notices())

    def with_notice(self, notice: Notice) -> "Calendar":
        """The calendar with one more notice. The notice of a year already here replaces it."""
        kept = [n for n in self.notices if notice.year is None or n.year != notice.year]
        return Calendar([*kept, notice])

    def known_on(self, day: date) -> "Calendar":
        """The calendar as it was known on a day: without the notices issued later."""
        return Calendar(n for n in self.notices if n.issued_on is None or n.issued_on <= day)

    def is_working(self, day: date) -> bool:
        """Whether offices work. Beyond the horizon an estimate: weekdays but fixed holidays."""
        return self.reason(day) in {Reason.WORKING, Reason.MAKEUP}

    def is_makeup_day(self, day: date) -> bool:
        """Whether the day is a weekend day worked in exchange (调休上班)."""
        return self.reason(day) is Reason.MAKEUP

    def is_holiday(self, day: date) -> bool:
        """Whether the day lies in an arranged holiday, be it a weekday or not."""
        return self.reason(day) is Reason.HOLIDAY

    def holiday_name(self, day: date) -> str | None:
        """The holiday's name in Chinese, or None."""
        name = self._off.get(day)
        return name if day <= self.horizon else name or _FIXED.get((day.month, day.day))

    def reason(self, day: date) -> Reason:
        """Why the day is worked or not."""
        if day < self.first:
            raise NotCovered(first=self.first, day=day)
        if day in self._makeup:
            return Reason.MAKEUP
        if self.holiday_name(day):
            return Reason.HOLIDAY
        return Reason.WEEKEND if day.weekday() >= 5 else Reason.WORKING

    def add_working_days(self, start: date, n: int) -> Deadline:
        """The n-th working day after `start`, which itself is not counted.

        Source: 民法典 art. 201 (the first day is not counted); 94号令 art. 42, alike.
        """
        if not 1 <= n <= _LONGEST:
            raise ValueError(f"a deadline has 1 to {_LONGEST} working days, not {n}")
        self.reason(start)
        day, left = start, n
        while left:
            day += _DAY
            left -= self.is_working(day)
        return Deadline(self, start, n, day, in_working_days=True)

    def add_days(self, start: date, n: int) -> Deadline:
        """The n-th calendar day after `start`, moved on to a working day when it is none.

        Source: 民法典 arts. 201, 203 (a last day that is a holiday gives way to the day after it).
        """
        if not 1 <= n <= 2 * _LONGEST:
            raise ValueError(f"a deadline has 1 to {2 * _LONGEST} days, not {n}")
        day = start + n * _DAY
        while not self.is_working(day):
            day += _DAY
        return Deadline(self, start, n, day, in_working_days=False)

    def working_days_between(self, start: date, end: date) -> int:
        """The working days after `start` up to `end`, included; negative when `end` is first."""
        if end < start:
            return -self.working_days_between(end, start)
        span = (end - start).days
        return sum(self.is_working(start + n * _DAY) for n in range(1, span + 1))

    def walk(self, start: date, end: date, *, in_working_days: bool) -> tuple[Step, ...]:
        """Every day after `start` up to `end`, with what it counted for and why."""
        steps: list[Step] = []
        count = 0
        for offset in range(1, (end - start).days + 1):
            day = start + offset * _DAY
            reason = self.reason(day)
            counts = not in_working_days or reason in {Reason.WORKING, Reason.MAKEUP}
            count += counts
            name = self.holiday_name(day)
            steps.append(Step(day, count if counts else None, reason, name, day > self.horizon))
        return tuple(steps)

    def _arrange(self, notice: Notice) -> None:
        """Lay a notice over the earlier ones: its own days win."""
        for holiday in notice.holidays:
            for day in holiday.days():
                self._off[day] = holiday.name
                self._makeup.pop(day, None)
        for day in notice.working:
            self._makeup[day] = notice
            self._off.pop(day, None)


def _order(notice: Notice) -> tuple[bool, date, int, str]:
    """Yearly notices in order of their year, then amendments as issued."""
    return notice.year is None, notice.issued_on or date.min, notice.year or 0, notice.title
