"""What an edition tells: groups in which each could have said something else; rounded scores."""

from datetime import date
from decimal import Decimal
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from procurement.rating.editions import (
    Score,
    heard,
    last_period,
    nearest,
    rounded,
    settled_until,
    tens,
)

said = st.lists(st.integers(1, 5), min_size=10, max_size=40)
shares = st.floats(0, 1)
STEP = Decimal("0.05")


def told(levels: list[int]) -> list[int]:
    """How a group that said this is heard."""
    return heard([levels.count(level) for level in range(1, 6)])


@given(said, st.data())
def test_whoever_said_whatever_another_world_is_told_in_the_same_way(
    levels: list[int], data: st.DataObject
) -> None:
    one = data.draw(st.integers(0, len(levels) - 1))
    others = [each for each in range(len(levels)) if levels[each] != levels[one]]
    other_worlds = []
    for another in others:  # they said each other's
        world = list(levels)
        world[one], world[another] = world[another], world[one]
        other_worlds.append(world)
    if not others:  # all agree: this one disagreed
        other_worlds = [[*levels[:one], n, *levels[one + 1 :]] for n in range(1, 6)]

    assert any(world[one] != levels[one] for world in other_worlds)
    assert {tuple(told(world)) for world in other_worlds} == {tuple(told(levels))}


@given(said)
def test_a_group_is_heard_with_as_many_as_it_has_and_nearly_at_its_mean(levels: list[int]) -> None:
    counts = told(levels)
    mean = sum(levels) / len(levels)
    heard_mean = sum(n * count for n, count in enumerate(counts, start=1)) / sum(counts)

    assert sum(counts) == len(levels)
    assert abs(heard_mean - mean) <= 4 / len(levels)


def test_the_outermost_two_are_heard_as_their_neighbours() -> None:
    assert told([1, 3, 3, 4, 4, 4, 4, 4, 5, 5]) == [0, 0, 3, 5, 2]
    assert told([1, 2, 3, 4, 4, 4, 4, 4, 4, 5]) == [0, 2, 1, 7, 0]
    assert told([5] * 9 + [1]) == told([5] * 10) == [0, 0, 0, 0, 10]


@given(shares, shares, shares)
def test_bounds_are_told_no_nearer_than_they_are(one: float, two: float, three: float) -> None:
    lower, expected, upper = sorted((one, two, three))
    score = rounded(Score(expected, lower, upper), STEP)

    assert 0 <= score.lower <= score.expected <= score.upper <= 1
    assert score.lower <= lower + 1e-8
    assert score.upper >= upper - 1e-8
    assert all(round(each * 20, 6).is_integer() for each in (score.lower, score.upper))


def test_what_floating_sums_differ_by_moves_nothing() -> None:
    at_an_edge = Score(0.65, 0.55 - 1e-12, 0.7 + 1e-12)

    assert rounded(at_an_edge, STEP) == Score(0.65, 0.55, 0.7)
    assert (nearest(0.333, STEP), tens(19), tens(9)) == (0.35, 10, 0)


def test_an_edition_is_of_the_last_period_that_is_over() -> None:
    days = (date(2026, 3, 2), date(2026, 3, 31), date(2026, 4, 1), date(2026, 1, 1))

    found = [last_period(*each) for each in product(days, (1, 3))]
    assert found == [
        *(date(2026, 2, 28), date(2025, 12, 31)),
        *(date(2026, 2, 28), date(2025, 12, 31)),
        *(date(2026, 3, 31), date(2026, 3, 31)),
        *(date(2025, 12, 31), date(2025, 12, 31)),
    ]
    assert settled_until(date(2026, 3, 31), 15) == date(2026, 3, 16)
