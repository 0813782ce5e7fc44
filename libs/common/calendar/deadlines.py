"""A deadline that explains itself day by day."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, Protocol

from common.errors import Text

_WEEKDAYS: Final = "一二三四五六日"


class Reason(StrEnum):
    """Why a day is worked or not."""

    WORKING = "working"
    MAKEUP = "makeup"  # 调休上班
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class Step:
    """One day on the way. `count` is the number it counted as, None when it did not count."""

    day: date
    count: int | None
    reason: Reason
    holiday: str | None
    provisional: bool

    @property
    def text(self) -> Text:
        """The day in words, such as 2026-09-20（周日）调休上班，第 1 日."""
        zh = f"{self.day}（周{_WEEKDAYS[self.day.weekday()]}）{_ZH[self.reason]}"
        zh += f"（{self.holiday}）" if self.holiday else ""
        zh += f"，第 {self.count} 日" if self.count else "，不计"
        en = f"{self.day:%Y-%m-%d (%a)} {_EN[self.reason]}"
        en += f", day {self.count}" if self.count else ", not counted"
        if self.provisional:
            return Text(
                f"{zh}（该年安排尚未公布，暂计）", f"{en} (year not yet arranged, estimated)"
            )
        return Text(zh, en)


class Walk(Protocol):
    """What a deadline needs of the calendar that made it."""

    @property
    def horizon(self) -> date:
        """The last settled day."""

    def walk(self, start: date, end: date, *, in_working_days: bool) -> tuple[Step, ...]:
        """Every day after `start` up to `end`."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day by which something is due; due until the end of that day in the city.

    `provisional` says that the day lies in a year whose holidays are not published: it is to be
    recomputed when they are.
    """

    calendar: Walk = field(repr=False, compare=False)
    start: date
    n: int
    on: date
    in_working_days: bool = True

    @property
    def provisional(self) -> bool:
        """Whether the day may move when the next notice is published."""
        return self.on > self.calendar.horizon

    @property
    def steps(self) -> tuple[Step, ...]:
        """The explanation: every day after the start, up to and including the deadline."""
        return self.calendar.walk(self.start, self.on, in_working_days=self.in_working_days)


_ZH: Final = {
    Reason.WORKING: "工作日",
    Reason.MAKEUP: "调休上班",
    Reason.WEEKEND: "周末",
    Reason.HOLIDAY: "放假",
}
_EN: Final = {
    Reason.WORKING: "working day",
    Reason.MAKEUP: "make-up working day",
    Reason.WEEKEND: "weekend",
    Reason.HOLIDAY: "holiday",
}
