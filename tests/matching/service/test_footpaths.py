"""Walking times by a router where one is set, and by the straight line while it is silent."""

from collections.abc import AsyncIterator, Callable
from math import ceil
from typing import Any

import httpx
import orjson
import pytest

from common.auth.roles import Role
from common.clients.walking import OsrmRouter, RouterKind, ValhallaRouter, walking_router
from common.errors import Text
from common.geo import Point, planar, unplanar
from common.http import ServiceHttp
from matching.domain.demand import Need
from matching.shelf.following import Following
from matching.shelf.footpaths import Footpaths
from tests.harness import Apps
from tests.matching.feeds import Feeds
from tests.matching.market import Market
from tests.matching.scan import DAYS, POLICY

Header = Callable[..., dict[str, str]]
WHAT = Text("路径", "router")
START = planar(121.4801, 31.2352)


class City:
    """A router in whose city one bridge is missing: what lies east takes an hour longer."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.is_silent = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.is_silent:
            raise httpx.ConnectError("nobody", request=request)
        if request.method == "GET":
            places = [
                tuple(map(float, each.split(",")))
                for each in request.url.path.rpartition("/")[2].split(";")
            ]
            assert request.url.params["sources"] == "0"
            return httpx.Response(200, json={"durations": [self.seconds(places)]})
        said = orjson.loads(request.content)
        places = [(each["lon"], each["lat"]) for each in said["sources"] + said["targets"]]
        legs = [{"time": seconds} for seconds in self.seconds(places)[1:]]
        return httpx.Response(200, json={"sources_to_targets": [legs]})

    @staticmethod
    def seconds(places: list[Any]) -> list[int | None]:
        start, *ends = places
        line = [ceil((abs(end[0] - start[0]) + abs(end[1] - start[1])) * 60_000) for end in ends]
        return [0, *(n + 3600 * (end[0] > start[0]) for n, end in zip(line, ends, strict=True))]


@pytest.fixture
def city() -> City:
    return City()


def router(city: City, kind: RouterKind) -> Any:
    http = ServiceHttp("http://router.test", what=WHAT, transport=httpx.MockTransport(city))
    return walking_router(kind, http)


@pytest.mark.parametrize("kind", [RouterKind.OSRM, RouterKind.VALHALLA])
async def test_both_routers_tell_minutes_in_the_order_asked(city: City, kind: RouterKind) -> None:
    made = router(city, kind)
    found = await made.minutes((121.48, 31.23), [(121.47, 31.23), (121.49, 31.23)])

    assert isinstance(made, OsrmRouter if kind is RouterKind.OSRM else ValhallaRouter)
    assert found == pytest.approx([10.0, 70.0], abs=0.1)


async def test_a_walk_is_asked_for_once(city: City) -> None:
    paths = Footpaths(router(city, RouterKind.OSRM))
    end = planar(121.49, 31.2352)
    first = (await paths.around(START, [end], POLICY.walk)).one(START, end)
    again = (await paths.around(START, [end], POLICY.walk)).one(START, end)

    assert first == again
    assert first > 60
    assert len(city.asked) == 1


async def test_a_silent_router_rests_and_the_line_serves(city: City) -> None:
    city.is_silent = True
    paths = Footpaths(router(city, RouterKind.VALHALLA))
    end = planar(121.49, 31.2352)
    walks = [(await paths.around(START, [end], POLICY.walk)).one(START, end) for _ in range(3)]

    assert set(walks) == {POLICY.walk.one(START, end)}
    assert len(city.asked) == 1


def test_a_point_comes_back_from_the_plane() -> None:
    assert unplanar(planar(121.4801, 31.2352)) == pytest.approx(Point(121.4801, 31.2352))


@pytest.fixture
def market() -> Market:
    return Market(5, venues=40)


@pytest.fixture
async def index(market: Market, city: City) -> Following:
    feeds = Feeds()
    feeds.tell("venue", market.venues)
    feeds.tell("offering", [market.offering() for _ in range(400)])
    following = Following(feeds.sources(), POLICY, Footpaths(router(city, RouterKind.OSRM)))
    await following.read()
    return following


@pytest.fixture
async def calls(apps: Apps, index: Following) -> AsyncIterator[httpx.AsyncClient]:
    async with apps.client("matching", own=index) as client:
        yield client


async def test_answers_are_ordered_by_the_real_walk_and_say_so(
    calls: httpx.AsyncClient, bearer: Header, index: Following, market: Market
) -> None:
    needs = [need for need in (market.need() for _ in range(60)) if need.lon is not None]
    asked = {"needs": [each.model_dump(mode="json", exclude_none=True) for each in needs]}
    answer = await calls.post("/v1/matches", json=asked, headers=bearer(Role.RESIDENT))

    results = answer.json()["results"]
    items = [item for result in results for item in result["items"]]
    walked = [item for item in items if item["walking_by"] == "router"]
    known = {str(offer.id): offer for offer in (await index.current()).offers()}
    assert walked
    for need, result in zip(needs, results, strict=True):
        sure = [each["score_minutes"] for each in result["items"] if each["eligible"]]
        assert sure == sorted(sure)
        start = Need.asked(need, DAYS).place
        for item in result["items"]:
            end = known[item["offering_id"]].place
            if item["walking_by"] == "router" and start and end and end.lon > start.lon:
                assert item["walking_minutes"] >= 60
