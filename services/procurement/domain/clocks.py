"""Clocks of a purchase: periods counted in days or working days, never from the first day.

Pure. A period from a notice ends with the last of its days, in the city. Source: 94号令 42.
"""

from datetime import date, datetime, timedelta
from typing import Final

from common.calendar import Calendar
from common.calendar.deadlines import Deadline
from common.clock import city_day
from common.errors import Conflict, Text
from common.rules import Rule

WORKING: Final = "working_day"


class PeriodTooShort(Conflict):
    """A period is shorter than the law wants it."""

    slug = "period-too-short"
    title = Text("期限不足", "Period too short")
    detail = Text(
        "{what}不得早于 {earliest}：自 {start} 起不少于 {days} 个{unit}"
        "（规则 {rule}，{document}）。",
        "{what} may not be before {earliest}: at least {days} {unit} from {start} "
        "(rule {rule}, {document}).",
    )


class TooEarly(Conflict):
    """A step whose time has not come."""

    slug = "too-early"
    title = Text("时间未到", "Too early")
    detail = Text("{at} 之后才能{what}。", "It is too early to {what} before {at}.")


class TooLate(Conflict):
    """A right that was not used in time."""

    slug = "too-late"
    title = Text("已过期限", "Too late")
    detail = Text(
        "期限为 {due}（规则 {rule}），已过。", "It was due by {due} (rule {rule}), which is over."
    )


UNITS: Final = {
    WORKING: Text("工作日", "working days"),
    "calendar_day": Text("自然日", "days"),
    "minute": Text("分钟", "minutes"),
}


def due(rule: Rule, start: date, calendar: Calendar, *, more: int = 0) -> Deadline:
    """The last day of a period that a rule sets, its first day not counted."""
    count = calendar.add_working_days if rule.unit == WORKING else calendar.add_days
    return count(start, rule.number + more)


def earliest_end(rule: Rule, start: date, calendar: Calendar) -> date:
    """The first day on which a period of at least so many days may end.

    Of days in full: a period of calendar days that is too long for nobody is not moved on to a
    working day, since it is a least, not a last.
    """
    if rule.unit == WORKING:
        return calendar.add_working_days(start, rule.number).on
    return start + timedelta(days=rule.number)


def check_period(
    what: Text, rule: Rule, start_at: datetime, end_at: datetime, calendar: Calendar
) -> None:
    """Raises `PeriodTooShort` when an instant comes before a period of at least so long is over."""
    start = city_day(start_at)
    earliest = earliest_end(rule, start, calendar)
    if city_day(end_at) < earliest:
        raise _too_short(what, rule, start, earliest)


def check_over(
    what: Text, rule: Rule, start_at: datetime, now: datetime, calendar: Calendar
) -> None:
    """Raises `PeriodTooShort` before all of its days are over, the last one to its end.

    A deadline may fall on the last day of a period, what follows the period may not.
    """
    start = city_day(start_at)
    earliest = earliest_end(rule, start, calendar) + timedelta(days=1)
    if city_day(now) < earliest:
        raise _too_short(what, rule, start, earliest)


def check_minutes(what: Text, rule: Rule, start_at: datetime, end_at: datetime) -> None:
    """The same for a period of minutes."""
    earliest = start_at + timedelta(minutes=rule.number)
    if end_at < earliest:
        raise _too_short(what, rule, start_at, earliest)


def moved_deadline(
    rule: Rule, amended_at: datetime, end_at: datetime, calendar: Calendar
) -> datetime:
    """Where the deadline goes when a change that matters comes too late before it.

    It keeps its hour; where so many days are left, it stays. Source: 条例 31.
    """
    earliest = earliest_end(rule, city_day(amended_at), calendar)
    short = (earliest - city_day(end_at)).days
    return end_at + timedelta(days=max(short, 0))


def _too_short(what: Text, rule: Rule, start: object, earliest: object) -> PeriodTooShort:
    return PeriodTooShort(
        what=what,
        earliest=earliest,
        start=start,
        days=rule.number,
        unit=UNITS[rule.unit or WORKING],
        rule=rule.code,
        document=rule.document,
    )
