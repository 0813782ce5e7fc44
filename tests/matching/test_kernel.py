"""The compiled search against the plain one: the same rows and, to the bit, the same figures."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from matching.domain.demand import Need
from matching.domain.scoring import BELOW
from matching.shelf import compiled, kernel, plain
from matching.shelf.asking import Asked, asked
from matching.shelf.shelf import Shelf
from tests.matching.market import MONDAY, Market
from tests.matching.scan import DAYS, POLICY, READER, rates, shelf_of

pytestmark = pytest.mark.skipif(not compiled.IS_HERE, reason="the extra kernel is not installed")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("limit", [1, 10, 60])
def test_it_finds_what_the_plain_search_finds(seed: int, limit: int) -> None:
    market = Market(600 + seed, venues=150)
    shelf = shelf_of(market, 3000)
    rates(market, shelf)
    shelf.drop([offer.id for offer in list(shelf.offers())[::50]])
    for _ in range(150):
        need = asked(Need.asked(market.need(), DAYS), shelf.lists)
        _same(shelf, need, limit)


@pytest.mark.parametrize("most", [0.0, 12.5, 60.0, BELOW + 12.5])
def test_it_finds_nothing_beyond_what_is_asked_for(most: float) -> None:
    market = Market(750, venues=150)
    shelf = shelf_of(market, 2000)
    rates(market, shelf)
    for _ in range(150):
        need = asked(Need.asked(market.need(), DAYS), shelf.lists)
        found = _same(shelf, need, 10, most)
        assert (found.ranks <= most).all()


def test_where_almost_every_offering_asks_something_else_it_finds_the_same() -> None:
    market = Market(730, venues=150)
    shelf = shelf_of(market, 200)
    more = {"category_path": "health", "channels": ["on_site"]}
    states = [market.offering() | more for _ in range(2_500)]
    for number, state in enumerate(states):
        state["eligibility"] |= {"age_min": number % 50, "age_max": 60 + number // 50}
    shelf.put(map(READER.entry, states))
    shelf.merge()
    rates(market, shelf)
    (run,) = shelf.runs
    assert np.diff(run.columns.squares.pair_starts).max() > kernel.FEW
    for _ in range(150):
        asks = market.need().model_copy(update={"category": "health"})
        need = asked(Need.asked(asks, DAYS), shelf.lists)
        _same(shelf, need, 10)


@pytest.mark.parametrize("weights", [{"walking": 0.0}, {"rating": 30.0, "wish": 20.0}])
@pytest.mark.parametrize("minutes", [1, 10, 60])
def test_no_square_is_left_out_that_may_hold_something(
    weights: dict[str, float], minutes: int
) -> None:
    market = Market(720, venues=300)
    shelf = shelf_of(market, 4000)
    rates(market, shelf)
    shelf.weigh(replace(POLICY, **weights))
    for _ in range(150):
        asks = market.need().model_copy(update={"minutes_at_most": minutes})
        need = asked(Need.asked(asks, DAYS), shelf.lists)
        _same(shelf, need, 10)


@pytest.mark.parametrize("limit", [1, 10])
def test_where_a_walk_takes_no_time_it_finds_the_same(limit: int) -> None:
    market = Market(740, venues=60)
    shelf = shelf_of(market, 800)
    shelf.weigh(replace(POLICY, walk=replace(POLICY.walk, detour=0.0)))
    for _ in range(60):
        need = asked(Need.asked(market.need(), DAYS), shelf.lists)
        _same(shelf, need, limit)


def test_a_person_far_outside_the_city_is_answered_too() -> None:
    market = Market(700, venues=50)
    shelf = shelf_of(market, 500)
    for lon, lat in ((0.0, 0.0), (179.0, 31.0), (121.0, -89.0)):
        far = Need.asked(market.need().model_copy(update={"lon": lon, "lat": lat}), DAYS)
        need = asked(far, shelf.lists)
        _same(shelf, need, 10)


def test_at_night_when_nothing_is_open_for_sure_it_finds_the_same() -> None:
    market = Market(710, venues=150)
    shelf = shelf_of(market, 3000)
    night = [MONDAY.replace(hour=3)]
    for _ in range(60):
        asks = market.need().model_copy(update={"wished_at": night})
        need = asked(Need.asked(asks, DAYS), shelf.lists)
        found = _same(shelf, need, 10)
        assert (found.ranks > BELOW / 2).all()
        assert found.waits.all()


def _same(shelf: Shelf, need: Asked, limit: int, most: float = inf) -> plain.Found:
    """What both find in the one run of a shelf: rows, ranks, walks, and what they wait for."""
    (run,) = shelf.runs
    given = run.columns, run.gone, shelf.lists.terms, need, limit, most
    found, expected = kernel.best(*given), plain.best(*given)
    for each, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(each, wanted)
    return found
