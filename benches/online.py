"""One need after the other, with yesterday's prices, beside the optimum that knew them all.

Half of the city's needs are a day that was solved; the other half arrive one by one on a day that
nobody has seen. With prices, a need takes what costs least with yesterday's price of scarcity, and
lets go what costs more than its tier is worth, times a patience; in the evening, when few are still
to come for whom a place could be kept, it lets nothing go. Patience and evening were tried on
yesterday. Nearest first takes the nearest place that is left.
"""

import os
from itertools import product
from typing import Final, NamedTuple

import numpy as np

from benches import Row
from benches.allocation_city import city, tables
from common.processes import processes
from matching.allocation.candidates import LEAST, Scale, nearest
from matching.allocation.parts import GRAINS
from matching.allocation.problem import TIERS, Candidates, Needs, Offerings, Problem
from matching.allocation.solving import solve

NEEDS: Final = int(os.environ.get("ONLINE", "100000"))
OFFERINGS: Final = 100_000
PLACES: Final = 100_000
DETOUR: Final = 1.3
PATIENCE: Final = (0.99, 1.0, 1.01, 1.02, 1.05, 1.1)
EVENING: Final = (0.9, 0.925, 0.95, 0.975, 1.0)  # after so much of a day's needs
URGENT_SHARE: Final = 0.975


class Day(NamedTuple):
    """A day's needs in the order of arrival, and what each may take."""

    needs: Needs
    pairs: Candidates


def rows() -> list[Row]:
    """Shares of the hindsight optimum, in all and in the most urgent tier."""
    seekers, suppliers = city(2 * NEEDS, OFFERINGS)
    needs, offerings = tables(seekers, suppliers, PLACES)
    order = np.random.default_rng(3).permutation(2 * NEEDS)
    with processes(2) as pool:
        days = []
        for half in (order[:NEEDS], order[NEEDS:]):
            pairs = nearest(
                seekers.take(half), suppliers, Scale(DETOUR), count=LEAST, apply=pool.map
            )
            days.append(Day(_rows(needs, half), pairs))
        yesterday, today = (
            solve(Problem(day.needs, offerings, day.pairs, "bench"), pool=pool) for day in days
        )
    margins = np.zeros(int(needs.category.max()) + 1, np.int64)
    margins[yesterday.categories] = yesterday.margins
    price = yesterday.prices / GRAINS
    worth = _worth(days[1], margins)
    best = np.array(today.served)
    patience, evening = _tried(days[0], offerings, price, margins, np.array(yesterday.served))
    priced = _arrive(days[1], offerings, price, _relaxed(worth * patience, evening))
    near = _arrive(days[1], offerings, np.zeros(len(price)), np.full(NEEDS, np.inf))
    return [
        Row("needs a day, places", f"{NEEDS:,}, {PLACES:,}", ""),
        Row("hindsight optimum, by tier", ", ".join(f"{n:,}" for n in best), ""),
        Row("patience, evening, as tried on yesterday", f"{patience}, {evening}", ""),
        _row("distance and yesterday's price", priced, best, ">= 0.96, urgent >= 0.97"),
        _row("nearest first", near, best, ""),
    ]


def _worth(day: Day, margins: np.ndarray) -> np.ndarray:
    """What serving each need is worth, in metres."""
    worth: np.ndarray = (TIERS - day.needs.tier) * margins[day.needs.category] / GRAINS
    return worth


def _tried(
    day: Day, offerings: Offerings, price: np.ndarray, margins: np.ndarray, best: np.ndarray
) -> tuple[float, float]:
    """The patience and evening that would have served most yesterday without failing tier 1."""
    worth = _worth(day, margins)
    tried = {
        (patience, evening): _arrive(day, offerings, price, _relaxed(worth * patience, evening))
        for patience, evening in product(PATIENCE, EVENING)
    }
    kept = {way: n for way, n in tried.items() if n[0] >= URGENT_SHARE * best[0]} or tried
    return max(kept, key=lambda way: int(kept[way].sum()))


def _relaxed(worth: np.ndarray, evening: float) -> np.ndarray:
    """What a need may cost: whatever it does once the evening has come."""
    return np.where(np.arange(len(worth)) < evening * len(worth), worth, np.inf)


def _row(name: str, served: np.ndarray, best: np.ndarray, bar: str) -> Row:
    shares = f"{served.sum() / best.sum():.3f} of the optimum, {served[0] / best[0]:.3f} of tier 1"
    return Row(name, shares, bar)


def _rows(needs: Needs, chosen: np.ndarray) -> Needs:
    names = ("key", "tier", "category", "street", "x", "y")
    return Needs(*(getattr(needs, name)[chosen] for name in names))


def _arrive(day: Day, offerings: Offerings, price: np.ndarray, worth: np.ndarray) -> np.ndarray:
    """How many of each tier are served when they come one after the other."""
    left = offerings.places.copy()
    served = np.zeros(TIERS, int)
    starts, to, cost = day.pairs.starts, day.pairs.offering, day.pairs.cost
    for need in range(len(day.needs)):
        there = to[starts[need] : starts[need + 1]]
        if not len(there):
            continue
        weighed = np.where(
            left[there] > 0, cost[starts[need] : starts[need + 1]] + price[there], np.inf
        )
        best = int(weighed.argmin())
        if weighed[best] <= worth[need] and weighed[best] < np.inf:
            left[there[best]] -= 1
            served[day.needs.tier[need]] += 1
    return served
