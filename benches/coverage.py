"""Coverage and catchment of the whole city, beside the package `access` in the same run."""

import time
import warnings
from collections.abc import Callable
from statistics import median
from typing import Any, Final

import numpy as np
import pandas as pd
from access import Access
from access.weights import step_fn

from benches import Row
from common.geo import METRES_PER_DEGREE
from matching.coverage.catchment import Band, index, weighted
from matching.coverage.reach import distances, metres_on_foot
from matching.coverage.survey import Offers, Units, places_by_site, survey

UNITS, VENUES, OFFERINGS = 6_509, 20_000, 200_000
CATEGORIES, GROUPS, ROUNDS = 12, 5, 5
REACH_M: Final = 3_000.0
BANDS: Final = (Band(1_000, 1.0), Band(2_000, 0.68), Band(REACH_M, 0.22))
CIRCLE_M: Final = metres_on_foot(15, speed_kmh=4.5, detour=1.3)


def rows() -> list[Row]:
    """The time of a whole survey, and the ratio to `access` for one category and group."""
    units, offers = _city()
    whole = [_timed(lambda: _surveyed(units, offers)) for _ in range(ROUNDS)]
    sites, places = places_by_site(offers, CATEGORIES)
    found = distances(units.points, sites, REACH_M)
    one = units.people[:, :1], places[:, :1], np.array([0])
    ours, theirs, apart = [], [], 0.0
    for _ in range(ROUNDS):
        ours.append(_timed(lambda: index(weighted(found, BANDS), *one)))
        took, column = _by_access(found, units.people[:, 0], places[:, 0])
        theirs.append(took)
        mine = index(weighted(found, BANDS), *one)[:, 0]
        apart = max(apart, float(np.abs(mine - column).max() / column.max()))
    kinds = f"{CATEGORIES} categories x {GROUPS} groups, {OFFERINGS:,} offerings"
    return [
        Row(
            f"coverage, catchment and gains, {UNITS:,} neighbourhoods x {kinds}",
            f"{median(whole):.2f} s ({min(whole):.2f} to {max(whole):.2f})",
            "<= 10 s",
        ),
        Row("pairs within 3 km", f"{found.nnz:,}", ""),
        Row(
            "two-step index of one kind, ours by `access`",
            f"{median(theirs) / median(ours):.0f} times as fast ({median(ours) * 1000:.0f} ms,"
            f" {median(theirs):.1f} s)",
            ">= 50 times",
        ),
        Row("greatest difference to `access`, by the greatest index", f"{apart:.1e}", "<= 1e-9"),
    ]


def _surveyed(units: Units, offers: Offers) -> Any:
    return survey(units, offers, categories=CATEGORIES, circle_m=CIRCLE_M, bands=BANDS)


def _city() -> tuple[Units, Offers]:
    """Clustered points on a plane of 60 by 60 km; 200,000 offerings at 20,000 venues."""
    random = np.random.default_rng(20_261_124)
    centres = random.uniform(0, 60_000 / METRES_PER_DEGREE, (60, 2))

    def around(count: int) -> np.ndarray:
        spread = random.normal(0, 2_000 / METRES_PER_DEGREE, (count, 2))
        return centres[random.integers(0, len(centres), count)] + spread

    points, venues = around(UNITS), around(VENUES)
    people = random.integers(50, 3_000, (UNITS, GROUPS)).astype(float)
    serves = random.random((OFFERINGS, GROUPS)) < 0.5
    serves[:, 0] = True
    offers = Offers(
        venues[random.integers(0, VENUES, OFFERINGS)],
        random.integers(0, CATEGORIES, OFFERINGS),
        serves,
        random.integers(1, 40, OFFERINGS).astype(float),
    )
    return Units([""] * UNITS, points, people), offers


def _by_access(found: Any, people: np.ndarray, places: np.ndarray) -> tuple[float, np.ndarray]:
    pairs = found.tocoo()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asked = Access(
            demand_df=pd.DataFrame({"id": range(UNITS), "people": people}),
            demand_index="id",
            demand_value="people",
            supply_df=pd.DataFrame({"id": range(len(places)), "places": places}),
            supply_index="id",
            supply_value="places",
            cost_df=pd.DataFrame({"origin": pairs.row, "dest": pairs.col, "cost": pairs.data}),
            cost_origin="origin",
            cost_dest="dest",
            cost_name="cost",
        )
        steps = step_fn({band.metres: band.weight for band in BANDS})
        started = time.perf_counter()
        told = asked.enhanced_two_stage_fca(
            name="e", weight_fn=steps, max_cost=REACH_M, normalize=False
        )
        took = time.perf_counter() - started
    return took, told["e_places"].reindex(range(UNITS)).fillna(0).to_numpy()


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
