"""The official calendar, read once a process: it changes with a release only."""

from functools import cache

from common.calendar.days import Calendar


@cache
def official_calendar() -> Calendar:
    """Holidays and make-up days as published."""
    return Calendar.load()
