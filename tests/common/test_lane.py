"""The fast lane: answers what is plain, hands everything else on untouched."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.testing import capture_logs

from common.auth.actor import Actor
from common.auth.permissions import Permission
from common.auth.roles import ActorKind, Role
from common.auth.trust import Trust
from common.lane import Asked, FastLane, Lane, Told, plain
from common.metrics import Metrics

PATH, WRITTEN = "/v1/matches", "/v1/ratings"
TOKEN = {"Authorization": "Bearer known", "Content-Type": "application/json"}


async def answer(asked: Asked) -> Told | None:
    """Answers what asks for the lane by name."""
    if b"fault" in asked.said:
        raise ConnectionError
    return Told(b'{"by":"lane"}', [(b"age", b"3")]) if b"lane" in asked.said else None


async def write(asked: Asked) -> Told:
    """Answers with the key that came."""
    return Told(b'{"by":"lane"}', [(b"key", asked.key.encode())], 201)


async def road(request: Request) -> JSONResponse:
    """The ordinary route tells what reached it."""
    return JSONResponse({"by": "road", "said": (await request.body()).decode()})


class Remembered:
    """Tokens that were verified before."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    def known(self, token: bytes, *, now: datetime) -> Actor | None:
        """The actor of the one token."""
        assert now.tzinfo is not None
        return self._actor if token == b"known" else None


def call(app: ASGIApp, actor: Actor) -> httpx.AsyncClient:
    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        state = {"trust": Trust(Remembered(actor))}
        await app({**scope, "state": state}, receive, send)

    return httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://lane.test")


@pytest.fixture
def app() -> ASGIApp:
    return laned(crosses=True)


def laned(*, crosses: bool) -> ASGIApp:
    """Lanes before a road."""
    lanes = [
        Lane("POST", PATH, Permission.MATCH_QUERY, answer),
        Lane("GET", PATH, Permission.OFFERING_READ, answer),
        Lane("POST", WRITTEN, Permission.RATING_WRITE, write, keyed=True),
    ]
    routes = [Route(PATH, road, methods=["GET", "POST"]), Route(WRITTEN, road, methods=["POST"])]
    road_app = Starlette(routes=routes)
    metrics = Metrics("matching", (), lambda **_: None)
    return FastLane(road_app, lanes, metrics, crosses=crosses)


@pytest.fixture
def resident(actor: Callable[..., Actor]) -> Actor:
    return actor(Role.RESIDENT)


async def test_a_plain_question_of_a_known_caller_takes_the_lane(
    app: ASGIApp, resident: Actor
) -> None:
    async with call(app, resident) as client:
        said = await client.post(PATH, content=b'"lane"', headers=TOKEN)

    assert said.json() == {"by": "lane"}
    assert said.headers["content-type"] == "application/json"
    assert len(said.headers["x-request-id"]) == 36


@pytest.mark.parametrize(
    ("content", "headers", "query"),
    [
        (b'"other"', {}, ""),  # the lane does not know the answer
        (b'"lane"', {"Authorization": "Bearer new"}, ""),
        (b'"lane"', {"Content-Type": "text/plain"}, ""),
        (b'"lane"', {"Content-Type": "application/jsonp"}, ""),
        (b'"lane \\u0000"', {}, ""),
        (b'"lane", "fault"', {}, ""),  # whatever goes wrong is told by the route
        (b'"lane"', {"Origin": "https://portal.test"}, ""),
        (b'"lane"', {"Content-Encoding": "gzip"}, ""),
        (b'"lane"', {}, "?typo=1"),
        (b'"lane' + b" " * 100_000 + b'"', {}, ""),
    ],
)
async def test_everything_else_reaches_the_route_whole(
    app: ASGIApp, resident: Actor, content: bytes, headers: dict[str, str], query: str
) -> None:
    async with call(app, resident) as client:
        said = await client.post(PATH + query, content=content, headers={**TOKEN, **headers})

    assert said.json() == {"by": "road", "said": content.decode()}


async def test_a_fault_on_the_lane_leaves_a_line(app: ASGIApp, resident: Actor) -> None:
    with capture_logs() as lines:
        async with call(app, resident) as client:
            said = await client.post(PATH, content=b'"lane", "fault"', headers=TOKEN)

    assert said.json()["by"] == "road"
    assert [(line["event"], line["fault"]) for line in lines] == [("lane left", "ConnectionError")]


async def test_where_no_other_origin_may_ask_a_page_takes_the_lane(resident: Actor) -> None:
    headers = {**TOKEN, "Origin": "https://portal.test"}
    async with call(laned(crosses=False), resident) as client:
        said = await client.post(PATH, content=b'"lane"', headers=headers)

    assert said.json()["by"] == "lane"


async def test_who_may_not_ask_is_refused_by_the_route(
    app: ASGIApp, actor: Callable[..., Actor]
) -> None:
    async with call(app, actor(Role.AUDITOR)) as client:
        said = await client.post(PATH, content=b'"lane"', headers=TOKEN)

    assert said.json()["by"] == "road"


async def test_an_app_takes_the_road_where_its_calls_are_counted(
    app: ASGIApp, actor: Callable[..., Actor]
) -> None:
    async with call(app, actor(Role.RESIDENT, kind=ActorKind.APP)) as client:
        asked = await client.get(f"{PATH}?q=lane", headers=TOKEN)
        told = await client.post(PATH, content=b'"lane"', headers=TOKEN)

    assert asked.json()["by"] == told.json()["by"] == "road"


async def test_a_body_in_pieces_is_read_whole_when_its_length_is_told(
    app: ASGIApp, resident: Actor
) -> None:
    async def pieces() -> Any:
        yield b'"la'
        yield b'ne"'

    async with call(app, resident) as client:
        told = await client.post(PATH, content=pieces(), headers={**TOKEN, "Content-Length": "6"})
        untold = await client.post(PATH, content=pieces(), headers=TOKEN)

    assert told.json() == {"by": "lane"}
    assert untold.json() == {"by": "road", "said": '"lane"'}


async def test_a_question_in_a_query_takes_the_lane_with_a_token_and_without(
    app: ASGIApp, resident: Actor
) -> None:
    async with call(app, resident) as client:
        known = await client.get(f"{PATH}?q=lane", headers=TOKEN)
        anonymous = await client.get(f"{PATH}?q=lane")

    assert known.json() == anonymous.json() == {"by": "lane"}
    assert anonymous.headers["age"] == "3"


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("?q=other", {}),
        ("", {}),
        ("?q=lane", {"Authorization": "Bearer new"}),
        ("?q=lane", {"Authorization": "Basic known"}),
        ("?q=lane", {"X-App-Key": "portal"}),
        ("?q=lane", {"Development-Time": "2026-03-02T10:00:00+08:00"}),
    ],
)
async def test_any_other_question_in_a_query_takes_the_road(
    app: ASGIApp, resident: Actor, query: str, headers: dict[str, str]
) -> None:
    async with call(app, resident) as client:
        said = await client.get(PATH + query, headers=headers)

    assert said.json()["by"] == "road"


@pytest.mark.parametrize("query", [b"q=a&q=b", b"q=a%00", b"q=%00"])
def test_a_query_that_says_a_thing_twice_or_holds_a_nul_is_not_plain(query: bytes) -> None:
    assert plain(query) is None


def test_a_plain_query_says_what_the_road_would_read() -> None:
    assert plain(b"q=%E5%8A%A9%E9%A4%90&area=") == {"q": "助餐", "area": ""}
    assert plain(b"q=%E5%8A%A9%E9%A4%90+b&open_now=true") == {"q": "助餐 b", "open_now": "true"}


@pytest.mark.parametrize("key", ["12345678", "k" * 200])
async def test_what_changes_something_takes_the_lane_with_its_key(
    app: ASGIApp, resident: Actor, key: str
) -> None:
    async with call(app, resident) as client:
        said = await client.post(WRITTEN, content=b"{}", headers={**TOKEN, "Idempotency-Key": key})

    assert (said.status_code, said.json(), said.headers["key"]) == (201, {"by": "lane"}, key)


@pytest.mark.parametrize("keys", [[], ["1234567"], ["k" * 201], ["1234 5678"], ["12345678"] * 2])
async def test_without_one_good_key_it_takes_the_road(
    app: ASGIApp, resident: Actor, keys: list[str]
) -> None:
    headers = [*TOKEN.items(), *(("Idempotency-Key", key) for key in keys)]
    async with call(app, resident) as client:
        said = await client.post(WRITTEN, content=b"{}", headers=headers)

    assert said.json()["by"] == "road"
