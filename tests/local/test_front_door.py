"""The front door: hands on everything, adds nothing, and says so when nobody is behind it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from deploy.local import front_door

PUBLIC = "http://city.test:8000"


class Upstream:
    """A service that tells what it heard."""

    def __init__(self) -> None:
        self.left = asyncio.Event()
        self.gate = asyncio.Event()
        self.broken_off = 0
        self.app = Starlette(
            routes=[
                Route("/echo{rest:path}", self.echo, methods=["GET", "POST"]),
                Route("/slow", self.slow),
                Route("/pieces", self.pieces),
                Route("/broken/{length}", self.broken),
            ]
        )

    async def echo(self, request: Request) -> Response:
        body = await request.body()
        return JSONResponse(
            {
                "target": request.scope["raw_path"].decode(),
                "query": request.scope["query_string"].decode(),
                "headers": [[n.decode(), v.decode()] for n, v in request.headers.raw],
                "size": len(body),
            },
            headers={"Connection": "close, X-Hop", "X-Hop": "1", "X-Kept": "2"},
        )

    async def slow(self, request: Request) -> Response:
        while not await request.is_disconnected():
            await asyncio.sleep(0.02)
        self.left.set()
        return Response()

    async def pieces(self, _: Request) -> Response:
        async def body() -> AsyncIterator[bytes]:
            yield b"first"
            await self.gate.wait()
            yield b"second"

        return StreamingResponse(body())

    async def broken(self, request: Request) -> Response:
        self.broken_off += 1

        async def body() -> AsyncIterator[bytes]:
            yield b"first"
            raise ConnectionResetError

        return StreamingResponse(body(), headers={"Content-Length": request.path_params["length"]})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """The app on a real socket."""
    config = uvicorn.Config(
        app,
        port=free_port(),
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{config.port}"
    server.should_exit = True
    await task


@pytest.fixture
async def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
async def door(upstream: Upstream) -> AsyncIterator[httpx.AsyncClient]:
    """Calls to a front door with one service behind it and one that is down."""
    async with served(upstream.app) as address:
        names = {"registry": address, "matching": f"http://127.0.0.1:{free_port()}"}
        async with (
            served(front_door.build(names, public=PUBLIC)) as public,
            httpx.AsyncClient(base_url=public, trust_env=False) as client,
        ):
            yield client


async def test_path_and_query_arrive_as_written_without_the_prefix(
    door: httpx.AsyncClient,
) -> None:
    heard = (await door.get("/registry/echo/a%2Fb%20%e5%8a%a9?q=%E5%8A%A9%e9%a4%90&q=+")).json()

    assert heard["target"] == "/echo/a%2Fb%20%e5%8a%a9"
    assert heard["query"] == "q=%E5%8A%A9%e9%a4%90&q=+"


async def test_the_service_learns_where_the_call_came_in_and_is_not_fooled(
    door: httpx.AsyncClient,
) -> None:
    forged = {"Host": "evil.test", "X-Forwarded-Host": "evil.test", "X-Forwarded-For": "9.9.9.9"}

    heard = (await door.get("/registry/echo", headers={**forged, "X-Own": "1"})).json()

    headers: dict[str, Any] = dict(heard["headers"])
    assert headers["x-forwarded-prefix"] == "/registry"
    assert headers["x-forwarded-host"] == "city.test:8000"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-own"] == "1"
    assert "evil.test" not in str(heard)


async def test_headers_of_one_hop_stay_there(door: httpx.AsyncClient) -> None:
    sent = {"Connection": "close, X-Mine", "X-Mine": "1", "TE": "trailers"}

    answer = await door.get("/registry/echo", headers=sent)

    heard = dict(answer.json()["headers"])
    assert "x-mine" not in heard
    assert "te" not in heard
    assert "x-hop" not in answer.headers
    assert answer.headers["x-kept"] == "2"


async def test_a_large_upload_passes_in_pieces(door: httpx.AsyncClient) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"x" * 65536

    answer = await door.post("/registry/echo", content=body())

    assert answer.json()["size"] == 64 * 65536


async def test_an_answer_is_handed_on_while_it_is_still_being_written(
    door: httpx.AsyncClient, upstream: Upstream
) -> None:
    async with door.stream("GET", "/registry/pieces") as answer:
        pieces = answer.aiter_raw()
        assert await anext(pieces) == b"first"
        upstream.gate.set()
        assert await anext(pieces) == b"second"


async def test_who_hangs_up_leaves_no_request_behind(
    door: httpx.AsyncClient, upstream: Upstream
) -> None:
    with pytest.raises(httpx.ReadTimeout):
        await door.get("/registry/slow", timeout=0.2)

    await asyncio.wait_for(upstream.left.wait(), 3)


@pytest.mark.parametrize(("language", "words"), [("zh", "暂不可用"), ("en", "not available")])
async def test_a_service_that_is_down_is_a_503_with_retry_after(
    door: httpx.AsyncClient, language: str, words: str
) -> None:
    answer = await door.get("/matching/v1/needs", headers={"Accept-Language": language})

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


async def test_a_silent_service_is_a_504(
    door: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_door, "TIMEOUT", httpx.Timeout(0.2))

    answer = await door.get("/registry/slow")

    assert answer.status_code == 504
    assert answer.json()["type"] == "gateway-timeout"


async def test_a_short_answer_that_breaks_off_is_a_503(door: httpx.AsyncClient) -> None:
    answer = await door.get("/registry/broken/100")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"


async def test_a_call_whose_nonce_is_spent_is_not_sent_twice(
    door: httpx.AsyncClient, upstream: Upstream
) -> None:
    signed = await door.get("/registry/broken/100", headers={"X-App-Key": "portal"})
    once = upstream.broken_off
    await door.get("/registry/broken/100")

    assert (signed.status_code, once) == (503, 1)
    assert upstream.broken_off == 3  # anybody else's is tried again


async def test_a_long_answer_that_breaks_off_is_not_passed_as_whole(
    door: httpx.AsyncClient,
) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await door.get("/registry/broken/100000")


async def test_the_first_page_speaks_both_languages(door: httpx.AsyncClient) -> None:
    page = (await door.get("/")).text

    assert "资源库" in page
    assert 'href="registry/docs"' in page
    assert orjson.loads((await door.get("/.well-known/jwks.json")).content) == {"keys": []}
