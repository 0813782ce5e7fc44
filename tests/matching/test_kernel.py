"""The compiled search against the plain one: the same rows and, to the bit, the same ranks."""

import numpy as np
import pytest

from matching.domain.demand import Need
from matching.shelf import kernel, plain
from matching.shelf.asking import asked
from tests.matching.market import Market
from tests.matching.scan import DAYS, rates, shelf_of

pytestmark = pytest.mark.skipif(not kernel.IS_HERE, reason="the extra kernel is not installed")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("limit", [1, 10, 60])
def test_it_finds_what_the_plain_search_finds(seed: int, limit: int) -> None:
    market = Market(600 + seed, venues=150)
    shelf = shelf_of(market, 3000)
    rates(market, shelf)
    shelf.drop([offer.id for offer in list(shelf.offers())[::50]])
    (run,) = shelf.runs
    for _ in range(150):
        need = asked(Need.asked(market.need(), DAYS), shelf.lists)
        expected = plain.best(run.columns, run.gone, shelf.lists.terms, need, limit)
        found = kernel.best(run.columns, run.gone, shelf.lists.terms, need, limit)
        np.testing.assert_array_equal(found.rows, expected.rows)
        np.testing.assert_array_equal(found.ranks, expected.ranks)


def test_a_person_far_outside_the_city_is_answered_too() -> None:
    market = Market(700, venues=50)
    shelf = shelf_of(market, 500)
    (run,) = shelf.runs
    for lon, lat in ((0.0, 0.0), (179.0, 31.0), (121.0, -89.0)):
        far = Need.asked(market.need().model_copy(update={"lon": lon, "lat": lat}), DAYS)
        need = asked(far, shelf.lists)
        expected = plain.best(run.columns, run.gone, shelf.lists.terms, need, 10)
        found = kernel.best(run.columns, run.gone, shelf.lists.terms, need, 10)
        np.testing.assert_array_equal(found.rows, expected.rows)
