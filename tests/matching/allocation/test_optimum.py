"""The optimum against every possible allocation, its proof against tampering, and its promises."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from matching.allocation.certificate import Certificate
from matching.allocation.checking import check
from matching.allocation.costs import objective
from matching.allocation.parts import parts
from matching.allocation.problem import Candidates, Fairness, Needs, Offerings, Problem
from matching.allocation.solving import Stopped, solve

FAIR = Fairness((0, 30, 60), (0, 300, 900))


def problem(seed: int, *, needs: int = 40, offerings: int = 12, fair: Fairness = FAIR) -> Problem:
    random = np.random.default_rng(seed)
    category, theirs = random.integers(0, 3, needs), random.integers(0, 3, offerings)
    x, y = random.integers(0, 9_000, (2, needs))
    there_x, there_y = random.integers(0, 9_000, (2, offerings))
    far = np.hypot(x[:, None] - there_x, y[:, None] - there_y).round().astype(int)
    allowed = (category[:, None] == theirs) & (far < 6_000) & (random.random(far.shape) < 0.8)
    rows, columns = np.nonzero(allowed)
    starts = np.r_[0, np.cumsum(allowed.sum(axis=1))]
    return Problem(
        Needs(
            np.arange(needs, dtype=np.uint64) * 7919 + 13,
            random.integers(0, 3, needs),
            category,
            random.integers(0, 4, needs),
            x,
            y,
        ),
        Offerings(
            np.arange(offerings, dtype=np.uint64) * 104_729 + 5,
            theirs,
            random.integers(0, 5, offerings),
            there_x,
            there_y,
        ),
        Candidates(starts, columns, far[rows, columns]),
        "演示种子 2026",
        fair,
    )


def most(made: Problem, tiers: int) -> int:
    """How many needs of the most urgent tiers can be served at once, by a plain assignment."""
    chosen = np.flatnonzero(made.needs.tier < tiers)
    seats = np.repeat(np.arange(len(made.offerings)), made.offerings.places)
    pairs = made.candidates
    table = np.zeros((len(made.needs), len(made.offerings)))
    table[pairs.needs(), pairs.offering] = 1
    value = table[chosen][:, seats]
    rows, columns = linear_sum_assignment(value, maximize=True)
    return int(value[rows, columns].sum())


@pytest.mark.parametrize("seed", range(25))
def test_each_tier_is_served_as_fully_as_nested_maximum_matchings_would(seed: int) -> None:
    made = problem(seed)
    found = solve(made)

    assert np.cumsum(found.served).tolist() == [most(made, tiers) for tiers in (1, 2, 3)]
    assert check(made, found) is None


@pytest.mark.parametrize("seed", range(10))
def test_no_other_allocation_is_better(seed: int) -> None:
    made = problem(seed, needs=7, offerings=4)
    found = solve(made)
    pairs = made.candidates
    ways = [[-1, *pairs.offering[pairs.starts[i] : pairs.starts[i + 1]].tolist()] for i in range(7)]
    best: tuple[tuple[int, ...], int] | None = None
    for chosen in product(*ways):
        used = np.bincount([c for c in chosen if c >= 0], minlength=4)
        if (used > made.offerings.places).any():
            continue
        tried = replace(found, chosen=np.array(chosen, np.int32))
        served = np.bincount(made.needs.tier[tried.chosen >= 0], minlength=3)
        key = tuple(-served)
        cost = _objective(made, tried)
        if best is None or (key, cost) < best:
            best = key, cost

    assert best == (tuple(-np.array(found.served)), found.objective)


def _objective(made: Problem, found: Certificate) -> int:
    total = 0
    for part in parts(made):
        place = np.full(len(made.offerings) + 1, -1, np.int32)
        place[part.offerings] = np.arange(len(part.offerings))
        total += objective(part, place[found.chosen[part.needs]])
    return total


@pytest.mark.parametrize("seed", range(8))
def test_more_places_never_serve_fewer_of_the_most_urgent(seed: int) -> None:
    made = problem(seed)
    places = made.offerings.places.copy()
    places[seed % len(places)] += 2
    more = replace(made, offerings=replace(made.offerings, places=places))

    assert solve(more).served[0] >= solve(made).served[0]
    assert sum(solve(more).served) >= sum(solve(made).served)


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_the_rows_changes_nothing(seed: int) -> None:
    made = problem(seed)
    random = np.random.default_rng(seed)
    order = random.permutation(len(made.needs))
    counts = np.diff(made.candidates.starts)[order]
    at = np.concatenate(
        [
            np.arange(made.candidates.starts[i], made.candidates.starts[i + 1])
            for i in order.tolist()
        ]
    ).astype(int)
    mixed = replace(
        made,
        needs=Needs(
            *(
                getattr(made.needs, name)[order]
                for name in ("key", "tier", "category", "street", "x", "y")
            )
        ),
        candidates=Candidates(
            np.r_[0, np.cumsum(counts)], made.candidates.offering[at], made.candidates.cost[at]
        ),
    )
    plain, other = solve(made), solve(mixed)

    assert plain.chosen[order].tolist() == other.chosen.tolist()
    assert plain.objective == other.objective


def test_a_tampered_certificate_is_rejected() -> None:
    made = problem(3)
    found = solve(made)
    served = int(np.flatnonzero(found.chosen >= 0)[0])
    lost, swapped, cheap = found.chosen.copy(), found.chosen.copy(), found.prices.copy()
    lost[served] = -1
    others = np.flatnonzero((found.chosen >= 0) & (found.chosen != found.chosen[served]))
    swapped[[served, others[0]]] = swapped[[others[0], served]]
    cheap[int(np.argmax(cheap))] = 0
    tampered = [
        replace(found, chosen=lost),
        replace(found, chosen=swapped),
        replace(found, prices=cheap),
        replace(found, objective=found.objective - 1),
        replace(found, served=(found.served[0] + 1, *found.served[1:])),
        replace(found, inputs=b"\0" * 32),
        replace(found, crowds=~found.crowds),
    ]

    assert check(made, found) is None
    assert all(check(made, each) is not None for each in tampered)
    assert len({found.digest(), *(each.digest() for each in tampered)}) == len(tampered) + 1


def test_a_run_that_nobody_wants_any_more_stops() -> None:
    with pytest.raises(Stopped):
        solve(problem(1), is_stopped=lambda: True)


def test_a_city_without_needs_or_without_offerings_is_solved() -> None:
    nobody = problem(1, needs=0)
    nothing = problem(1, offerings=0)

    assert sum(solve(nobody).served) == 0
    assert check(nothing, solve(nothing)) is None
