"""What about ratings should be looked at by a person: bursts, devices that praise, alike words.

Pure. A flag is a question: no rating is changed, hidden or deleted for it. Chance alone would raise
a flag less than once in ten thousand looks.
"""

from math import sqrt
from typing import Final

from scipy.special import pdtrc

from feedback.domain.scores import Levels

BASELINE_DAYS: Final = 28
FEWEST: Final = 10  # in a burst; below, a family on one day would be one
CHANCE: Final = 1e-4
USUAL_AT_LEAST: Final = 0.5  # a day: a body nobody rated yet may begin
COMPARED: Final = 30  # ratings on either side before two means are compared
ERRORS: Final = 3.0
ALIKE: Final = 3  # texts: two may be a couple's


def usual(before: int) -> float:
    """How many ratings a day are usual, by those of the days before."""
    return max(before / BASELINE_DAYS, USUAL_AT_LEAST)


def is_burst(found: int, before: int) -> bool:
    """Whether so many in a day are more than chance brings, counted as a Poisson process."""
    return found >= FEWEST and float(pdtrc(found - 1, usual(before))) < CHANCE


def uplift(device: Levels, own: Levels) -> float | None:
    """How much better a body fares on staff's devices, where that is more than chance; else None.

    Three standard errors of the difference of the two means.
    """
    if min(device.number, own.number) < COMPARED or device.mean is None or own.mean is None:
        return None
    error = sqrt(device.variance / device.number + own.variance / own.number)
    lift = device.mean - own.mean
    return lift if lift > ERRORS * error and lift > 0 else None
