"""From all that is told of a run nobody works out a figure on fewer than ten people."""

from collections import defaultdict
from itertools import product

import pytest

from common.contracts.shapes import SMALLEST_FIGURE
from common.suppression.flows import WIDTH
from matching.domain.run_figures import told

REASONS = ("not_eligible", "too_far", "all_places_taken")


def test_a_run_without_the_few_is_told_whole() -> None:
    found = told([0, 25, 28], {"not_eligible": 10}, 900)

    assert found == (63, [0, 25, 28], {"not_eligible": 10}, 900)


def test_beside_the_few_all_others_are_told_but_no_sum() -> None:
    found = told([0, 25, 28], {"not_eligible": 7}, 900)

    assert (found.needs, found.objective) == (None, None)
    assert found.served == [0, 25, 28]
    assert found.unserved == {"not_eligible": None}


def test_a_run_over_the_few_tells_neither_how_many_nor_what_all_cost() -> None:
    found = told([0, 3, 0], {"too_far": 4}, 900)

    assert (found.needs, found.objective) == (None, None)
    assert found.served == [0, None, 0]
    assert found.unserved == {"too_far": None}


def test_what_the_few_who_are_served_walk_is_not_told() -> None:
    found = told([0, 0, 3], {"too_far": 57}, 900)
    nobody = told([0, 0, 0], {"too_far": 60}, 0)

    assert found.objective is None
    assert (nobody.needs, nobody.objective, nobody.unserved) == (60, 0, {"too_far": 60})


def test_a_run_over_nobody_is_told() -> None:
    assert told([0, 0, 0], {}, 0) == (0, [0, 0, 0], {}, 0)


@pytest.mark.parametrize("served", range(4))
def test_who_knows_the_rule_works_out_no_figure_on_the_few(served: int) -> None:
    """He thinks of all runs of which the same would be told, the objective known or withheld."""
    alike = defaultdict(list)
    for parts in product(range(20), repeat=3):
        by_tier, left = parts[:served], parts[served:]
        if all(left):  # a reason that nobody has is not named
            found = told(by_tier, dict(zip(REASONS, left, strict=False)), 900)
            shown = *found.served, *found.unserved.values()
            assert all(each in (None, people) for people, each in zip(parts, shown, strict=True))
            alike[found.needs, shown, found.objective].append(parts)

    for same in alike.values():
        for could_be in map(set, zip(*same, strict=True)):
            for few in (each for each in could_be if 0 < each < SMALLEST_FIGURE):
                assert max(max(could_be) - few, few - min(could_be)) >= WIDTH, same
