"""A lane that reads: the endpoint of a GET that many ask, without what is around it.

The lane calls the very endpoint that the route calls, with what the route would give it: FastAPI
has read what an endpoint and its dependencies declare, and the lane goes through the same tree,
made ready once. The session goes straight to the driver for whoever asks by `common.spelt`.
Whatever is odd, a parameter that is refused or unknown among it, takes the road, which says so.
"""

from collections.abc import Callable, Mapping, Sequence
from inspect import isclass, iscoroutinefunction
from typing import Any, Final, NamedTuple, get_args, get_origin

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from common.ending import in_one_statement
from common.errors import Invalid
from common.lane import Asked, Lane, Told, plain
from common.route import TransactionRoute
from common.strictness import known_parameters, timed_parameters

_TOLD_ANYWAY: Final = frozenset({b"content-type", b"content-length"})


def reading(router: APIRouter, path: str, *, unless: Sequence[str] = (), **filled: str) -> Lane:
    """The lane of a GET; `filled` are the parameters of its path.

    `unless` names headers with which it takes the road. Raises TypeError where an endpoint asks
    for what no lane can give.
    """
    route = next(
        route
        for route in router.routes
        if isinstance(route, TransactionRoute) and route.path == path and route.methods == {"GET"}
    )
    if route.needs is None or route.response_field is None:
        raise TypeError(f"GET {path} names no permission, or no model of its answer")
    answer = _Reading(route, filled, frozenset(name.lower().encode() for name in unless))
    address = path.format(**filled)
    return Lane("GET", route.path_format, route.needs.permission, answer, address=address)


class _Reading:
    """Answers out of an endpoint as its route would."""

    def __init__(
        self, route: TransactionRoute, filled: Mapping[str, str], unless: frozenset[bytes]
    ) -> None:
        self._call = _Call(route.dependant, filled)
        # Of a day or an instant the road says what is wrong with it.
        self._known = known_parameters(route.dependant) - timed_parameters(route.dependant).keys()
        self._unless = unless
        self._field: Any = route.response_field
        self._status = route.status_code or 200

    async def __call__(self, asked: Asked) -> Told | None:
        """The answer. Whatever is raised says: take the road."""
        said = plain(asked.said)
        if said is None or not said.keys() <= self._known:
            return None
        if not self._unless.isdisjoint(asked.headers):
            return None
        told = Response()
        told.raw_headers.clear()
        async with asked.state["sessions"].straight() as session:
            session.info["request_id"] = asked.request_id
            in_one_statement(session)
            found = await self._call(_Given(said, _request(asked, session), told))
            if isinstance(found, Response):
                return _as_told(found)
            body = self._body(found)
        return Told(body, told.raw_headers, self._status)

    def _body(self, found: Any) -> bytes:
        """What was found as the route checks and writes it."""
        value, faults = self._field.validate(found, {}, loc=("response",))
        if faults:
            raise ValueError("not what the route promises")
        body: bytes = self._field.serialize_json(value)
        return body


class _Given(NamedTuple):
    """What a request gives to an endpoint."""

    said: Mapping[str, str]
    request: Request
    response: Response


class _Call:
    """A function with what it asks for: an endpoint, or what one depends on."""

    def __init__(self, dependant: Dependant, filled: Mapping[str, str]) -> None:
        self._function = _coroutine(dependant)
        self._inner = [(each.name, _Call(each, filled)) for each in dependant.dependencies]
        self._queries = [_Parameter(each) for each in dependant.query_params]
        self._headers = [_Parameter(each) for each in dependant.header_params]
        paths = [_Parameter(each) for each in dependant.path_params]
        self._fixed = {each.name: each.read(filled.get(each.alias)) for each in paths}
        self._request, self._response = (
            dependant.request_param_name,
            dependant.response_param_name,
        )

    async def __call__(self, given: _Given) -> Any:
        values = dict(self._fixed)
        for query in self._queries:
            values[query.name] = query.read(given.said.get(query.alias))
        for header in self._headers:
            values[header.name] = header.read(given.request.headers.get(header.spelling))
        if self._request:
            values[self._request] = given.request
        if self._response:
            values[self._response] = given.response
        for name, call in self._inner:
            found = await call(given)
            if name:
                values[name] = found
        return await self._function(**values)


class _Parameter:
    """A parameter of an endpoint as FastAPI reads it."""

    def __init__(self, field: Any) -> None:
        self.name: str = field.name
        self.alias: str = field.validation_alias or field.alias
        self.spelling = self.alias.replace("_", "-")  # as a header
        self._field = field
        self._is_required = field.field_info.is_required()
        self._default = None if self._is_required else field.default

    def read(self, said: str | None) -> Any:
        """The value of what was said. Raises `Invalid`, which the road tells in its own words."""
        if said is None:
            if self._is_required:
                raise Invalid
            return self._default
        value, faults = self._field.validate(said, {}, loc=())
        if faults:
            raise Invalid
        return value


def _coroutine(dependant: Dependant) -> Callable[..., Any]:
    """The function of a dependant. Raises TypeError where it asks for what no lane can give."""
    function = dependant.call
    if function is None or not (
        iscoroutinefunction(function) or iscoroutinefunction(type(function).__call__)
    ):
        raise TypeError(f"{function}: no coroutine")
    others = (
        *(dependant.body_params, dependant.cookie_params, dependant.websocket_param_name),
        *(dependant.http_connection_param_name, dependant.background_tasks_param_name),
        dependant.security_scopes_param_name,
    )
    if any(others) or any(map(_is_of_many, (*dependant.query_params, *dependant.header_params))):
        raise TypeError(f"{function}: asks for what no lane can give")
    return function


def _is_of_many(field: Any) -> bool:
    """Whether a parameter may be told more than once, or is a model of several."""
    annotation = field.field_info.annotation
    kinds = [get_origin(each) or each for each in (annotation, *get_args(annotation))]
    return any(
        isclass(each) and issubclass(each, BaseModel | list | tuple | set | frozenset)
        for each in kinds
    )


def _request(asked: Asked, session: AsyncSession) -> Request:
    """The request as its endpoint may look at it; its body and its end are out of sight."""
    own = {"session": session, "actor": asked.actor, "request_id": asked.request_id}
    scope = {
        "type": "http",
        "method": "GET",
        "headers": [*asked.headers.items()],
        "query_string": asked.said,
        "state": {**asked.state, **own},
    }
    return Request(scope)


def _as_told(answer: Response) -> Told:
    """What an endpoint has written itself, as JSON."""
    headers = [each for each in answer.raw_headers if each[0] not in _TOLD_ANYWAY]
    return Told(bytes(answer.body), headers, answer.status_code)
