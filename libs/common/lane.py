"""A fast lane for the few routes that are asked thousands of times a second.

It answers a well-formed POST of a caller whose token is known, without looking through the routes
and without a transaction. Everything else, and every refusal, takes the road: the ordinary route
of the same address gets the request whole, so there is one contract and one set of errors. A lane
stands inside the access log and the metrics.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.auth.actor import Actor
from common.auth.permissions import Permission
from common.auth.signing import APP_KEY
from common.clock import utc_now

_NUL: Final = b"\\u0000"
_DIGITS: Final = 5  # a body below 100 kB
_ODD: Final = frozenset({APP_KEY.lower().encode(), b"transfer-encoding", b"content-encoding"})
_BEARER: Final = b"Bearer "

Answer = Callable[[Mapping[str, Any], bytes], Awaitable[bytes | None]]


@dataclass(frozen=True, slots=True)
class Lane:
    """A POST that changes nothing, answered out of the lifespan's state; None takes the road."""

    path_format: str
    permission: Permission
    answer: Answer


class FastLane:
    """Pure ASGI: tries the lanes, else hands the request on as it came."""

    def __init__(self, app: ASGIApp, lanes: Sequence[Lane]) -> None:
        self._app = app
        self._lanes = {lane.path_format: lane for lane in lanes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        lane = self._lane(scope)
        if lane is None:
            await self._app(scope, receive, send)
            return
        body = await _whole(receive)
        if body is None:
            return  # the caller has gone
        answer = None if _NUL in body else await lane.answer(scope["state"], body)
        if answer is None:
            await self._app(scope, _again(body, receive), send)
            return
        scope["route"] = lane  # its name in metrics and log
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(answer)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def _lane(self, scope: Scope) -> Lane | None:
        """The lane of a request that may take one."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["query_string"]:
            return None
        lane = self._lanes.get(scope["path"])
        if lane is None:
            return None
        actor = _known(scope)
        return lane if actor is not None and actor.may(lane.permission) else None


def _known(scope: Scope) -> Actor | None:
    """The caller, when a remembered token is the only credential and the body is plain JSON."""
    said = dict(scope["headers"])
    token = said.get(b"authorization", b"")
    is_plain = said.get(b"content-type", b"").startswith(b"application/json")
    is_short = 0 < len(said.get(b"content-length", b"")) <= _DIGITS
    tokens = scope["state"]["trust"].tokens
    if not is_plain or not is_short or tokens is None or not _ODD.isdisjoint(said):
        return None
    if not token.startswith(_BEARER):
        return None
    known: Actor | None = tokens.known(token[len(_BEARER) :].decode("latin-1"), now=utc_now())
    return known


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
