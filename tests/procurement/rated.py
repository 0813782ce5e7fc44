"""A small world of providers whose quality is known, and the evidence that residents give."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from procurement.rating.estimate import Priors
from procurement.rating.priors import Prior
from procurement.rating.tallies import LEVELS, SCORES, Floats, Ints, Tallies

BASE = (0.03, 0.05, 0.15, 0.37, 0.40)


@dataclass(frozen=True, slots=True)
class World:
    """Evidence in ages of months, and the expected score of each provider today."""

    truth: Floats
    cell: Ints
    buyer: Ints
    level: Ints
    age: Ints

    @property
    def tallies(self) -> Tallies:
        """The evidence, each piece by itself."""
        ones = np.ones(len(self.cell), dtype=np.int64)
        return Tallies(self.cell, self.buyer, self.level, ones.astype(float), self.age, ones)


def world(
    seed: int, providers: int, *, weight: float, correlation: float, turnover: float
) -> World:
    """Providers drawn from one category; with each month `turnover` of them become others.

    Contracts are few or many, small or large; the residents of one buyer resemble each other.
    """
    random = np.random.default_rng(seed)
    months = 36
    quality = np.empty((months, providers, LEVELS))
    quality[-1] = random.dirichlet(weight * np.array(BASE), providers)
    for month in range(months - 2, -1, -1):
        changes = random.random(providers) < turnover
        fresh = random.dirichlet(weight * np.array(BASE), providers)
        quality[month] = np.where(changes[:, None], fresh, quality[month + 1])
    contracts = 1 + random.poisson(3, providers)
    cell = np.repeat(np.arange(providers), contracts)
    start = random.integers(0, months, len(cell))
    size = np.maximum(1, random.lognormal(3, 1.2, len(cell)).astype(int))
    ends = np.maximum(start - random.integers(6, 18, len(cell)), 0)
    of = np.repeat(np.arange(len(cell)), size)
    age = random.integers(ends[of], start[of] + 1)
    alike = 1 / correlation - 1
    bent = random.gamma(np.maximum(alike * quality[start, cell], 1e-3))
    bent /= bent.sum(axis=1, keepdims=True) * np.maximum(quality[start, cell], 1e-9)
    chances = quality[age, cell[of]] * bent[of]
    chances /= chances.sum(axis=1, keepdims=True)
    level = 1 + (random.random(len(of))[:, None] > chances.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return World(quality[0] @ SCORES, cell[of], of + 1, level, age)


def one_cell(*buyers: dict[int, int], age: int = 0) -> Tallies:
    """A cell with so many pieces of each level from each buyer, all of one age."""
    rows = [
        (buyer, level, count)
        for buyer, levels in enumerate(buyers, start=1)
        for level, count in levels.items()
    ]
    table: NDArray[np.int64] = np.array(rows, dtype=np.int64).reshape(-1, 3)
    buyer, level, count = table.T
    nought = np.zeros(len(table), dtype=np.int64)
    return Tallies(nought, buyer, level, np.ones(len(table)), nought + age, count)


PRIOR = Prior(BASE, weight=12.0, correlation=0.02, steadiness=0.99, providers=100, evidence=1000)


def priors_like(prior: Prior, cells: int) -> Priors:
    """The same prior for every cell."""
    return Priors(
        np.tile(prior.levels, (cells, 1)),
        np.full(cells, prior.weight),
        np.full(cells, prior.correlation),
        np.full(cells, prior.steadiness),
    )
