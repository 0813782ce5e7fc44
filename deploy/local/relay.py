"""Handing one request on and its answer back, in pieces, and stopping when the caller has gone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Final

import httpx
from starlette.types import Message, Receive, Send

from common.auth.signing import APP_KEY
from common.errors import Problem, Text

SHORT: Final = 65_536  # bytes of an answer that is read before any of it is handed on
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS"})
# Of what carries one of these a second copy cannot be sent: its body is spent, or its nonce.
ONCE_HEADERS = frozenset({"content-length", "transfer-encoding", APP_KEY.lower()})

HOP_BY_HOP: Final = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate"),
        *(b"proxy-authorization", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"expect"),
    }
)
Headers = Sequence[tuple[bytes, bytes]]


class GatewayTimeout(Problem):
    """504: the service took the request and said nothing in time."""

    status, slug = 504, "gateway-timeout"
    title = Text("服务响应超时", "The service did not answer in time")
    detail = Text(
        "服务 {what} 未在规定时间内响应；请查询结果后再重试。",
        "The service {what} did not answer in time; see what came of it before trying again.",
    )


class CallerGoneError(Exception):
    """Nobody is there any more to hear the answer."""


class Caller:
    """The near side of a request: its body in pieces, and whether it is still there."""

    def __init__(self, receive: Receive, *, has_body: bool) -> None:
        self._receive = receive
        self._complete = asyncio.Event()
        self.has_body = has_body
        if not has_body:
            self._complete.set()

    async def body(self) -> AsyncIterator[bytes]:
        """The body as it comes in. Raises `CallerGoneError` when it breaks off."""
        more = True
        while more:
            message: Message = await self._receive()
            if message["type"] == "http.disconnect":
                raise CallerGoneError
            more = message.get("more_body", False)
            if message.get("body"):
                yield message["body"]
        self._complete.set()

    async def gone(self) -> None:
        """Returns when the caller has hung up."""
        await self._complete.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def relay(
    client: httpx.AsyncClient,
    request: httpx.Request,
    caller: Caller,
    send: Send,
) -> None:
    """Send `request`, give the answer to `send`. httpx's errors come only before it starts.

    A short answer starts when all of it is here: who is killed over it leaves no half of one.
    When the caller hangs up, the request upstream is dropped: a long poll costs nothing then.
    """
    passing = asyncio.create_task(_pass(client, request, send))
    leaving = asyncio.create_task(caller.gone())
    try:
        await asyncio.wait({passing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if passing.done():
            with suppress(CallerGoneError):
                passing.result()
    finally:
        for task in (passing, leaving):
            task.cancel()
        await asyncio.gather(passing, leaving, return_exceptions=True)


async def _pass(client: httpx.AsyncClient, request: httpx.Request, send: Send) -> None:
    response, pieces = await _answered(client, request)
    try:
        headers = passing([(name.lower(), value) for name, value in response.headers.raw])
        start = {"type": "http.response.start", "status": response.status_code}
        await send({**start, "headers": headers})
        try:
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except httpx.TransportError as fault:
            # Too late for a problem: breaking off is what tells the caller that a part is missing.
            raise ConnectionResetError("the service broke off its answer") from fault
        await send({"type": "http.response.body", "body": b""})
    finally:
        await response.aclose()


async def _answered(
    client: httpx.AsyncClient, request: httpx.Request
) -> tuple[httpx.Response, AsyncIterator[bytes]]:
    """A kept connection may have been closed meanwhile; what changes nothing may be sent twice."""
    try:
        return await _begun(client, request)
    except (httpx.RemoteProtocolError, httpx.ReadError):
        if request.method not in IDEMPOTENT or ONCE_HEADERS & request.headers.keys():
            raise
        return await _begun(client, request)


async def _begun(
    client: httpx.AsyncClient, request: httpx.Request
) -> tuple[httpx.Response, AsyncIterator[bytes]]:
    """An answer that has begun, and its body; a short one is all here by then."""
    response = await client.send(request, stream=True)
    pieces = response.aiter_raw()
    if int(response.headers.get("content-length", SHORT + 1)) > SHORT:
        return response, pieces
    try:
        return response, _given([piece async for piece in pieces])
    except httpx.TransportError:
        await response.aclose()
        raise


async def _given(pieces: Sequence[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def passing(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Headers that go beyond this hop (RFC 9110, section 7.6.1)."""
    named = {
        token.strip().lower()
        for name, value in headers
        if name == b"connection"
        for token in value.split(b",")
    }
    return [(name, value) for name, value in headers if name not in HOP_BY_HOP | named]
