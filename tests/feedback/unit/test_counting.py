"""Equal shares, exactly: as a real city counted, and as the plainest program counts."""

from collections import Counter
from copy import copy
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback.domain.counting import (
    CountTooLong,
    Election,
    PassedBecause,
    Project,
    WrongElection,
    equal_shares,
    greedy,
)
from feedback.domain.counting.purses import Ending, Purses
from tests.feedback.pabulib import ASSEN, names, plainly_bought, plainly_completed, read

POT = st.integers(min_value=3, max_value=120)


@st.composite
def elections(draw: st.DrawFn) -> Election:
    """Small elections with many ties: prices and ballots from narrow ranges."""
    count = draw(st.integers(min_value=1, max_value=6))
    prices = st.integers(min_value=1, max_value=draw(st.sampled_from([4, 60])))
    projects = [Project(str(at), draw(prices)) for at in range(count)]
    ballot = st.sets(st.integers(min_value=0, max_value=count - 1).map(str))
    ballots = draw(st.lists(ballot, min_size=1, max_size=9))
    return Election.of(projects, ballots, draw(POT))


@pytest.mark.skipif(not ASSEN.exists(), reason="the Pabulib file is not at ../shared")
def test_assens_nine_winners_are_ours():
    election, official = read(ASSEN.read_text(encoding="utf-8"))
    result = equal_shares(election, step_fen=1)

    assert set(names(election, result)) == official
    assert (len(official), result.cost_fen) == (9, 76_700)
    assert set(names(election, greedy(election))) != official


@settings(max_examples=150, deadline=None)
@given(elections(), st.integers(min_value=0, max_value=30))
def test_a_run_buys_what_plain_ratios_buy_at_the_same_prices(election, more):
    share = Fraction(election.pot_fen, election.voters) + more
    bought = [(each.project, each.price) for each in Purses(election, share).buy_all()]

    assert bought == plainly_bought(election, share)


@settings(max_examples=60, deadline=None)
@given(elections(), st.integers(min_value=1, max_value=3))
def test_the_completed_count_is_the_plain_one(election, step):
    result = equal_shares(election, step_fen=step)
    bought = [(each.project, each.price_fen) for each in result.chosen]

    assert (bought, result.share_fen, result.steps) == plainly_completed(election, step)


def test_a_lone_supporter_who_has_just_enough_ties_with_whatever_is_as_cheap():
    """The price is 46 of the 46 that are left; the lower bound of that money is a little less."""
    projects = [Project(str(at), cost) for at, cost in enumerate((40, 60, 1, 46, 1))]
    election = Election.of(projects, [{"0", "1"}, {"0", "1"}, {"0", "1", "3", "4"}], 97)
    share = Fraction(97, 3) + 47

    bought = [(each.project, each.price) for each in Purses(election, share).buy_all()]

    assert bought == plainly_bought(election, share) == [(0, Fraction(40, 3)), (1, 20), (3, 46)]


@settings(max_examples=150, deadline=None)
@given(elections(), st.integers(0, 90), st.integers(0, 7))
def test_a_run_that_is_not_bought_to_its_end_is_known_to_end_so(election, more, look):
    share = Fraction(election.pot_fen, election.voters) + more
    purses = Purses(election, share)
    ending = purses.foresee(look)
    plain = plainly_bought(election, share)

    dear = election.cost(at for at, _ in plain) > election.pot_fen
    short = Ending.SHORT if len(plain) < len(election.fundable) else Ending.COMPLETE
    assert ending is (Ending.TOO_DEAR if dear else short)
    assert [(each.project, each.price) for each in purses.buy_all()] == plain


def test_a_run_is_given_up_as_soon_as_the_rest_is_sure_to_fit():
    """Three can pay three tens of theirs; nobody can ever pay the rest."""
    projects = [Project(str(at), 10) for at in range(3)] + [Project("dear", 90)]
    election = Election.of(projects, [["0", "1", "2"]] * 3 + [["dear"]] * 4, 100)
    purses = Purses(election, Fraction(20))

    assert purses.foresee(0) is Ending.SHORT
    assert purses.purchases == 0
    assert len(purses.buy_all()) == 3


@settings(max_examples=60, deadline=None)
@given(elections(), st.sets(st.integers(0, 8)))
def test_kinds_of_ballot_are_summed_voter_by_voter(election, some):
    groups = np.array([at for at in sorted(some) if at < len(election.ballots)], dtype=np.int64)
    cast = list(zip(election.ballots, election.weights, strict=True))
    for at, backers in enumerate(election.backers):
        named = [group for group, (ballot, _) in enumerate(cast) if at in ballot]
        odd = backers.groups % 2 == 1

        assert sorted(backers.groups) == named
        assert backers.votes == sum(cast[group][1] for group in named)
        assert backers.total(backers.groups) == sum(cast[group][1] * group for group in named)
        assert backers.count(odd) == sum(cast[group][1] for group in named if group % 2)
        assert election.tally(groups)[at] == sum(cast[g][1] for g in groups if at in cast[g][0])


@settings(max_examples=60, deadline=None)
@given(elections())
def test_no_count_spends_more_than_the_pot_and_each_project_has_its_reason(election):
    for result in (equal_shares(election, step_fen=1), greedy(election)):
        told = [each.project for each in (*result.chosen, *result.passed)]

        assert result.cost_fen == election.cost(c.project for c in result.chosen)
        assert result.cost_fen <= election.pot_fen
        assert sorted(told) == list(range(len(election.projects)))
        assert all(each.reason.zh and each.reason.en for each in result.chosen + result.passed)


@settings(max_examples=60, deadline=None)
@given(elections(), st.randoms(use_true_random=False))
def test_the_order_of_ballots_is_irrelevant(election, chance):
    named = [
        [election.projects[at].key for at in ballot]
        for ballot, weight in zip(election.ballots, election.weights, strict=True)
        for _ in range(weight)
    ]
    chance.shuffle(named)
    again = Election.of(election.projects, named, election.pot_fen)

    assert equal_shares(again, step_fen=1) == equal_shares(election, step_fen=1)


@settings(max_examples=100, deadline=None)
@given(elections(), st.integers(1, 3))
def test_equal_ballots_count_alike_as_one_kind_and_each_for_itself(election, step):
    pairs = zip(election.ballots, election.weights, strict=True)
    each = tuple(ballot for ballot, weight in pairs for _ in range(weight))
    kinds = Counter(each)
    alone = replace(election, ballots=each, weights=(1,) * len(each))
    merged = replace(election, ballots=tuple(kinds), weights=tuple(kinds.values()))

    assert equal_shares(alone, step_fen=step) == equal_shares(merged, step_fen=step)
    assert equal_shares(alone, step_fen=step) == equal_shares(election, step_fen=step)


def test_prices_that_differ_by_less_than_any_unit_are_told_apart():
    """Two capped projects a hair apart: only exact ratios see which is cheaper."""
    projects = [Project("a", 10**9 + 7), Project("b", 10**9 + 9), Project("c", 10**9 + 8)]
    ballots = [["a", "b", "c"], ["a", "b"], ["b", "c"], ["a", "c"], ["a"], ["b"], ["c"]] * 3
    election = Election.of(projects, ballots, 3 * 10**9)
    share = Fraction(election.pot_fen, election.voters)

    bought = [(each.project, each.price) for each in Purses(election, share).buy_all()]

    assert bought == plainly_bought(election, share)


def test_a_minority_gets_its_part_where_greedy_gives_it_nothing():
    projects = [Project(str(at), 25) for at in range(6)]
    most, few = ["0", "1", "2", "3"], ["4", "5"]
    election = Election.of(projects, [most] * 6 + [few] * 4, 100)

    assert names(election, greedy(election)) == ["0", "1", "2", "3"]
    assert names(election, equal_shares(election, step_fen=1)) == ["0", "1", "4"]


def test_of_equal_projects_the_first_in_tie_break_order_wins():
    projects = [Project("second", 10), Project("first", 10)]
    election = Election.of(projects, [["first", "second"]] * 2, 10)

    assert names(election, equal_shares(election, step_fen=1)) == ["second"]
    assert names(election, greedy(election)) == ["second"]


def test_every_passed_project_says_what_it_lacked():
    projects = [
        Project("dear", 200),
        Project("unloved", 5),
        Project("late", 60),
        Project("won", 90),
    ]
    election = Election.of(projects, [["won"]] * 3 + [["late", "dear"]], 100)
    passed = {
        projects[each.project].key: each for each in equal_shares(election, step_fen=1).passed
    }

    assert passed["dear"].because is PassedBecause.DEARER_THAN_POT
    assert passed["unloved"].because is PassedBecause.NOBODY
    assert passed["late"].because is PassedBecause.SUPPORTERS_SPENT
    assert 25 <= passed["late"].held_fen < 60


def test_an_election_without_ballots_chooses_nothing():
    election = Election.of([Project("a", 10)], [], 100)

    assert equal_shares(election, step_fen=1).chosen == ()


def test_a_step_that_would_take_for_ever_is_refused():
    election = Election.of([Project("a", 10**9)], [["a"], [], []], 10**9)

    with pytest.raises(CountTooLong) as refusal:
        equal_shares(election, step_fen=1)

    again = copy(refusal.value)  # as it comes out of a process apart
    assert (type(again), again.facts) == (CountTooLong, refusal.value.facts)


@pytest.mark.parametrize(
    ("projects", "ballots", "pot"),
    [
        ([Project("a", 1), Project("a", 2)], [], 5),
        ([Project("a", 0)], [], 5),
        ([Project("a", 1)], [["b"]], 5),
        ([Project("a", 1)], [["a"]], 0),
        ([Project("a", 1)], [["a"]], 10**14),
    ],
)
def test_what_contradicts_itself_is_not_counted(projects, ballots, pot):
    with pytest.raises(WrongElection):
        Election.of(projects, ballots, pot)
