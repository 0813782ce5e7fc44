"""Circles and catchments against plain arithmetic, and against the package `access`."""

import numpy as np
import pandas as pd
import pytest
from access import Access
from access.weights import step_fn
from scipy.sparse import csr_array

from common.geo import METRES_PER_DEGREE
from matching.coverage.catchment import Band, index, weighted
from matching.coverage.circles import covered, share
from matching.coverage.reach import distances, metres_on_foot, within

BANDS = (Band(400, 1.0), Band(900, 0.68), Band(1500, 0.22))


def town(seed: int, units: int = 40, sites: int = 25) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    size = 3000 / METRES_PER_DEGREE
    return random.uniform(0, size, (units, 2)), random.uniform(0, size, (sites, 2))


def by_hand(units: np.ndarray, sites: np.ndarray) -> np.ndarray:
    return np.hypot(*(units[:, None, :] - sites[None, :, :]).transpose(2, 0, 1)) * METRES_PER_DEGREE


def test_a_quarter_of_an_hour_on_foot_is_some_865_metres_as_the_crow_flies() -> None:
    assert metres_on_foot(15, speed_kmh=4.5, detour=1.3) == pytest.approx(865.38, abs=0.01)


def test_all_pairs_within_reach_and_no_others_have_a_distance() -> None:
    units, sites = town(1)
    found, truth = distances(units, sites, 1500).toarray(), by_hand(units, sites)

    assert np.allclose(found, np.where(truth <= 1500, truth, 0))
    assert distances(units[:0], sites, 1500).shape == (0, 25)


def test_a_unit_on_top_of_a_site_reaches_it() -> None:
    here = np.array([[1.0, 1.0]])
    found = distances(here, here, 100)

    assert within(found, 100).toarray().tolist() == [[1.0]]
    assert weighted(found, BANDS).toarray().tolist() == [[1.0]]


def test_a_unit_is_covered_when_some_site_within_the_circle_has_a_place() -> None:
    units, sites = town(2)
    places = np.random.default_rng(3).integers(0, 2, (25, 4)).astype(float)
    circle = within(distances(units, sites, 1500), 600)
    truth = [
        [any(places[by_hand(units, sites)[u] <= 600, kind] > 0) for kind in range(4)]
        for u in range(40)
    ]

    assert covered(circle, places).tolist() == truth


def test_the_share_of_an_area_counts_people_not_units() -> None:
    is_covered = np.array([[True], [False], [True]])
    people = np.array([[100.0], [300.0], [0.0]])

    found = share(is_covered, people, np.array([0, 0, 1]))

    assert found[0, 0] == 0.25
    assert np.isnan(found[1, 0])


@pytest.mark.filterwarnings("ignore")
def test_the_catchment_index_is_that_of_the_package_access() -> None:
    units, sites = town(4)
    random = np.random.default_rng(5)
    people = random.integers(1, 500, (40, 1)).astype(float)
    places = random.integers(1, 50, (25, 1)).astype(float)
    found = distances(units, sites, 1500)
    ours = index(weighted(found, BANDS), people, places, np.array([0]))[:, 0]

    pairs = found.tocoo()
    theirs = Access(
        demand_df=pd.DataFrame({"id": range(40), "people": people[:, 0]}),
        demand_index="id",
        demand_value="people",
        supply_df=pd.DataFrame({"id": range(25), "places": places[:, 0]}),
        supply_index="id",
        supply_value="places",
        cost_df=pd.DataFrame({"origin": pairs.row, "dest": pairs.col, "cost": pairs.data}),
        cost_origin="origin",
        cost_dest="dest",
        cost_name="cost",
    ).enhanced_two_stage_fca(
        name="e2sfca",
        weight_fn=step_fn({band.metres: band.weight for band in BANDS}),
        max_cost=1500,
        normalize=False,
    )
    column = theirs["e2sfca_places"].reindex(range(40)).fillna(0).to_numpy()

    assert np.allclose(ours, column, rtol=1e-9, atol=1e-12)


def test_many_kinds_at_once_are_each_by_itself() -> None:
    units, sites = town(6)
    random = np.random.default_rng(7)
    people = random.integers(1, 500, (40, 2)).astype(float)
    places = random.integers(0, 50, (25, 6)).astype(float)
    group_of = np.array([0, 1, 0, 1, 0, 1])
    weights = weighted(distances(units, sites, 1500), BANDS)

    together = index(weights, people, places, group_of)
    alone = [
        index(weights, people[:, [group_of[k]]], places[:, [k]], np.array([0]))[:, 0]
        for k in range(6)
    ]

    assert np.allclose(together, np.array(alone).T)


def test_more_places_never_lower_the_index_and_no_place_is_lost() -> None:
    units, sites = town(8)
    random = np.random.default_rng(9)
    people = random.integers(1, 500, (40, 1)).astype(float)
    places = random.integers(1, 50, (25, 1)).astype(float)
    weights = weighted(distances(units, sites, 1500), BANDS)
    before = index(weights, people, places, np.array([0]))
    more = places.copy()
    more[3] += 10
    after = index(weights, people, more, np.array([0]))
    reached = np.asarray(weights.sum(axis=0)) > 0

    assert (after >= before).all()
    assert (before * people).sum() == pytest.approx(places[reached].sum())


def test_relabelling_units_and_sites_changes_nothing() -> None:
    units, sites = town(10)
    random = np.random.default_rng(11)
    people = random.integers(1, 500, (40, 1)).astype(float)
    places = random.integers(0, 50, (25, 1)).astype(float)
    u, s = random.permutation(40), random.permutation(25)

    def found(units: np.ndarray, sites: np.ndarray, people: np.ndarray, places: np.ndarray):
        return index(weighted(distances(units, sites, 1500), BANDS), people, places, np.array([0]))

    plain = found(units, sites, people, places)
    mixed = found(units[u], sites[s], people[u], places[s])

    assert np.allclose(plain[u], mixed)


def test_bands_that_do_not_ascend_are_refused() -> None:
    for bands in ((), (Band(900, 1), Band(400, 0.5)), (Band(400, 1), Band(400, 0.5))):
        with pytest.raises(ValueError, match="ascend"):
            weighted(csr_array((1, 1)), bands)
