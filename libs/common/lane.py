"""A fast lane for the few routes that are asked thousands of times a second.

It answers a well-formed request, a GET by its query or a POST by its body, of a caller who is known
or anonymous, before all middleware and without looking through the routes; it is counted and logged
as every route is. Everything else, and every refusal, takes the road: the ordinary route of the
same address gets the request whole, so there is one contract and one set of errors. How a lane
reads: `common.lane_reading`; how it writes: `common.lane_writing`; how one answers before there is
a task for it: `common.lane_gate`.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import parse_qsl

import structlog
from fastapi import FastAPI
from pydantic import ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.auth.actor import Actor
from common.auth.permissions import Permission
from common.auth.signing import APP_KEY
from common.auth.trust import Trust
from common.clock import utc_now
from common.edge import DEVELOPMENT_TIME
from common.errors import Problem
from common.idempotency import KEY_LEAST, KEY_LETTER, KEY_MOST
from common.metrics import Metrics
from common.middleware import HEADER, request_id

log = structlog.get_logger(__name__)

_NUL: Final = b"\\u0000"
_DIGITS: Final = 5  # a body below 100 kB
_ODD: Final = frozenset(
    {
        APP_KEY.lower().encode(),
        DEVELOPMENT_TIME.lower().encode(),
        b"transfer-encoding",
        b"content-encoding",
    }
)
_ORIGIN: Final = b"origin"  # what a page may read is the road's to tell, where pages elsewhere ask
_BEARER: Final = b"Bearer "
_ANONYMOUS: Final = Actor.anonymous()
_JSON: Final = (b"content-type", b"application/json")
_KEY: Final = b"idempotency-key"
_NO_HEADERS: Final[Mapping[bytes, bytes]] = MappingProxyType({})
_WITHOUT_BODY: Final = frozenset({204, 304})  # nor its type and length
_GOOD_KEY: Final = re.compile(f"{KEY_LETTER}{{{KEY_LEAST},{KEY_MOST}}}".encode())


class Told(NamedTuple):
    """An answer: a body of JSON, and headers beside its type and length."""

    body: bytes
    headers: Sequence[tuple[bytes, bytes]] = ()
    status: int = 200


class Asked(NamedTuple):
    """A request: what it says, in which state of the app, by whom, under which id and which key.

    What a GET says is its query, as it came; what a POST says its body. Each header is there once.
    """

    said: bytes
    state: Mapping[str, Any]
    actor: Actor
    request_id: str
    key: str = ""
    headers: Mapping[bytes, bytes] = _NO_HEADERS


Answer = Callable[[Asked], Awaitable[Told | None]]
AtOnce = Callable[[Sequence[Asked]], Sequence[Told | None]]


@dataclass(frozen=True, slots=True)
class Lane:
    """A request and its answer; None takes the road.

    A POST changes nothing, unless the lane is `keyed`: then it takes only what bears a good
    Idempotency-Key. `at_once` are the same answers where nothing is to be waited for, to all who
    ask at one time; None leaves the word to `answer`. `address` is told where the path has a
    parameter: one that it may be.
    """

    method: Literal["GET", "POST"]
    path_format: str
    permission: Permission
    answer: Answer
    keyed: bool = False
    at_once: AtOnce | None = None
    address: str = ""


class Waiting(NamedTuple):
    """A request that may be answered at once and waits until others of its time have been read.

    `since` is an instant of `perf_counter`; `take` gets the answer with what was asked, or None
    where the road has the word.
    """

    scope: Mapping[str, Any]
    said: bytes
    since: float
    take: Callable[[tuple[Told, Asked] | None], None]


def plain(query: bytes) -> dict[str, str] | None:
    """The parameters of a query by name; None where one is told twice or holds a NUL."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    said = dict(pairs)
    return said if len(said) == len(pairs) and b"%00" not in query else None


class FastLane:
    """Pure ASGI: tries the lanes, else hands the request on as it came."""

    def __init__(
        self, road: ASGIApp, lanes: Sequence[Lane], metrics: Metrics, *, crosses: bool
    ) -> None:
        self._road = road
        self._odd = _ODD | {_ORIGIN} if crosses else _ODD
        self._lanes: Mapping[tuple[str, str], Lane] = {
            (lane.method, lane.address or lane.path_format): lane for lane in lanes
        }
        self._metrics = metrics
        self._waiting: list[Waiting] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        taken = self.taken(scope) if scope["type"] == "http" else None
        if taken is None:
            await self._road(scope, receive, send)
            return
        started = perf_counter()
        lane, asked = taken
        if lane.method == "POST":
            body = await _whole(receive)
            if body is None:
                return  # the caller has gone
            asked, receive = asked._replace(said=body), _again(body, receive)
        told = await self._told(lane, asked)
        if told is None:
            await self._road(scope, receive, send)
            return
        headers = headers_of(told, asked)
        await send({"type": "http.response.start", "status": told.status, "headers": headers})
        await send({"type": "http.response.body", "body": told.body})
        self.count(lane, asked, told.status, perf_counter() - started)

    def answers_at_once(self, method: str, path: str) -> bool:
        """Whether a lane at this address may answer without waiting."""
        lane = self._lanes.get((method, path))
        return lane is not None and lane.at_once is not None

    def taken(self, scope: Mapping[str, Any], body: bytes = b"") -> tuple[Lane, Asked] | None:
        """The lane of a request that may take one, and what is asked there.

        The body of a POST, where it has not come yet, is put there afterwards.
        """
        lane = self._lanes.get((scope["method"], scope["path"]))
        if lane is None:
            return None
        headers = dict(scope["headers"])
        if not self._odd.isdisjoint(headers) or not _is_plain(lane, scope, headers):
            return None
        actor = _caller(scope, headers)
        if actor is None or not actor.may(lane.permission):
            return None
        own_id = request_id(headers.get(HEADER)).decode()
        key = headers[_KEY].decode() if lane.keyed else ""
        said = body if lane.method == "POST" else scope["query_string"]
        return lane, Asked(said, scope["state"], actor, own_id, key, headers)

    def wait(self, waiting: Waiting) -> None:
        """Answer once everything has been read that lies ready: together costs less than apart.

        What is read, looked for and written by turns would begin each time with cold caches.
        """
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.answer_waiting)
        self._waiting.append(waiting)

    def answer_waiting(self) -> None:
        """Answer all who wait, those of one lane together. Whatever happens, each gets its word."""
        waiting, self._waiting = self._waiting, []
        given: list[tuple[Lane, Asked, int, float]] = []
        without = {id(each): each for each in waiting}
        try:
            for lane, together in self._by_lane(waiting):
                told = self._told_at_once(lane, [asked for _, asked in together])
                for (each, asked), answer in zip(together, told, strict=True):
                    del without[id(each)]
                    _give(each, answer and (answer, asked))
                    if answer is not None:
                        given.append((lane, asked, answer.status, perf_counter() - each.since))
        finally:
            for each in without.values():
                _give(each, None)
        for lane, asked, status, seconds in given:
            self.count(lane, asked, status, seconds)

    def _by_lane(
        self, waiting: Sequence[Waiting]
    ) -> Iterable[tuple[Lane, Sequence[tuple[Waiting, Asked]]]]:
        """Those who may take a lane, with what they ask; all others are left out."""
        by_lane: dict[int, tuple[Lane, list[tuple[Waiting, Asked]]]] = {}
        for each in waiting:
            taken = self.taken(each.scope, each.said)
            if taken is not None:
                lane, asked = taken
                by_lane.setdefault(id(lane), (lane, []))[1].append((each, asked))
        return by_lane.values()

    def _told_at_once(self, lane: Lane, asked: Sequence[Asked]) -> Sequence[Told | None]:
        """What a lane answers without waiting; None also after a fault, which harms no other."""
        assert lane.at_once is not None  # noqa: S101 - else nobody waits
        if not any(_NUL in each.said for each in asked):
            try:
                return lane.at_once(asked)
            except (Problem, ValidationError):
                pass
            except Exception as fault:
                _leave(lane, fault)
        if len(asked) == 1:
            return [None]
        return [self._told_at_once(lane, [each])[0] for each in asked]

    def count(self, lane: Lane, asked: Asked, status: int, seconds: float) -> None:
        """Count an answer and write its line."""
        self._metrics.observe((lane.method, lane.path_format, status), seconds, asked.request_id)

    async def _told(self, lane: Lane, asked: Asked) -> Told | None:
        """The lane's answer; None also after a fault: the road meets it again and tells it."""
        if _NUL in asked.said:
            return None
        bound = structlog.contextvars.bind_contextvars(request_id=asked.request_id)
        self._metrics.in_flight += 1
        try:
            return await lane.answer(asked)
        except (Problem, ValidationError):
            return None
        except Exception as fault:
            _leave(lane, fault)
            return None
        finally:
            self._metrics.in_flight -= 1
            structlog.contextvars.reset_contextvars(**bound)


def install_lanes(app: FastAPI, lanes: Sequence[Lane], metrics: Metrics, *, crosses: bool) -> None:
    """Put lanes before everything that FastAPI puts around a request.

    `crosses` where pages of other origins may ask (CORS).
    """
    if not lanes:
        return
    build = app.build_middleware_stack
    app.build_middleware_stack = lambda: FastLane(  # type: ignore[method-assign]
        build(), lanes, metrics, crosses=crosses
    )


def headers_of(told: Told, asked: Asked) -> list[tuple[bytes, bytes]]:
    """All headers of an answer."""
    own = (HEADER, asked.request_id.encode())
    if told.status in _WITHOUT_BODY:
        return [*told.headers, own]
    return [_JSON, (b"content-length", b"%d" % len(told.body)), *told.headers, own]


def _give(waiting: Waiting, answer: tuple[Told, Asked] | None) -> None:
    """Hand an answer over; who cannot take it harms no other, nor does a log that is full."""
    try:
        waiting.take(answer)
    except Exception as fault:
        with suppress(Exception):
            log.warning("answer not taken", fault=type(fault).__name__)


def _leave(lane: Lane, fault: Exception) -> None:
    """Say so: a lane that is broken is slow, and nobody would see why."""
    log.info("lane left", route=lane.path_format, fault=type(fault).__name__)


def _is_plain(lane: Lane, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> bool:
    """Whether a request says what the lane can hear, once, and nothing else."""
    says_once = len(headers) == len(scope["headers"])
    is_heard = _asks if lane.method == "GET" else _tells
    is_keyed = not lane.keyed or _GOOD_KEY.fullmatch(headers.get(_KEY, b"")) is not None
    return says_once and is_heard(scope, headers) and is_keyed


def _asks(_: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> bool:
    """A GET without a body."""
    return headers.get(b"content-length", b"0") == b"0"


def _tells(scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> bool:
    """A POST of some JSON, and of nothing else."""
    is_json = headers.get(b"content-type", b"").partition(b";")[0] == b"application/json"
    is_short = 0 < len(headers.get(b"content-length", b"")) <= _DIGITS
    return is_json and is_short and not scope["query_string"]


def _caller(scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> Actor | None:
    """The caller: anonymous, or known by a token that is remembered."""
    token = headers.get(b"authorization")
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
