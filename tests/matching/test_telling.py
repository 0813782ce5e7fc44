"""Answers written from the columns are what the rules say, row by row."""

from datetime import date
from typing import Any
from uuid import UUID

import orjson
import pytest

from common.contracts.matching_queries import MatchNeed, MatchWishes, NeedMatches
from common.contracts.registry.offerings import PersonFacts
from matching.domain.demand import Need
from matching.shelf import telling, verdicts
from matching.shelf.asking import Wanted
from matching.shelf.choosing import by_line
from matching.shelf.entries import house
from matching.shelf.places import Period
from matching.shelf.shelf import Shelf
from tests.matching.market import Market
from tests.matching.scan import DAYS, POLICY, READER, rates, shelf_of

pytestmark = pytest.mark.usefixtures("way")


@pytest.mark.parametrize("seed", range(4))
async def test_the_written_answer_is_the_judged_one(seed: int) -> None:
    market = Market(seed, venues=40)
    shelf = shelf_of(market, 600)
    rates(market, shelf)
    seen = set()
    for _ in range(150):
        need = Need.asked(market.need(), DAYS)
        written, expected = await _written(shelf, need), await _judged(shelf, need)
        assert written == expected
        raw = await telling.answer(shelf, need, 10, None)
        assert raw == orjson.dumps(expected)[1:-1]  # to the byte
        NeedMatches.model_validate({"items": written})
        seen |= {item["eligible"] for item in expected}
    assert seen == {True, None}


async def test_where_all_is_known_of_the_person_circumstances_alone_stay_open() -> None:
    market = Market(4, venues=40)
    shelf = shelf_of(market, 600)
    random, waits = market.random, set()
    known = {"age": 70, "groups": ["elderly"], "hardship": [], "disability_grade": 2}
    for _ in range(200):
        home = market.area()
        person = PersonFacts(**known, registered_area=home, living_area=home)
        facts = {
            "person": person,
            "unverified": [],
            "lon": random.choice((None, 121.47)),
            "minutes_at_most": random.choice((None, 60)),
            "price_at_most_fen": random.choice((None, 4000)),
            "wishes": MatchWishes(),
        }
        facts["lat"] = facts["lon"] and 31.23
        need = Need.asked(market.need().model_copy(update=facts), DAYS)
        items = await _written(shelf, need)

        assert verdicts.untold(need) == 0
        assert items == await _judged(shelf, need)
        waits |= {rule["rule"] for item in items for rule in item["to_verify"]}
    assert waits == {"opening_time", "price", "distance"}


async def test_what_is_not_told_of_a_person_waits_in_the_same_words_for_everybody() -> None:
    market = Market(6, venues=40)
    shelf = shelf_of(market, 600)
    random, kinds, waits = market.random, set(), set()
    for _ in range(300):
        home, ages = market.area(), random.choice((None, 30, 70))
        told = {
            "age": ages,
            "groups": random.choice((None, ["elderly"])),
            "hardship": random.choice((None, [], ["low_income"])),
            "disability_grade": random.choice((None, 0, 1)),
            **random.choice(({}, {"registered_area": home, "living_area": home})),
        }
        facts = {"person": PersonFacts(**told), "age_band": None, "unverified": []}
        need = Need.asked(market.need().model_copy(update=facts), DAYS)
        items = await _written(shelf, need)

        assert items == await _judged(shelf, need)
        kinds.add(verdicts.untold(need))
        waits |= {rule["rule"] for item in items for rule in item["to_verify"]}
    assert None not in kinds
    assert {"age_min", "groups_any", "hardship", "disability", "household_areas"} <= waits


async def test_what_was_written_down_of_a_row_follows_every_change() -> None:
    market = Market(5, venues=1)
    shelf = Shelf(POLICY)
    (venue,) = market.venues
    venue |= {"status": "active", "lon": 121.47, "lat": 31.23}
    shelf.settle(UUID(venue["id"]), house(venue))
    place = {"id": venue["id"], "name": venue["name"]}
    told = {"venue": place, "provider_id": market.providers[0], "eligibility": {}, "capacity": 5}
    state = market.offering() | told | {"category_path": "culture/reading", "channels": ["on_site"]}
    shelf.put([READER.entry(state)])
    need = Need.asked(MatchNeed(category="reading", lon=121.4, lat=31.2), DAYS)
    (first,) = await _written(shelf, need)

    shelf.take(UUID(state["id"]).bytes, {Period(date.min, date.min, ""): 1})
    (taken,) = await _written(shelf, need)
    shelf.lists.ratings[UUID(state["provider_id"]), "reading"] = 0.5
    shelf.weigh()
    (second,) = await _written(shelf, need)
    shelf.settle(UUID(venue["id"]), house(venue | {"name": "新邻里中心"}))
    (third,) = await _written(shelf, need)

    assert [each["places_left"] for each in (first, taken, second, third)] == [5, 4, 4, 4]
    assert [part["part"] for part in first["parts"]] == ["walking", "new_provider"]
    assert [part["part"] for part in second["parts"]] == ["walking", "rating"]
    assert (second["venue_name"], third["venue_name"]) == (venue["name"], "新邻里中心")
    assert [third] == await _judged(shelf, need)


async def test_a_shelf_of_many_runs_answers_as_a_merged_one() -> None:
    market = Market(9, venues=40)
    shelf = shelf_of(market, 300)
    for _ in range(4):
        shelf.put([READER.entry(market.offering()) for _ in range(30)])
    needs = [Need.asked(market.need(), DAYS) for _ in range(40)]
    assert len(shelf.runs) > 1
    written = [await _written(shelf, need) for need in needs]
    shelf.merge()

    assert len(shelf.runs) == 1
    assert written == [await _written(shelf, need) for need in needs]
    assert sum(map(len, written)) > 200


@pytest.mark.parametrize("seed", range(3))
def test_needs_told_together_are_told_as_each_alone(seed: int) -> None:
    market = Market(20 + seed, venues=40)
    shelf = shelf_of(market, 400)
    rates(market, shelf)
    for _ in range(3):
        shelf.put([READER.entry(market.offering()) for _ in range(30)])
    some = [offer for offer in shelf.offers() if offer.left][:100]
    for number, offer in enumerate(some):  # so that places are seen apart at different times
        session = "09:00" if number % 2 else ""
        shelf.take(offer.id.bytes, {Period(date.min, date.max, session): 1})
    needs = [Need.asked(market.need(), DAYS) for _ in range(120)]
    wanted = [Wanted(need, 1 + number % 10) for number, need in enumerate(needs)]
    assert len(shelf.runs) > 1
    assert any(need.wishes.count for need in needs)
    alone = [telling.answers(shelf, [each])[0] for each in wanted]

    assert telling.answers(shelf, wanted) == alone
    assert telling.answers(shelf, []) == []
    for need, limit, told in ((*each, told) for each, told in zip(wanted, alone, strict=True)):
        expected = [telling.judged(shelf, need, one) for one in by_line(shelf, need, limit)]
        assert told == orjson.dumps(expected)[1:-1]


async def _written(shelf: Shelf, need: Need) -> list[dict[str, Any]]:
    items: list[dict[str, Any]]
    items = orjson.loads(b"[%b]" % await telling.answer(shelf, need, 10, None))
    return items


async def _judged(shelf: Shelf, need: Need) -> list[dict[str, Any]]:
    """The same, every row judged by the rules."""
    return [
        orjson.loads(orjson.dumps(telling.judged(shelf, need, one)))
        for one in by_line(shelf, need, 10)
    ]
