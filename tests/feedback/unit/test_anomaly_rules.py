"""What is worth a question to a person, and what chance brings."""

import pytest

from feedback.domain.anomalies import is_burst, uplift, usual
from feedback.domain.scores import Levels


@pytest.mark.parametrize(
    ("found", "before", "is_one"),
    [
        (9, 0, False),  # a family
        (10, 0, True),
        (12, 28 * 8, False),  # eight a day: twelve come by chance
        (30, 28 * 8, True),
        (200, 28 * 180, False),
        (300, 28 * 180, True),
    ],
)
def test_a_burst_is_more_than_chance_brings(found: int, before: int, is_one: bool) -> None:
    assert is_burst(found, before) is is_one


def test_a_body_that_nobody_rated_yet_may_begin() -> None:
    assert usual(0) == 0.5


def test_devices_are_compared_only_where_both_sides_are_many_and_differ() -> None:
    praised, mixed = Levels((0, 0, 0, 2, 58)), Levels((5, 5, 10, 20, 20))

    assert uplift(praised, mixed) == pytest.approx(praised.mean - mixed.mean)  # type: ignore[operator]
    assert uplift(mixed, praised) is None
    assert uplift(mixed, mixed) is None
    assert uplift(Levels((0, 0, 0, 0, 29)), mixed) is None
