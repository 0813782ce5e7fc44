"""Notices on the wire and what becomes of them: read alike by who loads them and who follows.

Pure. Whatever one side refuses, the other refuses too, and from the same notices both make the
same calendar, in whatever order they came.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from common.calendar import Calendar, Holiday, Notice, WrongNotice
from common.calendar.official import released_calendar
from common.contracts.feedback_calendar import Arrangement, CalendarNotice

LONGEST: Final = 31  # days of one holiday


def as_notice(said: Arrangement) -> Notice:
    """What was said as the calendar takes it. Raises `WrongNotice`."""
    if any((each.last - each.first).days > LONGEST for each in said.holidays):
        raise WrongNotice("一段放假不会超过一个月。", "No holiday lasts more than a month.")
    return Notice(
        title=said.title,
        holidays=tuple(Holiday(each.name, each.first, each.last) for each in said.holidays),
        working=frozenset(said.working),
        year=said.year,
        document=said.document,
        issued_on=said.issued_on,
    )


def first_day(said: Arrangement) -> date:
    """The earliest day that a notice can change: what is due before it stays as it is.

    A yearly one replaces what was known of its year, so also days that it does not name itself, and
    those of the December before.
    """
    if said.year is not None:
        return date(said.year - 1, 12, 1)
    return min([each.first for each in said.holidays] + list(said.working))


def calendar_of(loaded: Iterable[CalendarNotice]) -> Calendar:
    """The notices of the release, and on top of them those that were loaded, in the order of ids.

    Ids tell the time at which they were made, so the later of two notices of a year counts.
    """
    found = released_calendar()
    for each in sorted(loaded, key=lambda notice: notice.id):
        found = found.with_notice(as_notice(each))
    return found
