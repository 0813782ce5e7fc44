"""Signposts: which few routes can answer an address, known before any of them is tried.

FastAPI tries all routes one after another, each behind the router that was included; on a service
of a hundred routes that costs several times what the route itself does. Routes are therefore also
gathered by what their addresses begin with. What no gathering answers goes the whole way.
"""

from collections.abc import Iterable
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

_LED: Final = 2  # segments that are looked at
_MANY: Final = ":path}"  # a parameter that holds several segments

Begin = tuple[int, str, str]  # how many segments, and the first two


class Signposts:
    """Pure ASGI, in the place of the router: leads to the routes that may fit."""

    def __init__(self, app: FastAPI, routes: Iterable[BaseRoute]) -> None:
        """`routes` are those that `app` includes, in the order in which they are to be tried."""
        self._whole = app.router.middleware_stack
        known = [(route, _begin(route.path)) for route in routes if isinstance(route, APIRoute)]
        self._near = {
            asked: _gathered(app, [route for route, own in known if _may_fit(route, own, asked)])
            for asked in {own for _, own in known}
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        near = None
        if scope["type"] == "http" and not scope.get("root_path"):
            count, first, second = _begin(scope["path"])
            near = self._near.get((count, first, second)) or self._near.get((count, first, "{}"))
        await (near or self._whole)(scope, receive, send)


def install_signposts(app: FastAPI, routes: Iterable[BaseRoute]) -> None:
    """Lead to `routes`, which `app` includes already."""
    app.router.middleware_stack = Signposts(app, routes)


def _gathered(app: FastAPI, routes: list[APIRoute]) -> APIRouter:
    """Some routes as the app includes them; what they do not answer goes the whole way."""
    near = APIRouter(
        dependency_overrides_provider=app,
        redirect_slashes=False,
        default=app.router.middleware_stack,
    )
    near.include_router(APIRouter(routes=[*routes]))
    return near


def _begin(path: str) -> Begin:
    segments = path.split("/")
    first, second = (*segments[1 : 1 + _LED], "", "")[:_LED]
    return len(segments), _literal(first), _literal(second)


def _literal(segment: str) -> str:
    return "{}" if "{" in segment else segment


def _may_fit(route: APIRoute, own: Begin, asked: Begin) -> bool:
    """Whether an address that begins as `asked` may be the route's, which begins as `own`."""
    (count, *mine), (length, *led) = own, asked
    if count > length or (count < length and _MANY not in route.path):
        return False
    return all(part in {"{}", other} for part, other in zip(mine, led, strict=True))
