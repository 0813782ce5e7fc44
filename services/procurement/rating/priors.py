"""Base rates from the evidence of all providers of a category: empirical Bayes by moments.

Pairs of pieces tell the variances: two of one provider by different buyers share what the provider
is, the less the more time lies between them; two by the same buyer share the buyer besides.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from procurement.rating.tallies import LEVELS, SCORES, Floats, Ints, Pairs, Tallies, by_buyer

SPAN: Final = 6  # steps of age that are looked at together
# Bounds of what is believed: providers differ a little, and never in everything.
LIGHTEST: Final = 2.0
HEAVIEST: Final = 100.0
LEAST_ALIKE: Final = 0.01
MOST_ALIKE: Final = 0.5
LEAST_STEADY: Final = 0.9
USUALLY_STEADY: Final = 0.99  # in a year one provider in nine becomes another
_SMOOTHING: Final = 0.5  # of a piece for each level, so that no level is impossible
_NONE: Final = 1e-12
_SUPPOSED: Final = 0.05  # likeness within a buyer, for the weights that find the true one
_STEADY: Final[Floats] = np.linspace(LEAST_STEADY, 1, 201)


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of a provider of a category before anything is known of it."""

    levels: tuple[float, ...]  # shares of levels 1 to 5
    weight: float  # worth so many pieces of evidence
    correlation: float  # likeness of the pieces of one buyer
    steadiness: float  # what is left of a provider's distinction after one step of age
    providers: int
    evidence: int


# Where too few providers are known: every level alike, and quickly overcome.
NEUTRAL: Final = Prior(
    (0.2,) * LEVELS,
    weight=4.0,
    correlation=0.05,
    steadiness=USUALLY_STEADY,
    providers=0,
    evidence=0,
)


def prior_of(tallies: Tallies, cells: int, *, least_providers: int) -> Prior | None:
    """The prior of a category from its cells; None while too few providers have evidence.

    Each provider counts alike, however much evidence it has, and within it each buyer.
    """
    pairs = by_buyer(replace(tallies, age=tallies.age // SPAN))
    mass = pairs.by_level
    counts = mass.sum(axis=1)
    buyers: Floats = np.bincount(pairs.cell, minlength=cells).astype(np.float64)
    known = buyers > 0
    providers = int(known.sum())
    if providers < least_providers:
        return None
    shares = _mean_by_cell(pairs, mass / counts[:, None], buyers)[known]
    levels = shares.sum(axis=0) + _SMOOTHING
    levels /= levels.sum()
    mean = float(levels @ SCORES)
    spread = float(levels @ SCORES**2) - mean**2
    between, steadiness = _between(pairs, cells, mean)
    between = float(np.clip(between, spread / (HEAVIEST + 1), spread / (LIGHTEST + 1)))
    alike = (_within(mass, counts, mean) - between) / (spread - between)
    return Prior(
        tuple(float(each) for each in levels),
        weight=spread / between - 1,
        correlation=float(np.clip(alike, LEAST_ALIKE, MOST_ALIKE)),
        steadiness=steadiness,
        providers=providers,
        evidence=int(pairs.count.sum()),
    )


def _mean_by_cell(pairs: Pairs, rows: Floats, buyers: Floats) -> Floats:
    """The mean of rows of pairs over the buyers of each cell."""
    flat = (pairs.cell[:, None] * LEVELS + np.arange(LEVELS)).ravel()
    summed = np.bincount(flat, rows.ravel(), len(buyers) * LEVELS).reshape(-1, LEVELS)
    return np.asarray(summed / np.maximum(buyers, 1)[:, None])


def _between(pairs: Pairs, cells: int, mean: float) -> tuple[float, float]:
    """Variance between providers today, and their steadiness.

    The mean product over pieces of one provider by different buyers, lag by lag of their ages, is
    the variance times the steadiness to the power of the lag: fitted by least squares.
    """
    seen = pairs.by_age
    weight = seen / (1 + _SUPPOSED * seen)
    whole = np.bincount(pairs.cell, weight.sum(axis=1), cells)
    weight /= np.maximum(whole, _NONE)[pairs.cell, None]
    off = weight * (pairs.mass @ SCORES / np.maximum(seen, _NONE) - mean)
    products, weights = (_across(pairs.cell, cells, each) for each in (off, weight))
    known = weights > _NONE
    if not known.any():
        return 0.0, USUALLY_STEADY
    lags, told, weights = np.flatnonzero(known), products[known] / weights[known], weights[known]
    left = _STEADY[:, None] ** (SPAN * lags)
    variance = (left * told * weights).sum(axis=1) / (left**2 * weights).sum(axis=1)
    misfit = ((told - variance[:, None] * left) ** 2 * weights).sum(axis=1)
    best = int(np.argmin(misfit))
    return float(variance[best]), float(_STEADY[best]) if len(lags) > 1 else USUALLY_STEADY


def _across(cell: Ints, cells: int, values: Floats) -> Floats:
    """Products of values of one cell and different buyers, summed by the lag of their ages."""
    ages = values.shape[1]
    flat = (cell[:, None] * ages + np.arange(ages)).ravel()
    together = np.bincount(flat, values.ravel(), cells * ages).reshape(cells, ages)
    products = together.T @ together - values.T @ values
    return np.array(
        [np.trace(products, lag) + (np.trace(products, -lag) if lag else 0) for lag in range(ages)]
    )


def _within(mass: Floats, counts: Floats, mean: float) -> float:
    """The variance between providers and buyers: mean product over pieces of one buyer."""
    total = mass @ (SCORES - mean)
    squares = mass @ (SCORES - mean) ** 2
    weight = np.where(counts > 1, (counts / (1 + _SUPPOSED * counts)) ** 2, 0.0)
    if not weight.any():
        return 0.0
    products = (total**2 - squares) / np.maximum(counts * (counts - 1), 1)
    return float((products * weight).sum() / weight.sum())
