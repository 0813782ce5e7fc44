"""An attacker with linear programming learns no figure on fewer than ten people."""

import numpy as np
import pytest
from scipy.optimize import linprog

from common.contracts.shapes import SMALLEST_FIGURE
from matching.coverage.suppression import hidden


def can_be(table: np.ndarray, mask: np.ndarray, cell: tuple[int, int]) -> tuple[float, float]:
    """The least and greatest value of a hidden cell, by all that is published."""
    cells = list(zip(*np.nonzero(mask), strict=True))
    rows, columns = table.shape
    equations = np.zeros((rows + columns, len(cells)))
    for number, (row, column) in enumerate(cells):
        equations[row, number] = equations[rows + column, number] = 1
    kept = np.where(mask, table, 0)
    sums = np.r_[kept.sum(axis=1), kept.sum(axis=0)]
    target = np.zeros(len(cells))
    target[cells.index(cell)] = 1
    found = [
        linprog(sign * target, A_eq=equations, b_eq=sums, bounds=(0, None)).fun for sign in (1, -1)
    ]
    return found[0], -found[1]


@pytest.mark.parametrize("seed", range(40))
def test_no_hidden_figure_can_be_worked_out(seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = random.integers(2, 7, 2)
    table = random.poisson(random.choice([3, 8, 20, 60], tuple(shape)))
    mask = hidden(table)

    small = (table > 0) & (table < SMALLEST_FIGURE)
    assert mask[small].all()
    for cell in zip(*np.nonzero(mask & small), strict=True):
        least, most = can_be(table, mask, cell)
        assert most - least > 0.5, (table, mask, cell)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_hidden_in_a_line_is_about_ten_people_at_least(seed: int) -> None:
    random = np.random.default_rng(seed)
    table = random.poisson(random.choice([3, 20, 60], (6, 5)))
    mask = hidden(table)

    for cells, covered in ((table, mask), (table.T, mask.T)):
        for line in np.flatnonzero(covered.any(axis=1)):
            assert cells[line][covered[line]].sum() >= SMALLEST_FIGURE or covered[line].all()
            assert covered[line].sum() >= 2


def test_a_table_without_small_figures_is_published_whole() -> None:
    assert not hidden(np.array([[10, 0], [200, 11]])).any()


def test_a_bridge_between_two_circles_is_closed() -> None:
    table = np.full((4, 4), 50)
    table[:2, :2] = table[2:, 2:] = 5
    table[1, 2] = 7  # the one small figure between two blocks of small figures
    mask = hidden(table)
    least, most = can_be(table, mask, (1, 2))

    assert mask[1, 2]
    assert most > least


def test_the_same_table_hides_the_same_cells() -> None:
    table = np.random.default_rng(1).poisson(12, (8, 6))

    assert (hidden(table) == hidden(table.copy())).all()
