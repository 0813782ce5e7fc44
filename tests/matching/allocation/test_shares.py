"""A run shared out by category: the same as the whole, proven, and with true reasons."""

from dataclasses import replace

import numpy as np
import pytest

from common.contracts.matching import UnmetReason
from matching.allocation import narrowing
from matching.allocation.candidates import (
    ANYTIME,
    NO_DAY,
    NOWHERE,
    ON_SITE,
    REMOTE,
    Scale,
    Seekers,
    Suppliers,
    allowed,
    nearest,
    unsure,
)
from matching.allocation.checking import check
from matching.allocation.problem import Needs, Offerings
from matching.allocation.reasons import REASONS
from matching.allocation.shares import City, Policy, solved
from matching.allocation.solving import solve
from tests.matching.allocation.test_optimum import FAIR, problem

POLICY = Policy("演示种子 2026", FAIR, Scale(1.3), candidates=5)
ALL_DAY = (1 << 49) - 1
SHUT = 0


def city(
    seed: int, *, needs: int = 120, offerings: int = 40, doubts: bool = False, comes: bool = False
) -> City:
    random = np.random.default_rng(seed)
    key, there = random.permutation(needs), random.permutation(offerings)
    x, y = random.integers(0, 9_000, (2, needs))
    there_x, there_y = random.integers(0, 9_000, (2, offerings))
    category, theirs = random.integers(0, 4, needs), random.integers(0, 3, offerings)
    has = random.integers(0, 4, needs)
    seekers = Seekers(
        key.astype(np.uint64),
        category,
        x,
        y,
        has=has,
        sure=has & (random.integers(0, 4, needs) if doubts else has),
        wanted=random.choice([ANYTIME, 1, 2, NO_DAY], needs, p=[0.48, 0.24, 0.24, 0.04]),
        budget_fen=random.choice([0, 1_000], needs),
        reach_m=random.choice([5_000, NOWHERE], needs, p=[0.9, 0.1]),
        wished=np.zeros(needs, np.int64),
    )
    suppliers = Suppliers(
        there.astype(np.uint64),
        theirs,
        there_x,
        there_y,
        required=np.where(theirs == 2, 4, random.choice([0, 0, 1, 2], offerings)),
        open=random.choice([ANYTIME | 1, ANYTIME | 2, ALL_DAY, SHUT], offerings),
        price_fen=random.choice([0, 500], offerings),
        channels=np.where(random.random(offerings) < 0.2 * comes, REMOTE, ON_SITE),
    )
    tier, street = random.integers(0, 3, needs), random.integers(0, 5, needs)
    return City(
        seekers,
        suppliers,
        Needs(seekers.key, tier, category, street, x, y),
        Offerings(suppliers.key, theirs, random.integers(0, 4, offerings), there_x, there_y),
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_shares_together_are_the_proven_optimum_of_the_whole(seed: int) -> None:
    found = solved(city(seed), POLICY).together()

    assert check(found.problem, found.certificate) is None
    assert found.certificate.digest() == solve(found.problem).digest()


@pytest.mark.parametrize("comes", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_every_unserved_need_has_a_reason_that_is_true(seed: int, comes: bool) -> None:
    made = city(seed, comes=comes)
    found = solved(made, POLICY).together()
    told = {
        need: REASONS[reason]
        for need, reason in enumerate(found.reasons.reason.tolist())
        if reason >= 0
    }

    assert set(told) == set(np.flatnonzero(found.certificate.chosen < 0).tolist())
    assert len(set(told.values())) >= 4 - comes
    for need, reason in told.items():
        assert reason is _reason(made, need), need
    assert found.reasons.totals() == {
        reason: list(told.values()).count(reason) for reason in UnmetReason
    }


def _reason(made: City, need: int) -> UnmetReason:
    """The first question that none passes, asked offering by offering."""
    seekers, suppliers = made.seekers, made.suppliers
    if seekers.wanted[need] == NO_DAY:
        return UnmetReason.NO_DAY_LEFT
    here = np.flatnonzero(suppliers.category == seekers.category[need])
    eligible = here[(suppliers.required[here] & ~seekers.has[need]) == 0]
    is_open = eligible[(suppliers.open[eligible] & seekers.wanted[need]) != 0]
    cheap = is_open[suppliers.price_fen[is_open] <= seekers.budget_fen[need]]
    away = np.hypot(suppliers.x[cheap] - seekers.x[need], suppliers.y[cheap] - seekers.y[need])
    is_placed = seekers.reach_m[need] != NOWHERE
    questions = {
        UnmetReason.NO_OFFERING_IN_CATEGORY: here,
        UnmetReason.NOT_ELIGIBLE: eligible,
        UnmetReason.CLOSED_AT_WANTED_TIME: is_open,
        UnmetReason.OVER_BUDGET: cheap,
        UnmetReason.TOO_FAR if is_placed else UnmetReason.PLACE_UNKNOWN: cheap[
            (away * POLICY.scale.detour <= seekers.reach_m[need])
            | (suppliers.channels[cheap] & REMOTE > 0)
        ],
    }
    failed = (reason for reason, passed in questions.items() if not len(passed))
    return next(failed, UnmetReason.ALL_PLACES_TAKEN)


@pytest.mark.parametrize("seed", range(8))
def test_few_pairs_at_first_find_the_optimum_of_all(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = problem(seed)
    whole = solve(made)
    monkeypatch.setattr(narrowing, "PLENTY", 0)
    monkeypatch.setattr(narrowing, "FEW", 1)
    found = solve(made)

    assert (found.served, found.objective) == (whole.served, whole.objective)
    assert check(made, found) is None


@pytest.mark.parametrize("seed", range(4))
def test_the_nearest_are_those_of_looking_at_every_pair(seed: int) -> None:
    made = city(seed, needs=400, offerings=900)
    seekers, suppliers = made.seekers, made.suppliers
    found = nearest(seekers, suppliers, Scale(1.3), count=9)
    every = np.arange(len(suppliers))
    for need in range(0, len(seekers), 7):
        far = np.square(suppliers.x - seekers.x[need]) + np.square(suppliers.y - seekers.y[need])
        fits = allowed(seekers, np.array(need), suppliers, every)
        fits &= (suppliers.category == seekers.category[need]) & (
            far * 1.69 <= seekers.reach_m[need] ** 2
        )
        best = np.flatnonzero(fits)[np.lexsort((suppliers.key[fits], far[fits]))][:9]

        given = found.offering[found.starts[need] : found.starts[need + 1]]
        assert given.tolist() == sorted(best.tolist())


@pytest.mark.parametrize("seed", range(4))
def test_the_nearest_of_what_comes_are_there_too_and_cost_no_walk(seed: int) -> None:
    made = city(seed, needs=200, offerings=900, comes=True)
    seekers, suppliers = made.seekers, made.suppliers
    found = nearest(seekers, suppliers, Scale(1.3), count=9)
    every = np.arange(len(suppliers))
    for need in range(0, len(seekers), 7):
        far = np.square(suppliers.x - seekers.x[need]) + np.square(suppliers.y - seekers.y[need])
        fits = allowed(seekers, np.array(need), suppliers, every)
        fits &= (suppliers.category == seekers.category[need]) & (suppliers.channels == REMOTE)
        best = np.flatnonzero(fits)[np.lexsort((suppliers.key[fits], far[fits]))][:9]

        given = slice(found.starts[need], found.starts[need + 1])
        come = suppliers.channels[found.offering[given]] == REMOTE
        assert found.offering[given][come].tolist() == sorted(best.tolist())
        assert not found.cost[given][come].any()
        assert np.count_nonzero(~come) <= 9


@pytest.mark.parametrize("seed", range(6))
def test_no_sure_need_is_passed_over_for_one_of_its_tier_that_is_not(seed: int) -> None:
    made = city(seed, doubts=True)
    plain = solved(made, POLICY).together()
    found = solved(made, replace(POLICY, scale=Scale(1.3, unsure_m=50_000))).together()
    seekers, suppliers, tier = made.seekers, made.suppliers, made.needs.tier
    chosen, pairs = found.certificate.chosen, found.problem.candidates
    served = np.flatnonzero(chosen >= 0)
    doubtful = served[unsure(seekers, served, suppliers, chosen[served]) != 0]
    before = np.flatnonzero(plain.certificate.chosen >= 0)
    was = unsure(seekers, before, suppliers, plain.certificate.chosen[before])

    assert check(found.problem, found.certificate) is None
    assert found.certificate.served == plain.certificate.served
    assert 0 < len(doubtful) <= np.count_nonzero(was)
    for need in np.flatnonzero(chosen < 0):
        mine = pairs.offering[pairs.starts[need] : pairs.starts[need + 1]]
        sure = mine[unsure(seekers, np.array(need), suppliers, mine) == 0]
        assert not (np.isin(chosen[doubtful], sure) & (tier[doubtful] == tier[need])).any()
