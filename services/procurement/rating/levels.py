"""Grades: a level moves only as far as the whole interval has moved (hysteresis).

Who is to rise must do so with the lower bound, who is to fall with the upper one; in between the
level of the last month's end stays.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

import numpy as np

from procurement.rating.tallies import Floats, Ints

UNRATED: Final = 0


def grade(
    before: Ints, expected: Floats, lower: Floats, upper: Floats, edges: Sequence[float]
) -> Ints:
    """The level of each row after the level before; `UNRATED` before takes the nearest.

    `edges` are the least scores of levels 2 to 5.
    """
    at = np.asarray(edges)
    least = 1 + (lower[:, None] >= at).sum(axis=1)
    most = 1 + (upper[:, None] >= at).sum(axis=1)
    nearest = 1 + (expected[:, None] >= at).sum(axis=1)
    return np.asarray(np.where(before == UNRATED, nearest, np.clip(before, least, most)))


def month_end(day: date) -> date:
    """The last day of a day's month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def month_end_before(day: date) -> date:
    """The last day of the month before: whose level is the anchor of the day's level."""
    return day.replace(day=1) - timedelta(days=1)


def month_ends(first: date, day: date) -> Iterator[date]:
    """The ends of months from that of `first` to the one before `day`, in order."""
    end = month_end(first)
    while end <= month_end_before(day):
        yield end
        end = month_end(end + timedelta(days=1))
