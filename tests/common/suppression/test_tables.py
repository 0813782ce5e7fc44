"""An attacker with linear programming learns no figure on fewer than ten people."""

import numpy as np
import pytest
from scipy.optimize import linprog

from common.contracts.shapes import SMALLEST_FIGURE
from common.suppression.tables import hidden


def can_be(
    table: np.ndarray,
    mask: np.ndarray,
    cell: tuple[int, int],
    least: np.ndarray | None = None,
    most: np.ndarray | None = None,
) -> tuple[float, float]:
    """The least and greatest value of a hidden cell, by all that is published."""
    bounds = [
        (0 if least is None else least[each], None if most is None else most[each])
        for each in zip(*np.nonzero(mask), strict=True)
    ]
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
        linprog(sign * target, A_eq=equations, b_eq=sums, bounds=bounds).fun for sign in (1, -1)
    ]
    return found[0], -found[1]


@pytest.mark.parametrize("seed", range(40))
def test_no_hidden_figure_can_be_worked_out(seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = random.integers(2, 7, 2)
    table = random.poisson(random.choice([0, 0, 1, 3, 20, 60], tuple(shape)))
    mask = hidden(table)

    small = (table > 0) & (table < SMALLEST_FIGURE)
    assert mask[small].all()
    if mask.all():
        return  # too small a table: nothing but its sums is told
    for cell in zip(*np.nonzero(mask & small), strict=True):
        least, most = can_be(table, mask, cell)
        assert most - least > 0.5, (table, mask, cell)


@pytest.mark.parametrize("seed", range(40))
def test_no_hidden_figure_can_be_worked_out_from_its_part_and_its_whole(seed: int) -> None:
    random = np.random.default_rng(seed)
    table = random.poisson(random.choice([0, 1, 8, 40], (5, 4)))
    least, most = random.binomial(table, 0.8), table + random.poisson(0.5, table.shape)
    is_few = (table > 0) & (table < SMALLEST_FIGURE)
    # A part or a whole that is about the few itself is not known.
    least, most = np.where(is_few, 0, least), np.where(is_few & (most < 10), 1_000, most)
    mask = hidden(table, least=least, most=most)

    assert mask[is_few].all()
    if not mask.all():
        for cell in zip(*np.nonzero(is_few), strict=True):
            low, high = can_be(table, mask, cell, least, most)
            assert high - low > 0.5, (table, mask, cell)


def test_cells_for_another_reason_are_guarded_alike() -> None:
    table = np.full((4, 3), 40)
    also = np.zeros_like(table, dtype=bool)
    also[1, 1] = True
    mask = hidden(table, also=also)
    low, high = can_be(table, mask, (1, 1))

    assert mask[1, 1]
    assert high > low
    assert mask.sum() == 4


@pytest.mark.parametrize("seed", range(40))
def test_what_is_hidden_in_a_line_is_about_ten_people_at_least(seed: int) -> None:
    random = np.random.default_rng(seed)
    table = random.poisson(random.choice([3, 20, 60], (6, 5)))
    mask = hidden(table)

    for cells, covered in ((table, mask), (table.T, mask.T)):
        for line in np.flatnonzero(covered.any(axis=1)):
            rest = cells[line][~covered[line]]
            assert cells[line][covered[line]].sum() >= SMALLEST_FIGURE or not (rest > 0).any()
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
