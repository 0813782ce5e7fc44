"""A lane that writes: the endpoint of a route that takes its key last, without what is around it.

The lane calls the very endpoint that the route calls, or one for the common case, in a transaction
of the same kind, and keeps the same answer by the same key. Whatever fails there leaves nothing
behind, and the request takes the road from its start. Where the commit happened and its answer was
lost, the road finds the key taken, as each retry does, and the answer that was kept.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from inspect import isclass, signature
from typing import Any, Final, NamedTuple, get_type_hints

from fastapi import APIRouter
from pydantic import BaseModel, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from common.auth.actor import Actor
from common.clock import utc_now
from common.crypto.keys import Keys
from common.edge import KeyRing, Now, Session
from common.idempotency import keep_late
from common.lane import Asked, Lane, Told
from common.route import TransactionRoute


class _Given(NamedTuple):
    """What an endpoint may ask for."""

    wish: Any
    session: AsyncSession
    actor: Actor
    keys: Keys
    now: datetime
    response: Response


_DECLARED: Final = ((Session, "session"), (KeyRing, "keys"), (Now, "now"), (Response, "response"))


def writing(router: APIRouter, path: str, at_once: Callable[..., Any] | None = None) -> Lane:
    """The lane of a POST.

    A route that takes its key first, because it may do more than one statement can, has another
    endpoint for the lane, that does what is common `at_once`. Raises TypeError where an endpoint
    asks for what no lane can give.
    """
    route = next(
        route
        for route in router.routes
        if isinstance(route, TransactionRoute) and route.path == path and route.methods == {"POST"}
    )
    if route.needs is None or not (route.late_key or at_once):
        raise TypeError(f"POST {path} does not take its key last")
    answer = _Writing(route, at_once or route.endpoint)
    return Lane("POST", path, route.needs.permission, answer, keyed=True)


class _Writing:
    """Answers out of an endpoint as its route would."""

    def __init__(self, route: TransactionRoute, endpoint: Callable[..., Any]) -> None:
        self._route, self._endpoint = route, endpoint
        self._asks = _asks(endpoint)
        self._wish: TypeAdapter[Any] = TypeAdapter(_wish(endpoint))
        self._answer: TypeAdapter[Any] = TypeAdapter(route.response_model)

    async def __call__(self, asked: Asked) -> Told:
        """Write and keep the answer. Whatever is raised says: take the road."""
        wish = self._wish.validate_json(asked.said)
        state, now, told = asked.state, utc_now(), Response()
        del told.headers["content-length"]
        target = f"POST {self._route.path}"
        call = self._route.call(asked.actor, target, asked.key, b"\n" + asked.said)
        async with state["sessions"].straight() as session:
            session.info["request_id"] = asked.request_id
            given = _Given(wish, session, asked.actor, state["keys"], now, told)
            asks = {name: getattr(given, of) for name, of in self._asks.items()}
            body = self._answer.dump_json(await self._endpoint(**asks), by_alias=True)
            answer = self._whole(body, told)
            days = state["settings"].idempotency_days
            keep_late(session, call, state["keys"], answer, now=now, days=days)
        return Told(body, told.raw_headers, answer.status_code)

    def _whole(self, body: bytes, told: Response) -> Response:
        """The answer as the road would give it."""
        status = self._route.status_code or 200
        answer = Response(body, status, media_type="application/json")
        answer.raw_headers.extend(told.raw_headers)
        return answer


def _asks(endpoint: Callable[..., Any]) -> Mapping[str, str]:
    """Which parameter gets what; one that is left out has a default, as the query has here."""
    hints = get_type_hints(endpoint, include_extras=True)
    asks = {}
    for name, parameter in signature(endpoint).parameters.items():
        of = _of(hints[name])
        if of is not None:
            asks[name] = of
        elif parameter.default is parameter.empty:
            raise TypeError(f"{endpoint.__qualname__} asks for {name}, which no lane can give")
    return asks


def _of(hint: Any) -> str | None:
    if any(hasattr(getattr(each, "dependency", None), "permission") for each in _marks(hint)):
        return "actor"
    if isclass(hint) and issubclass(hint, BaseModel):
        return "wish"
    return next((of for declared, of in _DECLARED if declared == hint), None)


def _marks(hint: Any) -> tuple[Any, ...]:
    marks: tuple[Any, ...] = getattr(hint, "__metadata__", ())
    return marks


def _wish(endpoint: Callable[..., Any]) -> Any:
    hints = get_type_hints(endpoint, include_extras=True)
    return next(hint for name, hint in hints.items() if name != "return" and _of(hint) == "wish")
