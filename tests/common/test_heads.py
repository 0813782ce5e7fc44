"""HEAD is answered as GET, without the body; a stream is not even begun."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.background import BackgroundTask
from starlette.responses import StreamingResponse
from starlette.types import Message

from common.heads import Heads

Sent = list[Message]


def app_of(endpoint: Callable[[], Awaitable[Response]]) -> FastAPI:
    app = FastAPI()
    app.add_api_route("/", endpoint, methods=["GET"])
    app.add_middleware(Heads)
    return app


async def asked(app: FastAPI, method: str) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://heads.test") as client:
        return await client.request(method, "/")


@pytest.mark.parametrize("spec", ["2.3", "2.4"])
async def test_a_stream_without_an_end_is_not_begun(spec: str) -> None:
    begun = []

    async def endless() -> AsyncIterator[bytes]:
        begun.append(True)
        while True:
            yield b"data: 1\n\n"
            await asyncio.sleep(0)

    async def stream() -> Response:
        return StreamingResponse(endless(), media_type="text/event-stream")

    scope: dict[str, Any] = {"type": "http", "method": "HEAD", "path": "/", "headers": []}
    scope |= {"query_string": b"", "asgi": {"spec_version": spec}, "http_version": "1.1"}
    sent: Sent = []

    async def send(message: Message) -> None:
        sent.append(message)
        await asyncio.sleep(0)

    async with asyncio.timeout(5):
        await app_of(stream)(scope, asyncio.Event().wait, send)  # type: ignore[arg-type]

    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert (b"content-type", b"text/event-stream; charset=utf-8") in sent[0]["headers"]
    assert (sent[1]["body"], sent[1]["more_body"], begun) == (b"", False, [])
    assert scope["method"] == "HEAD"
    assert scope["route"].path == "/"  # for those who count by it


async def test_events_of_an_endpoint_that_yields_are_not_begun() -> None:
    begun, app = [], FastAPI()

    @app.get("/", response_class=EventSourceResponse)
    async def follow() -> AsyncIterator[ServerSentEvent]:
        while True:
            begun.append(True)
            yield ServerSentEvent(raw_data="1")
            await asyncio.sleep(0.01)

    app.add_middleware(Heads)
    async with asyncio.timeout(5):
        answer = await asked(app, "HEAD")
    heard = len(begun)
    await asyncio.sleep(0.1)

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert (answer.content, len(begun)) == (b"", heard)


async def test_a_file_that_is_not_sent_is_closed_all_the_same() -> None:
    closed = []

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"abc"
            await asyncio.sleep(0)

    async def file() -> Response:
        done = BackgroundTask(closed.append, True)
        return StreamingResponse(pieces(), headers={"Content-Length": "9"}, background=done)

    answer = await asked(app_of(file), "HEAD")

    assert (answer.headers["content-length"], answer.content, closed) == ("9", b"", [True])


async def test_what_has_not_changed_is_told_without_length() -> None:
    async def unchanged() -> Response:
        return Response(status_code=304, headers={"ETag": '"v1"'})

    head, whole = [await asked(app_of(unchanged), method) for method in ("HEAD", "GET")]

    assert (head.status_code, head.headers) == (304, whole.headers)
    assert "content-length" not in head.headers
