"""Matching over HTTP: in order and explained, for one need and for many."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import orjson
import pytest

from common.auth.actor import Actor
from common.auth.roles import Role
from common.contracts.matching_queries import Matches, MatchNeed, WhyNot
from common.lane import Asked
from matching.api import matches
from matching.domain.demand import Need
from matching.domain.eligibility import judge
from matching.shelf.following import Following
from tests.harness import Apps
from tests.matching.feeds import Feeds
from tests.matching.market import Market
from tests.matching.scan import DAYS, POLICY, scanned

Header = Callable[..., dict[str, str]]
NOBODY = Actor.anonymous()


@pytest.fixture
def market() -> Market:
    return Market(5, venues=40)


@pytest.fixture
async def index(market: Market) -> Following:
    feeds = Feeds()
    feeds.tell("venue", market.venues)
    feeds.tell("offering", [market.offering() for _ in range(400)])
    following = Following(feeds.sources(), POLICY)
    await following.read()
    return following


@pytest.fixture
async def calls(apps: Apps, index: Following) -> AsyncIterator[httpx.AsyncClient]:
    async with apps.client("matching", own=index) as client:
        yield client


def body(need: MatchNeed) -> dict[str, Any]:
    return need.model_dump(mode="json", exclude_none=True)


async def test_many_needs_are_answered_in_the_order_asked_and_explained(
    calls: httpx.AsyncClient, bearer: Header, index: Following, market: Market
) -> None:
    needs = [market.need() for _ in range(100)]
    answer = await calls.post(
        "/v1/matches",
        json={"needs": [body(each) for each in needs], "limit": 5},
        headers=bearer(Role.RESIDENT),
    )
    assert answer.status_code == 200, answer.text
    found = Matches.model_validate_json(answer.content)
    offers = list((await index.current()).offers())
    for need, result in zip(needs, found.results, strict=True):
        expected = scanned(offers, Need.asked(need, DAYS), 5)
        assert [each.offering_id for each in result.items] == [each for _, each in expected]
        for item in result.items:
            parts = sum(part.minutes for part in item.parts)
            assert parts == pytest.approx(item.score_minutes)
            assert (item.eligible is True) is (item.to_verify == [])
            assert "category" in item.met
    assert found.index.offerings == 400
    assert found.index.positions["offering"] == 400


async def test_who_asks_for_much_takes_turns_with_the_others(
    index: Following, market: Market
) -> None:
    few, many = market.need(), [market.need() for _ in range(100)]
    asked = [
        Asked(orjson.dumps({"needs": [body(need) for need in needs]}), {"own": index}, NOBODY, "")
        for needs in ([few], many, many, [few])
    ]
    asked.insert(1, asked[0]._replace(said=b'{"needs":[]}'))  # which is no question
    told = matches.at_once(asked)
    assert [each is not None for each in told] == [True, False, True, False, False]
    asked.pop(1)
    told = [told[0], *told[2:]]
    for each, said in zip(asked, told, strict=True):
        alone = await matches.hurried(each)
        assert alone is not None
        results = Matches.model_validate_json(alone.body).results
        if said is not None:
            assert Matches.model_validate_json(said.body).results == results


async def test_why_not_names_the_rule_with_both_values(
    calls: httpx.AsyncClient, bearer: Header, index: Following, market: Market
) -> None:
    shelf = await index.current()
    refused = 0
    for offer in list(shelf.offers())[:20]:
        need = market.need()
        answer = await calls.post(
            "/v1/matches/why-not",
            json={"need": body(need), "offering_id": str(offer.id)},
            headers=bearer(Role.RESIDENT),
        )
        told = WhyNot.model_validate_json(answer.content)
        verdict = judge(Need.asked(need, DAYS), offer, POLICY.walk)
        assert told.eligible is verdict.eligible
        assert {r.rule: r.met for r in told.rules} == {r.rule: r.met for r in verdict.rules}
        assert (told.better is None) is (verdict.eligible is False)
        refused += verdict.eligible is False
    assert refused


async def test_an_offering_that_nobody_publishes_is_told_as_such(
    calls: httpx.AsyncClient, bearer: Header
) -> None:
    answer = await calls.post(
        "/v1/matches/why-not",
        json={"need": {"category": "meal"}, "offering_id": "0192e000-0000-7000-8000-000000000000"},
        headers=bearer(Role.RESIDENT),
    )
    assert answer.json()["known"] is False


@pytest.mark.parametrize(
    "asked",
    [
        {"needs": []},
        {"needs": [{"category": "meal"}] * 101},
        {"needs": [{"category": "meal", "lon": 121.4}]},
        {"needs": [{"category": "meal", "name": "张三"}]},
        {"needs": [{"category": "meal"}], "limit": 11},
    ],
)
async def test_what_cannot_be_asked_is_refused_by_name(
    calls: httpx.AsyncClient, bearer: Header, asked: dict[str, Any]
) -> None:
    answer = await calls.post("/v1/matches", json=asked, headers=bearer(Role.RESIDENT))
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_the_anonymous_may_not_ask(calls: httpx.AsyncClient) -> None:
    answer = await calls.post("/v1/matches", json={"needs": [{"category": "meal"}]})
    assert answer.status_code in {401, 403}
