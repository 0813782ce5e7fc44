"""The rating of each cell: what the evidence says beside its category's base rates.

Dirichlet over five levels (Jøsang & Haller 2007): the evidence of one buyer is worth the fewer
independent pieces the more its pieces resemble each other, and never more than a fixed share of
the whole, so that no buyer decides alone.

The interval is that of the beta distribution with the same mean and the variance that the truth
has around it: old pieces are still many, but tell of what a provider was (decision 0021).
"""

from dataclasses import dataclass
from math import floor
from typing import Final

import numpy as np
from scipy.special import betaincinv

from procurement.rating.tallies import LEVELS, NOBODY, SCORES, Floats, Ints, Pairs

_SMALL: Final = 1e-12
_FLATTEST: Final = 1.0  # no interval is wider than that of two pieces


@dataclass(frozen=True, slots=True)
class Priors:
    """The base rates of each cell's category: shares of levels, their weight, likeness of a buyer's
    own pieces (the correlation within a buyer), and how much of what sets a provider apart is left
    after one step of age.
    """

    levels: Floats  # cells x levels
    weight: Floats
    correlation: Floats
    steadiness: Floats


@dataclass(frozen=True, slots=True)
class Ratings:
    """One row a cell. `shares` is what each pair weighs in its cell, the prior included."""

    expected: Floats
    lower: Floats
    upper: Floats
    evidence: Ints
    effective: Floats
    buyers: Ints
    shares: Floats


def estimate(pairs: Pairs, priors: Priors, *, cap: float, interval: float) -> Ratings:
    """The rating of each cell of `priors`; cells without evidence have the base rates alone.

    The same evidence in another order gives the same numbers, bit by bit.
    """
    cells = len(priors.weight)
    worth = independent(pairs.total, priors.correlation[pairs.cell])
    limit = limits(pairs.cell, worth, priors.weight, cap)
    worth = np.minimum(worth, limit[pairs.cell])
    part = worth / np.maximum(pairs.total, _SMALL)
    flat = (pairs.cell[:, None] * LEVELS + np.arange(LEVELS)).ravel()
    seen = np.bincount(flat, (pairs.by_level * part[:, None]).ravel(), cells * LEVELS)
    mass = seen.reshape(cells, LEVELS) + priors.weight[:, None] * priors.levels
    whole = mass.sum(axis=1)
    expected, lower, upper = bounds(mass, interval, openness(pairs, worth, whole, priors))
    named = ((pairs.buyer != NOBODY) & (worth > 0)).astype(float)
    return Ratings(
        expected,
        lower,
        upper,
        evidence=np.bincount(pairs.cell, pairs.count, cells).astype(np.int64),
        effective=whole - priors.weight,
        buyers=np.bincount(pairs.cell, named, cells).astype(np.int64),
        shares=worth / whole[pairs.cell],
    )


def independent(mass: Floats, correlation: Floats) -> Floats:
    """How many independent pieces a buyer's evidence is worth: m / (1 - c + c m), at most 1/c.

    Source: the design effect of a cluster sample, 1 + (m - 1) c (Kish 1965).
    """
    return np.asarray(mass / (1 - correlation + correlation * mass))


def limits(cell: Ints, worth: Floats, prior: Floats, cap: float) -> Floats:
    """The greatest worth of one buyer in each cell: `cap` of the whole, the prior included.

    Where k buyers reach the limit t, t = cap (prior + the others) / (1 - k cap); k stays below
    1 / cap. Nobody is limited where nobody exceeds the share: then it is infinite.

    Source: rule rating.buyer_cap.
    """
    cells = len(prior)
    limit = np.full(cells, np.inf)
    for _ in range(floor(1 / cap) + 1):
        over = worth > limit[cell]
        many = np.bincount(cell, over, cells)
        rest = np.bincount(cell, np.where(over, 0.0, worth), cells)
        at = cap * (prior + rest) / np.maximum(1 - many * cap, _SMALL)
        most = np.zeros(cells)
        np.maximum.at(most, cell, np.where(over, 0.0, worth))
        limit = np.where((many > 0) | (most > at), at, np.inf)
    return limit


def openness(pairs: Pairs, worth: Floats, whole: Floats, priors: Priors) -> Floats:
    """The variance of the truth around each cell's expected score, in that of its masses alone.

    Above one where providers change, so that old pieces mislead; below one where they stay as they
    are, since a faded piece is still a piece. In units of the variance of a piece about its
    provider's quality, providers differ by 1 / prior weight, and `steadiness ** k` is the
    correlation of qualities k steps apart. One where nothing is old and no buyer is limited.

    Source: the mean square error of a linear predictor; Kish 1965 for pieces of unequal weight.
    """
    cells, total = len(whole), np.maximum(pairs.total, _SMALL)
    by_age, part = pairs.by_age, worth / total
    kept, behind = np.ones(cells), np.zeros(cells)
    recalled, together, square = np.zeros(cells), np.zeros(cells), np.zeros(len(total))
    # Age by age, not by matrix products: those round by the number of ages and rows.
    for age, fade in enumerate(pairs.fade):
        mass = np.bincount(pairs.cell, by_age[:, age] * part, cells)
        square += by_age[:, age] * fade
        recalled += mass * kept
        together += mass * (mass + 2 * behind)
        behind = (behind + mass) * priors.steadiness
        kept *= priors.steadiness
    alike = priors.correlation[pairs.cell]
    noise = np.bincount(pairs.cell, worth**2 * ((1 - alike) * square / total**2 + alike), cells)
    apart = (whole**2 - 2 * whole * recalled + together) / priors.weight
    return np.asarray((apart + noise) / whole)


def bounds(mass: Floats, interval: float, openness: Floats) -> tuple[Floats, Floats, Floats]:
    """Expected score and the central interval of each row of masses."""
    whole = mass.sum(axis=1)
    shares = mass / whole[:, None]
    # Sums over rows, not matrix products: those round by the number of rows.
    expected = (shares * SCORES).sum(axis=1)
    variance = openness * ((shares * SCORES**2).sum(axis=1) - expected**2) / (whole + 1)
    sharpness = expected * (1 - expected) / np.maximum(variance, _SMALL) - 1
    sharpness = np.maximum(sharpness, _FLATTEST)
    alpha, beta = expected * sharpness, (1 - expected) * sharpness
    tail = (1 - interval) / 2
    lower, upper = betaincinv(alpha, beta, tail), betaincinv(alpha, beta, 1 - tail)
    return expected, np.minimum(lower, expected), np.maximum(upper, expected)
