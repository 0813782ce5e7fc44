"""The clocks of a case: which rule sets them, how they pause, extend, restart, and whom they wake.

Pure. The day of receipt is not counted; a clock is due until the end of its last day in the city.
A deadline beyond the known calendar is provisional and is set anew when the notice is loaded.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from common.calendar import Calendar
from common.calendar import Deadline as WorkingDays
from common.clock import city_day, day_end
from common.contracts.feedback import CaseKind
from common.errors import Conflict, Text
from common.rules import NoRule, Rule, RulesInForce

ANY: Final = "case"
LADDER: Final = ("escalation.first", "escalation.second", "escalation.third")
TOP: Final = len(LADDER)


class TooLateToExtend(Conflict):
    """A deadline that has passed is not moved: it would undo that it was missed."""

    slug = "too-late-to-extend"
    title = Text("已超期，不能延期或中止", "Too late to extend or pause")
    detail = Text(
        "办结期限 {due} 已过；超期如实记录，不能再延期或中止。",
        "The deadline {due} has passed; that it was missed stays on record.",
    )


class ExtendedAlready(Conflict):
    """A clock is extended as often as the rule allows."""

    slug = "extended-already"
    title = Text("已延期", "Extended already")
    detail = Text(
        "本工单已延期 {times} 次，规则 {rule} 至多 {most} 次。",
        "This case was extended {times} times; rule {rule} allows {most}.",
    )


class NothingToExtend(Conflict):
    """An extension that gives no more time is not spent."""

    slug = "nothing-to-extend"
    title = Text("没有更长的时限", "There is no longer time")
    detail = Text(
        "规则 {rule} 的时限为 {days} 个工作日，不长于通常的 {ordinary} 个，不能据此延期。",
        "Rule {rule} has {days} working days, no more than the ordinary {ordinary}.",
    )


class PauseNotForThat(Conflict):
    """A clock stands still only for what the rule names."""

    slug = "pause-not-for-that"
    title = Text("不属于可中止的情形", "Not a reason to pause")
    detail = Text(
        "中止理由须为：{allowed}（规则 {rule}）。", "A reason is one of: {allowed} ({rule})."
    )


class HotlineSetsTheClock(Conflict):
    """One case has one clock; that which the hotline has set, the hotline alone moves."""

    slug = "hotline-sets-the-clock"
    title = Text("时限以12345为准", "The hotline sets the clock")
    detail = Text(
        "现行时限由 12345 工单 {number} 设定，由热线平台调整；重开后按本平台时限，直至热线另定。",
        "Order {number} of the hotline has set the present deadline, and it alone moves it. After a"
        " reopening ours runs, until the hotline sets another.",
    )


class Due(NamedTuple):
    """A deadline, and whether it lies beyond the known calendar."""

    at: datetime
    is_provisional: bool

    def told(self) -> dict[str, object]:
        """As the audit log tells it."""
        return {"due_at": self.at.isoformat(), "is_due_provisional": self.is_provisional}


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline: from which day it counts, how many working days, until when, by which rule."""

    started_on: date
    days: int | None
    due_at: datetime
    is_provisional: bool
    rule: str

    @property
    def due_on(self) -> date:
        """The last day."""
        return city_day(self.due_at - timedelta(microseconds=1))


def end_of(day: date) -> datetime:
    """The first instant after a day in the city."""
    return day_end(day)


def first_contact(received_at: datetime, rules: RulesInForce, calendar: Calendar) -> Clock:
    """Until when the resident is to be contacted. Source: 数据局 2025-06-13 (1-5-15)."""
    return counted(city_day(received_at), rules.setting("first_contact", ANY), calendar)


def received(
    kind: CaseKind, received_at: datetime, rules: RulesInForce, calendar: Calendar
) -> Clock:
    """The clock of a new case. Source: the rule row that it names."""
    return counted(city_day(received_at), _setting("answer", kind, rules), calendar)


def extended(kind: CaseKind, clock: Clock, rules: RulesInForce, calendar: Calendar) -> Clock:
    """The clock of a complex case after approval: by so much longer as the longer term is.

    So it gives the same after a pause, and to a second handling. Raises `NothingToExtend`.
    """
    longer, ordinary = (_setting(name, kind, rules) for name in ("answer_extended", "answer"))
    more = longer.number - ordinary.number
    if clock.days is None or more <= 0:
        raise NothingToExtend(rule=longer.code, days=longer.number, ordinary=ordinary.number)
    return again(replace(clock, days=clock.days + more, rule=longer.code), calendar)


def reopened(now: datetime, rules: RulesInForce, calendar: Calendar) -> Clock:
    """The clock of a second handling: the rule for rework, else for a recheck 复核."""
    try:
        rule = rules.setting("rework", ANY)
    except NoRule:
        rule = rules.setting("recheck", "supervision")
    return counted(city_day(now), rule, calendar)


def resumed(clock: Clock, paused_at: datetime, now: datetime, calendar: Calendar) -> Clock:
    """The clock after a pause: the days that were left, from today on.

    Within the day nothing has stood still. Who paused on the last day has the day of resumption.
    """
    today, paused_on = city_day(now), city_day(paused_at)
    if today == paused_on:
        return clock
    days = calendar.working_days_between(paused_on, clock.due_on)
    if days == 0:
        return again(replace(clock, started_on=today - timedelta(1), days=1), calendar)
    return again(replace(clock, started_on=today, days=days), calendar)


def again(clock: Clock, calendar: Calendar) -> Clock:
    """The same days counted on another calendar."""
    if clock.days is None:
        return clock
    deadline = calendar.add_working_days(clock.started_on, clock.days)
    return replace(clock, due_at=end_of(deadline.on), is_provisional=deadline.provisional)


def counted(day: date, rule: Rule, calendar: Calendar) -> Clock:
    """The clock that a rule sets from a day on."""
    deadline = calendar.add_working_days(day, rule.number)
    return Clock(day, rule.number, end_of(deadline.on), deadline.provisional, rule.code)


def explained(clock: Clock, calendar: Calendar) -> WorkingDays | None:
    """The deadline day by day; None for one that the hotline has set."""
    if clock.days is None:
        return None
    return calendar.add_working_days(clock.started_on, clock.days)


def escalates(
    due_at: datetime,
    level: int,
    rules: RulesInForce,
    calendar: Calendar,
    ladder: Sequence[str] = LADDER,
) -> datetime | None:
    """When the case goes up from a level; None at the top. The rule counts days after the due one.

    Level 1 is told to the head of the street, 2 to the district, 3 to the city.
    """
    if level >= len(ladder):
        return None
    days = rules.rule(ladder[level]).number
    if days == 0:
        return due_at
    last = city_day(due_at - timedelta(microseconds=1))
    return end_of(calendar.add_working_days(last, days).on)


def check_not_late(due_at: datetime, now: datetime) -> None:
    """Raises `TooLateToExtend` once the deadline has passed."""
    if now >= due_at:
        raise TooLateToExtend(due=city_day(due_at - timedelta(microseconds=1)))


def check_extension(times: int, rules: RulesInForce) -> None:
    """Raises `ExtendedAlready`."""
    rule = rules.rule("extension.limit")
    if not rule.admits(times + 1):
        raise ExtendedAlready(times=times, rule=rule.code, most=rule.number)


def check_pause(reason: str, rules: RulesInForce) -> None:
    """Raises `PauseNotForThat`."""
    rule = rules.rule("pause.reasons")
    if not rule.admits(reason):
        raise PauseNotForThat(allowed=", ".join(rule.words), rule=rule.code)


def check_own_clock(clock: Clock, hotline_number: str | None) -> None:
    """Raises `HotlineSetsTheClock`: a deadline that no rule counted is the hotline's."""
    if clock.days is None:
        raise HotlineSetsTheClock(number=hotline_number or "-")


def _setting(parameter: str, kind: CaseKind, rules: RulesInForce) -> Rule:
    """The row for this kind of case or for all cases: the more specific place, then the kind.

    A street's own table for all cases goes before the city's for one kind.
    """
    found: list[Rule] = []
    for name in (kind, ANY):
        with suppress(NoRule):
            found.append(rules.setting(parameter, name))
    if not found:
        raise NoRule(name=f"{parameter}/{kind}", day=rules.day, jurisdiction=rules.jurisdiction)
    return max(found, key=lambda rule: (len(rule.jurisdiction), rule.object == kind))
