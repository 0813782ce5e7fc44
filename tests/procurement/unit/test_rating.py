"""Laws of the rating: order and duplication change nothing, no buyer decides alone, old fades."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from procurement.rating.estimate import Ratings, estimate, independent, openness
from procurement.rating.priors import NEUTRAL, Prior, prior_of
from procurement.rating.tallies import SCORES, Tallies, by_buyer
from tests.procurement.rated import BASE, PRIOR, one_cell, priors_like, world

CAP, INTERVAL, HALF_LIFE = 0.4, 0.9, 18
HONEST = {3: 30, 4: 20}


def rated(tallies: Tallies, prior: Prior = PRIOR, *, cells: int = 1) -> Ratings:
    pairs = by_buyer(tallies, HALF_LIFE)
    return estimate(pairs, priors_like(prior, cells), cap=CAP, interval=INTERVAL)


def numbers(found: Ratings) -> list[list[float]]:
    return [getattr(found, field.name).tolist() for field in fields(found)]


evidence = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(1, 5), st.integers(1, 60)),
    min_size=1,
    max_size=40,
)


@given(evidence, st.randoms(use_true_random=False))
def test_the_order_of_evidence_changes_no_bit(rows, random):
    def made(told):
        cell, buyer, level, count = np.array(told, dtype=np.int64).T
        return Tallies(cell, buyer, level, 1 + count % 3 / 3, count % 37, count)

    shuffled = list(rows)
    random.shuffle(shuffled)

    assert numbers(rated(made(rows), cells=4)) == numbers(rated(made(shuffled), cells=4))


@given(evidence)
def test_no_buyer_weighs_more_than_its_share_whatever_the_evidence(rows):
    cell, buyer, level, count = np.array(rows, dtype=np.int64).T
    found = rated(Tallies(cell, buyer, level, np.full(len(cell), 3.0), cell * 0, count), cells=4)

    assert found.shares.max() <= CAP + 1e-9
    assert (found.lower <= found.expected).all()
    assert (found.expected <= found.upper).all()


def test_a_cell_is_the_same_whichever_cells_are_computed_beside_it():
    one = one_cell(HONEST, {5: 9}, age=9)
    old = one_cell({1: 3}, HONEST, age=35)
    alone = rated(one)
    beside = Tallies(
        np.concatenate([one.cell, one.cell + 1, old.cell + 2]),
        *(
            np.concatenate([getattr(each, name) for each in (one, one, old)])
            for name in ("buyer", "level", "weight", "age", "count")
        ),
    )

    assert rated(beside, cells=3).lower.tolist()[:2] == [alone.lower[0]] * 2


@pytest.mark.parametrize("flood", [10, 1_000, 1_000_000])
def test_one_friendly_buyer_moves_the_bound_no_further_than_its_cap(flood):
    honest = [HONEST, HONEST, HONEST]
    before = rated(one_cell(*honest))
    after = rated(one_cell(*honest, {5: flood}))

    limit = before.expected[0] + CAP * (1 - before.expected[0])
    assert after.lower[0] < after.expected[0] <= limit
    assert after.lower[0] < 0.75  # two thirds of the buyers say 3 of 5, so it stays below "good"


def test_a_flood_by_one_buyer_is_worth_no_more_than_its_likeness_allows():
    worth = independent(np.array([1.0, 10.0, 1e9]), np.full(3, 0.02))

    assert worth[0] == pytest.approx(1)
    assert worth[1] == pytest.approx(10 / 1.18)
    assert worth[2] == pytest.approx(50)


def test_two_buyers_are_limited_together():
    found = rated(one_cell({5: 500}, {1: 500}), PRIOR)

    assert found.shares == pytest.approx([CAP, CAP])
    assert found.effective[0] == pytest.approx(4 * PRIOR.weight)


def test_without_evidence_there_is_the_base_rate_alone():
    found = rated(one_cell())

    assert found.expected[0] == pytest.approx(np.dot(BASE, SCORES))
    assert (found.effective[0], found.evidence[0], found.buyers[0]) == (0, 0, 0)


def test_what_grows_old_is_worth_less_and_returns_to_the_base_rate():
    base = np.dot(BASE, SCORES)
    worth, distances = [], []
    for halvings in (0, 2, 4, 8):
        found = rated(one_cell({1: 20}, {1: 20}, {2: 20}, age=halvings * HALF_LIFE))
        worth.append(found.effective[0])
        distances.append(base - found.expected[0])

    assert worth == sorted(worth, reverse=True)
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 0.03


def test_praise_raises_both_bounds_and_blame_lowers_them():
    middle = rated(one_cell({3: 10}, {3: 10}, {3: 10}))
    praised = rated(one_cell({3: 10}, {3: 10}, {3: 10}, {5: 5}))
    blamed = rated(one_cell({3: 10}, {3: 10}, {3: 10}, {1: 5}))

    assert blamed.lower[0] < middle.lower[0] < praised.lower[0]
    assert blamed.upper[0] < middle.upper[0] < praised.upper[0]


def test_evidence_without_a_buyer_weighs_but_names_no_buyer():
    told = one_cell({4: 10})
    found = rated(replace(told, buyer=told.buyer * 0))

    assert (found.buyers[0], found.effective[0] > 3) == (0, True)


def test_the_base_rates_are_found_from_the_evidence():
    made = world(7, 800, weight=12, correlation=0.05, turnover=0)
    prior = prior_of(made.tallies, 800, least_providers=5)

    assert prior is not None
    assert prior.steadiness > 0.99
    assert prior.levels == pytest.approx(BASE, abs=0.02)
    assert prior.weight == pytest.approx(12, rel=0.2)
    assert prior.correlation == pytest.approx(0.05, abs=0.02)


def test_it_is_found_how_steady_providers_are():
    made = world(7, 800, weight=12, correlation=0.05, turnover=0.03)
    prior = prior_of(made.tallies, 800, least_providers=5)

    assert prior is not None
    assert prior.steadiness == pytest.approx(0.97, abs=0.01)
    assert prior.weight == pytest.approx(12, rel=0.2)


def test_where_nothing_is_old_and_nobody_limited_the_interval_is_that_of_the_masses():
    pairs = by_buyer(one_cell({5: 1}, {4: 1}, {3: 1}, {5: 1}))
    priors = priors_like(PRIOR, 1)
    worth = pairs.total

    assert openness(pairs, worth, worth.sum(keepdims=True) + PRIOR.weight, priors) == [
        pytest.approx(1)
    ]


def test_old_evidence_leaves_the_more_open_the_more_providers_change():
    told = one_cell(*[{4: 8, 3: 2}] * 6, age=18)
    steady, usual, changing = (
        rated(told, replace(PRIOR, steadiness=each)) for each in (1.0, 0.99, 0.95)
    )
    widths = [(each.upper - each.lower)[0] for each in (steady, usual, changing)]

    assert widths == sorted(widths)
    assert len({each.expected[0] for each in (steady, usual, changing)}) == 1


def test_too_few_providers_make_no_base_rates():
    assert prior_of(one_cell(HONEST), 1, least_providers=2) is None
    assert sum(NEUTRAL.levels) == pytest.approx(1)


def test_one_provider_with_one_piece_makes_base_rates_that_can_be_used():
    prior = prior_of(one_cell({4: 1}), 1, least_providers=1)

    assert prior is not None
    assert 0 < rated(one_cell({4: 1}), prior).lower[0] < 1


@pytest.mark.parametrize("turnover", [0.0, 0.01, 0.03])
def test_intervals_cover_the_known_quality_and_the_order_beats_plain_and_bayesian_means(turnover):
    """The figures of `make bench only=rating`, on fewer providers and with a wider margin."""
    made = world(1, 700, weight=12, correlation=0.02, turnover=turnover)
    prior = prior_of(made.tallies, 700, least_providers=5)
    assert prior is not None
    found = rated(made.tallies, prior, cells=700)
    covered = ((found.lower <= made.truth) & (made.truth <= found.upper)).mean()

    score, pieces = SCORES[made.level - 1], np.bincount(made.cell)
    plain = np.bincount(made.cell, score) / pieces
    bayes = (10 * score.mean() + np.bincount(made.cell, score)) / (10 + pieces)
    ours, *theirs = (spearmanr(each, made.truth)[0] for each in (found.expected, plain, bayes))
    assert 0.87 <= covered <= 0.93
    assert ours > max(theirs)
