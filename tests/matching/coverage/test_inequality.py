"""Gini and Theil against their definitions."""

import numpy as np
import pytest

from matching.coverage.inequality import gini, theil


def crowd(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return (
        random.exponential(3, 30),
        random.integers(1, 20, 30).astype(float),
        random.integers(0, 4, 30),
    )


@pytest.mark.parametrize("seed", range(5))
def test_gini_is_the_mean_difference_of_any_two_people(seed: int) -> None:
    values, people, _ = crowd(seed)
    each = np.repeat(values, people.astype(int))
    truth = np.abs(each[:, None] - each[None, :]).mean() / (2 * each.mean())

    assert gini(values, people) == pytest.approx(truth)


@pytest.mark.parametrize("seed", range(5))
def test_theil_is_its_sum_over_people_and_parts_without_a_rest(seed: int) -> None:
    values, people, areas = crowd(seed)
    each = np.repeat(values, people.astype(int))
    share = each / each.mean()
    truth = (share * np.log(share)).mean()
    found = theil(values, people, areas)
    within = sum(
        (values * people)[areas == a].sum()
        / (values * people).sum()
        * theil(values[areas == a], people[areas == a], np.zeros((areas == a).sum(), int)).total
        for a in np.unique(areas)
    )

    assert found.total == pytest.approx(truth)
    assert found.within == pytest.approx(within)
    assert found.between >= -1e-12


def test_equal_shares_are_no_inequality_and_nothing_is_no_figure() -> None:
    same, people = np.full(6, 2.0), np.arange(1.0, 7.0)
    areas = np.array([0, 0, 1, 1, 2, 2])

    assert gini(same, people) == pytest.approx(0)
    assert theil(same, people, areas).total == pytest.approx(0)
    assert np.isnan(gini(same * 0, people))
    assert np.isnan(theil(same * 0, people, areas).total)


def test_one_who_has_all_is_nearly_one() -> None:
    values = np.zeros(1000)
    values[0] = 1

    assert gini(values, np.ones(1000)) == pytest.approx(0.999)
