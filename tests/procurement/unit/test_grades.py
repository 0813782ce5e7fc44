"""Levels with hysteresis, and the month's ends on which they rest."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.rating.levels import UNRATED, grade, month_end, month_end_before, month_ends

EDGES = (0.125, 0.375, 0.625, 0.875)


def level(before: int, lower: float, expected: float, upper: float) -> int:
    one = (np.array([each]) for each in (before, expected, lower, upper))
    return int(grade(*one, EDGES)[0])


def test_a_first_level_is_the_nearest():
    assert level(UNRATED, 0.3, 0.7, 0.9) == 4


@pytest.mark.parametrize(
    ("before", "bounds", "after"),
    [
        (3, (0.60, 0.70, 0.80), 3),  # the lower bound has not reached 0.625
        (3, (0.63, 0.70, 0.80), 4),
        (4, (0.50, 0.60, 0.70), 4),  # the upper bound has not left 0.625
        (4, (0.50, 0.58, 0.62), 3),
        (1, (0.90, 0.95, 0.99), 5),
        (5, (0.01, 0.05, 0.10), 1),
    ],
)
def test_who_rises_does_so_with_the_lower_bound_and_who_falls_with_the_upper(before, bounds, after):
    assert level(before, *bounds) == after


@given(
    st.integers(1, 5), st.lists(st.floats(0, 1), min_size=3, max_size=3).map(sorted)
)  # fmt: skip
def test_a_level_that_was_taken_is_kept_while_nothing_changes(before, bounds):
    once = level(before, *bounds)

    assert level(once, *bounds) == once


def test_months_end_where_they_end():
    assert month_end(date(2028, 2, 3)) == date(2028, 2, 29)
    assert month_end_before(date(2026, 3, 31)) == date(2026, 2, 28)
    assert list(month_ends(date(2025, 11, 30), date(2026, 2, 1))) == [
        date(2025, 11, 30),
        date(2025, 12, 31),
        date(2026, 1, 31),
    ]
    assert list(month_ends(date(2026, 3, 1), date(2026, 3, 31))) == []
