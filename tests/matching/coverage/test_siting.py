"""Where one more place serves most, against every possible choice."""

from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_array

from matching.coverage.siting import GREEDY_SHARE, exact, greedy


def case(seed: int) -> tuple[csr_array, np.ndarray]:
    random = np.random.default_rng(seed)
    return csr_array((random.random((30, 9)) < 0.2).astype(float)), random.integers(0, 90, 30)


def best_of_all(circle: csr_array, people: np.ndarray, sites: int) -> float:
    reach = circle.toarray() > 0
    return max(
        people[reach[:, list(chosen)].any(axis=1)].sum()
        for chosen in combinations(range(reach.shape[1]), sites)
    )


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("sites", [1, 2, 4])
def test_the_exact_choice_is_the_best_and_the_greedy_one_keeps_its_promise(
    seed: int, sites: int
) -> None:
    circle, people = case(seed)
    truth = best_of_all(circle, people, sites)
    proven, quick = exact(circle, people, sites), greedy(circle, people, sites)

    assert sum(proven.added) == pytest.approx(truth)
    assert len(proven.chosen) <= sites
    assert GREEDY_SHARE * truth <= sum(quick.added) + 1e-9
    assert sum(quick.added) <= truth + 1e-9 <= quick.at_most + 1e-6


def test_one_more_site_is_the_one_that_serves_most() -> None:
    circle, people = case(3)
    gains = circle.T @ people

    assert greedy(circle, people, 1).chosen == [int(np.argmax(gains))]
    assert greedy(circle, people, 1).at_most == pytest.approx(gains.max())


def test_nobody_left_to_serve_needs_no_site() -> None:
    circle, people = case(4)

    assert greedy(circle, people * 0, 3).chosen == []
