"""The official calendar as this process knows it: the release's notices, then what it was told.

A process serves one service. Whoever follows the notices of others says here what it has learned
(`common.notices`); everybody who counts days asks here, so that nobody counts on an older one.
"""

from functools import cache
from typing import Final

from common.calendar.days import Calendar

_LEARNED: Final[list[Calendar]] = []


def official_calendar() -> Calendar:
    """Holidays and make-up days as far as they are known now."""
    return _LEARNED[0] if _LEARNED else released_calendar()


@cache
def released_calendar() -> Calendar:
    """Holidays and make-up days of the notices that come with this release."""
    return Calendar.load()


def learn(calendar: Calendar) -> None:
    """From now on days are counted on this calendar."""
    _LEARNED[:] = [calendar]


def unlearn() -> None:
    """Back to what comes with the release."""
    _LEARNED.clear()
