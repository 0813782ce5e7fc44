"""A fast lane for the few routes that are asked thousands of times a second.

It answers a well-formed question, a GET by its query or a POST by its body, of a caller who is
known or anonymous, before all middleware, without looking through the routes and without a
transaction; it is counted and logged as every route is. Everything else, and every refusal, takes
the road: the ordinary route of the same address gets the request whole, so there is one contract
and one set of errors.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import parse_qsl

import structlog
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.auth.actor import Actor
from common.auth.permissions import Permission
from common.auth.signing import APP_KEY
from common.auth.trust import Trust
from common.clock import utc_now
from common.edge import DEVELOPMENT_TIME
from common.metrics import Metrics
from common.middleware import HEADER, request_id

_NUL: Final = b"\\u0000"
_DIGITS: Final = 5  # a body below 100 kB
_ODD: Final = frozenset(
    {
        APP_KEY.lower().encode(),
        DEVELOPMENT_TIME.lower().encode(),
        b"transfer-encoding",
        b"content-encoding",
        b"origin",
    }
)
_BEARER: Final = b"Bearer "
_ANONYMOUS: Final = Actor.anonymous()
_JSON: Final = (b"content-type", b"application/json")


class Told(NamedTuple):
    """An answer: a body of JSON, and headers beside its type and length."""

    body: bytes
    headers: Sequence[tuple[bytes, bytes]] = ()


Answer = Callable[[Mapping[str, Any], bytes], Awaitable[Told | None]]


@dataclass(frozen=True, slots=True)
class Lane:
    """A question, answered out of the lifespan's state and what it says; None takes the road.

    What a GET says is its query, as it came; what a POST says, which must change nothing, its body.
    """

    method: Literal["GET", "POST"]
    path_format: str
    permission: Permission
    answer: Answer


def plain(query: bytes) -> dict[str, str] | None:
    """The parameters of a query by name; None where one is told twice or holds a NUL."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    said = dict(pairs)
    return said if len(said) == len(pairs) and b"%00" not in query else None


class FastLane:
    """Pure ASGI: tries the lanes, else hands the request on as it came."""

    def __init__(self, road: ASGIApp, lanes: Sequence[Lane], metrics: Metrics) -> None:
        self._road = road
        self._lanes = {(lane.method, lane.path_format): lane for lane in lanes}
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        lane = self._lane(scope) if scope["type"] == "http" else None
        if lane is None:
            await self._road(scope, receive, send)
            return
        started = perf_counter()
        said: bytes = scope["query_string"]
        if lane.method == "POST":
            body = await _whole(receive)
            if body is None:
                return  # the caller has gone
            said, receive = body, _again(body, receive)
        own_id = request_id(dict(scope["headers"]).get(HEADER))
        told = await _told(lane, scope["state"], said, own_id.decode())
        if told is None:
            await self._road(scope, receive, send)
            return
        length = (b"content-length", b"%d" % len(told.body))
        headers = [_JSON, length, *told.headers, (HEADER, own_id)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": told.body})
        key = lane.method, lane.path_format, 200
        self._metrics.observe(key, perf_counter() - started, own_id.decode())

    def _lane(self, scope: Scope) -> Lane | None:
        """The lane of a request that may take one."""
        lane = self._lanes.get((scope["method"], scope["path"]))
        if lane is None:
            return None
        said = dict(scope["headers"])
        is_plain = _asks if lane.method == "GET" else _tells
        if not _ODD.isdisjoint(said) or not is_plain(scope, said):
            return None
        actor = _caller(scope, said)
        return lane if actor is not None and actor.may(lane.permission) else None


def install_lanes(app: FastAPI, lanes: Sequence[Lane], metrics: Metrics) -> None:
    """Put lanes before everything that FastAPI puts around a request."""
    if not lanes:
        return
    build = app.build_middleware_stack
    app.build_middleware_stack = lambda: FastLane(build(), lanes, metrics)  # type: ignore[method-assign]


async def _told(lane: Lane, state: Mapping[str, Any], said: bytes, told_id: str) -> Told | None:
    """The lane's answer; None also after a fault: the road meets it again and tells it."""
    if _NUL in said:
        return None
    bound = structlog.contextvars.bind_contextvars(request_id=told_id)
    try:
        return await lane.answer(state, said)
    except Exception:
        return None
    finally:
        structlog.contextvars.reset_contextvars(**bound)


def _asks(_: Scope, said: Mapping[bytes, bytes]) -> bool:
    """A GET without a body."""
    return said.get(b"content-length", b"0") == b"0"


def _tells(scope: Scope, said: Mapping[bytes, bytes]) -> bool:
    """A POST of some JSON, and of nothing else."""
    is_json = said.get(b"content-type", b"").startswith(b"application/json")
    is_short = 0 < len(said.get(b"content-length", b"")) <= _DIGITS
    return is_json and is_short and not scope["query_string"]


def _caller(scope: Scope, said: Mapping[bytes, bytes]) -> Actor | None:
    """The caller: anonymous, or known by a token that is remembered."""
    token = said.get(b"authorization")
    if token is None:
        return _ANONYMOUS
    if not token.startswith(_BEARER):
        return None
    trust: Trust = scope["state"]["trust"]
    return trust.remembered(token[len(_BEARER) :], now=utc_now())


async def _whole(receive: Receive) -> bytes | None:
    """The body, whose length was told and is short; None when the caller went away."""
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """Receive the body once more, then whatever follows."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again
