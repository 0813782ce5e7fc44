"""A synthetic city for the allocation's bench: clusters, venues, marks, tiers. Not a forecast."""

import numpy as np
from numpy.typing import NDArray

from matching.allocation.candidates import ANYTIME, ON_SITE, Seekers, Suppliers
from matching.allocation.problem import Ints, Needs, Offerings

Points = NDArray[np.float64]

SIDE_M, CLUSTERS, VENUES, STREETS, CATEGORIES = 90_000, 200, 20_000, 215, 12
ANY = (1 << 62) - 1


def city(needs: int, offerings: int, seed: int = 7) -> tuple[Seekers, Suppliers]:
    """Needs and offerings around the same clusters; some offerings ask for marks."""
    random = np.random.default_rng(seed)
    middles = random.uniform(0, SIDE_M, (CLUSTERS, 2))
    weights = random.dirichlet(np.full(CLUSTERS, 0.8))
    share = random.dirichlet(np.full(CATEGORIES, 6.0))
    venue = _around(random, middles, weights, VENUES, 2_500)
    at = venue[random.integers(0, VENUES, offerings)]
    home = _around(random, middles, weights, needs, 3_000)
    marks = np.array([0, 0, 0, 1, 2, 4, 8, 3], np.int64)
    key, category = random.permutation(needs), random.choice(CATEGORIES, needs, p=share)
    has = random.integers(0, 16, needs) | random.integers(0, 16, needs)
    seekers = Seekers(
        key=key.astype(np.uint64),
        category=category,
        x=home[:, 0],
        y=home[:, 1],
        has=has,
        sure=has,
        wanted=np.full(needs, ANYTIME),
        budget_fen=random.choice([0, 500, 2000, 5000], needs, p=[0.2, 0.2, 0.3, 0.3]),
        reach_m=np.full(needs, 8_000),
        wished=np.zeros(needs, np.int64),
    )
    suppliers = Suppliers(
        key=random.permutation(offerings).astype(np.uint64),
        category=random.choice(CATEGORIES, offerings, p=random.dirichlet(np.full(CATEGORIES, 6.0))),
        x=at[:, 0],
        y=at[:, 1],
        required=random.choice(marks, offerings),
        open=np.full(offerings, ANY),
        price_fen=random.choice([0, 300, 1500, 4000], offerings, p=[0.4, 0.2, 0.2, 0.2]),
        channels=np.full(offerings, ON_SITE),
    )
    return seekers, suppliers


def tables(seekers: Seekers, suppliers: Suppliers, places: int) -> tuple[Needs, Offerings]:
    """The same rows as an allocation sees them: a tier in ten urgent, a quarter with priority."""
    random = np.random.default_rng(11)
    count = len(seekers)
    side = int(np.sqrt(STREETS))
    street = seekers.x * side // (SIDE_M + 1) + side * (seekers.y * side // (SIDE_M + 1))
    needs = Needs(
        seekers.key,
        random.choice(3, count, p=[0.1, 0.27, 0.63]),
        seekers.category,
        street,
        seekers.x,
        seekers.y,
    )
    size = random.multinomial(places, np.full(len(suppliers), 1 / len(suppliers)))
    if places == len(suppliers):
        size = np.ones(places, np.int64)
    return needs, Offerings(suppliers.key, suppliers.category, size, suppliers.x, suppliers.y)


def _around(
    random: np.random.Generator, middles: Points, weights: Points, count: int, spread: float
) -> Ints:
    """Points around some middles, in metres."""
    cluster = random.choice(len(middles), count, p=weights)
    points = middles[cluster] + random.normal(0, spread, (count, 2))
    return np.clip(points, 0, SIDE_M).astype(np.int64)
