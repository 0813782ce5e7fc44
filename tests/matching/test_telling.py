"""Answers written from the columns are what the rules say, row by row."""

import orjson
import pytest

from common.contracts.matching_queries import NeedMatches
from matching.domain.demand import Need
from matching.shelf import telling
from matching.shelf.choosing import chosen
from tests.matching.market import Market
from tests.matching.scan import DAYS, READER, rates, shelf_of


@pytest.mark.parametrize("seed", range(4))
async def test_the_written_answer_is_the_judged_one(seed: int) -> None:
    market = Market(seed, venues=40)
    shelf = shelf_of(market, 600)
    rates(market, shelf)
    seen = set()
    for _ in range(150):
        need = Need.asked(market.need(), DAYS)
        written = orjson.loads(await telling.answer(shelf, need, 10, None))
        expected = [
            orjson.loads(orjson.dumps(telling.judged(shelf, need, one)))
            for one in await chosen(shelf, need, 10, None)
        ]
        assert written["items"] == expected
        NeedMatches.model_validate(written)
        seen |= {item["eligible"] for item in expected}
    assert seen == {True, None}


async def test_a_shelf_of_many_runs_answers_in_one_order() -> None:
    market = Market(9, venues=40)
    shelf = shelf_of(market, 300)
    for _ in range(4):
        shelf.put([READER.entry(market.offering()) for _ in range(30)])
    need = Need.asked(market.need(), DAYS)
    written = orjson.loads(await telling.answer(shelf, need, 10, None))["items"]
    ids = [str(spot.id) for spot in shelf.best(need, 10)]

    assert len(shelf.runs) > 1
    assert [item["offering_id"] for item in written] == ids
