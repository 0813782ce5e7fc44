"""The rating of each cell: what the evidence says beside its category's base rates.

Dirichlet over five levels (Jøsang & Haller 2007): the evidence of one buyer is worth the fewer
independent pieces the more its pieces resemble each other, and never more than a fixed share of
the whole, so that no buyer decides alone. The interval is that of the beta distribution with the
same mean and variance.
"""

from dataclasses import dataclass
from math import floor
from typing import Final

import numpy as np
from scipy.special import betaincinv

from procurement.rating.tallies import LEVELS, NOBODY, SCORES, Floats, Ints, Pairs

_SMALL: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Priors:
    """The base rates of each cell's category: shares of levels, their weight, likeness of a buyer's
    own pieces (the correlation within a buyer).
    """

    levels: Floats  # cells x levels
    weight: Floats
    correlation: Floats


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
    seen = np.bincount(flat, (pairs.mass * part[:, None]).ravel(), cells * LEVELS)
    mass = seen.reshape(cells, LEVELS) + priors.weight[:, None] * priors.levels
    whole = mass.sum(axis=1)
    expected, lower, upper = bounds(mass, interval)
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


def bounds(mass: Floats, interval: float) -> tuple[Floats, Floats, Floats]:
    """Expected score and the central interval of each row of masses."""
    whole = mass.sum(axis=1)
    shares = mass / whole[:, None]
    # Sums over rows, not matrix products: those round by the number of rows.
    expected = (shares * SCORES).sum(axis=1)
    variance = ((shares * SCORES**2).sum(axis=1) - expected**2) / (whole + 1)
    sharpness = expected * (1 - expected) / np.maximum(variance, _SMALL) - 1
    alpha, beta = expected * sharpness, (1 - expected) * sharpness
    tail = (1 - interval) / 2
    lower, upper = betaincinv(alpha, beta, tail), betaincinv(alpha, beta, 1 - tail)
    return expected, np.minimum(lower, expected), np.maximum(upper, expected)
