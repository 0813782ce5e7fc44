"""Base rates from the evidence of all providers of a category: empirical Bayes by moments.

Pairs of pieces tell the variances without any fitting: two pieces of one provider by different
buyers share what the provider is; two by the same buyer share the buyer besides.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from procurement.rating.tallies import LEVELS, SCORES, Floats, Pairs

# Bounds of what is believed: providers differ a little, and never in everything.
LIGHTEST: Final = 2.0
HEAVIEST: Final = 100.0
LEAST_ALIKE: Final = 0.01
MOST_ALIKE: Final = 0.5
_SMOOTHING: Final = 0.5  # of a piece for each level, so that no level is impossible


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of a provider of a category before anything is known of it."""

    levels: tuple[float, ...]  # shares of levels 1 to 5
    weight: float  # worth so many pieces of evidence
    correlation: float  # likeness of the pieces of one buyer
    providers: int
    evidence: int


# Where too few providers are known: every level alike, and quickly overcome.
NEUTRAL: Final = Prior((0.2,) * LEVELS, weight=4.0, correlation=0.05, providers=0, evidence=0)


def prior_of(pairs: Pairs, cells: int, *, least_providers: int) -> Prior | None:
    """The prior of a category from its cells; None while too few providers have evidence.

    Each provider counts alike, however much evidence it has, and within it each buyer.
    """
    counts = pairs.mass.sum(axis=1)
    buyers: Floats = np.bincount(pairs.cell, minlength=cells).astype(np.float64)
    known = buyers > 0
    providers = int(known.sum())
    if providers < least_providers:
        return None
    shares = _mean_by_cell(pairs, pairs.mass / counts[:, None], buyers)[known]
    levels = shares.sum(axis=0) + _SMOOTHING
    levels /= levels.sum()
    mean = float(levels @ SCORES)
    spread = float(levels @ SCORES**2) - mean**2
    between = _between(pairs, counts, buyers, mean)
    within = _within(pairs, counts, mean)
    between = float(np.clip(between, spread / (HEAVIEST + 1), spread / (LIGHTEST + 1)))
    alike = (within - between) / (spread - between)
    return Prior(
        tuple(float(each) for each in levels),
        weight=spread / between - 1,
        correlation=float(np.clip(alike, LEAST_ALIKE, MOST_ALIKE)),
        providers=providers,
        evidence=int(pairs.count.sum()),
    )


def _mean_by_cell(pairs: Pairs, rows: Floats, buyers: Floats) -> Floats:
    """The mean of rows of pairs over the buyers of each cell."""
    flat = (pairs.cell[:, None] * LEVELS + np.arange(LEVELS)).ravel()
    summed = np.bincount(flat, rows.ravel(), len(buyers) * LEVELS).reshape(-1, LEVELS)
    return np.asarray(summed / np.maximum(buyers, 1)[:, None])


def _between(pairs: Pairs, counts: Floats, buyers: Floats, mean: float) -> float:
    """Variance between providers: mean product over pairs of buyers of one provider."""
    off = pairs.mass @ SCORES / counts - mean
    total = np.bincount(pairs.cell, off, len(buyers))
    squares = np.bincount(pairs.cell, off * off, len(buyers))
    several = buyers > 1
    many = (buyers * (buyers - 1))[several].sum()
    return float((total**2 - squares)[several].sum() / many) if many else 0.0


def _within(pairs: Pairs, counts: Floats, mean: float) -> float:
    """The same and the variance between buyers: mean product over pieces of one buyer."""
    total = pairs.mass @ (SCORES - mean)
    squares = pairs.mass @ (SCORES - mean) ** 2
    several = counts > 1
    products = (total**2 - squares)[several] / (counts * (counts - 1))[several]
    return float(products.mean()) if several.any() else 0.0
