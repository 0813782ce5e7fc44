"""From all that is told of a run nobody works out a figure on fewer than ten people."""

import numpy as np
import pytest

from common.contracts.shapes import SMALLEST_FIGURE
from common.suppression.flows import WIDTH
from matching.domain.run_figures import told

REASONS = ("not_eligible", "too_far", "all_places_taken")


def test_the_part_that_the_others_would_leave_of_the_sum_is_not_alone() -> None:
    found = told([0, 25, 28], {"not_eligible": 7}, 900)

    assert (found.needs, found.objective) == (60, 900)
    assert found.served == [0, None, 28]
    assert found.unserved == {"not_eligible": None}


def test_a_run_over_the_few_tells_neither_how_many_nor_what_all_cost() -> None:
    found = told([0, 3, 0], {"too_far": 4}, 900)

    assert (found.needs, found.objective) == (None, None)
    assert found.served == [0, None, 0]
    assert found.unserved == {"too_far": None}


def test_parts_that_are_too_small_to_hide_each_other_hide_their_sum() -> None:
    found = told([5, 4, 1], {"too_far": 1}, 900)
    alone = told([1] * 3, dict.fromkeys("abcdefghi", 1), 900)

    assert found.needs == 11
    assert (alone.needs, alone.objective) == (None, None)
    assert {*alone.served, *alone.unserved.values()} == {None}


def test_what_the_few_who_are_served_walk_is_not_told() -> None:
    found = told([0, 0, 3], {"too_far": 57}, 900)
    nobody = told([0, 0, 0], {"too_far": 60}, 0)

    assert (found.needs, found.objective) == (60, None)
    assert (nobody.needs, nobody.objective, nobody.unserved) == (60, 0, {"too_far": 60})


def test_a_run_over_nobody_is_told() -> None:
    assert told([0, 0, 0], {}, 0) == (0, [0, 0, 0], {}, 0)


@pytest.mark.parametrize("seed", range(200))
def test_each_hidden_part_could_be_another(seed: int) -> None:
    random = np.random.default_rng(seed)
    counts = random.poisson(random.choice([0, 1, 4, 12, 40], 6)).tolist()
    found = told(counts[:3], dict(zip(REASONS, counts[3:], strict=True)), 900)
    shown = [*found.served, *found.unserved.values()]
    hidden = [count for count, each in zip(counts, shown, strict=True) if each is None]

    for count, each in zip(counts, shown, strict=True):
        assert each == count or each is None
        assert each is None or not 0 < each < SMALLEST_FIGURE
    assert found.needs in (None, sum(counts))
    if found.needs is None or not hidden:
        return
    assert len(hidden) > 1
    assert sum(hidden) >= SMALLEST_FIGURE
    # A reader knows that somebody is in each hidden part, and how many are in all of them.
    most = sum(hidden) - len(hidden) + 1
    for few in (count for count in hidden if count < SMALLEST_FIGURE):
        assert max(few - 1, most - few) >= WIDTH, (counts, shown)
