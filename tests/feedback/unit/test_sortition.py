"""Drawing by lot: always the same from the same numbers, and nobody's choice."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.contracts.feedback_draws import CandidateIn, StratumIn
from feedback.domain import sortition as rules

PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SEED = bytes(range(32))
CODES = st.dictionaries(
    st.text("ABCDEF0123456789", min_size=1, max_size=6), st.sampled_from("ab"), max_size=30
)


@PATIENT
@given(CODES, st.integers(1, 4), st.integers(1, 4), st.randoms(use_true_random=False))
def test_the_order_in_which_candidates_came_is_irrelevant(codes, a, b, chance):
    shuffled = list(codes.items())
    chance.shuffle(shuffled)

    assert rules.draw(codes, {"a": a, "b": b}, SEED, "42") == rules.draw(
        dict(shuffled), {"b": b, "a": a}, SEED, "42"
    )


@PATIENT
@given(CODES, st.integers(1, 4), st.integers(1, 4))
def test_every_stratum_fills_its_seats_and_ranks_its_reserves(codes, a, b):
    placed = rules.draw(codes, {"a": a, "b": b}, SEED, "42")
    there = Counter(codes.values())
    drawn = Counter(each.stratum for each in placed if each.is_drawn)

    assert sorted(each.code for each in placed) == sorted(codes)
    assert drawn == Counter({"a": min(a, there["a"]), "b": min(b, there["b"])})
    for stratum in "ab":
        positions = [each.position for each in placed if each.stratum == stratum]
        assert positions == list(range(1, there[stratum] + 1))


def test_everybody_is_drawn_about_as_often():
    codes = {f"c{at}": "a" for at in range(10)}
    drawn = Counter(
        each.code
        for at in range(2000)
        for each in rules.draw(codes, {"a": 3}, SEED, str(at))
        if each.is_drawn
    )

    assert all(500 < drawn[code] < 700 for code in codes)


def test_seed_and_public_number_both_decide():
    codes = {f"c{at}": "a" for at in range(20)}
    first = rules.draw(codes, {"a": 5}, SEED, "1")

    assert first != rules.draw(codes, {"a": 5}, SEED, "2")
    assert first != rules.draw(codes, {"a": 5}, bytes(32), "1")


def test_lists_that_cannot_be_drawn_from_are_refused():
    with pytest.raises(rules.WrongDraw):
        rules.check_strata([StratumIn(code="a", name="一组", seats=1)] * 2)
    for candidates in (
        [CandidateIn(code="x", stratum="a")] * 2,
        [CandidateIn(code="known", stratum="a")],
        [CandidateIn(code="y", stratum="c")],
    ):
        with pytest.raises(rules.WrongDraw):
            rules.check_candidates(candidates, {"known": "a"}, {"a": 1})
    with pytest.raises(rules.WrongDraw):
        rules.check_enough({"x": "a"}, {"a": 2})
