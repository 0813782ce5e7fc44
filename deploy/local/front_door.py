"""One address for the four services on this machine: `/registry/…` goes to the registry, and so on.

Streams both ways and adds nothing of its own: long polls, uploads and downloads of any size pass.
A production site uses its own gateway; deploy/README.md says what it has to do.
"""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from common.errors import Text, Unavailable
from common.problem_details import answer
from common.serve import IDLE_S
from deploy.local.landing import landing
from deploy.local.relay import Caller, GatewayTimeout, Headers, passing, relay

# A long poll may stay silent for 55 s, an import of a large table for longer.
TIMEOUT: Final = httpx.Timeout(connect=2.0, read=180.0, write=60.0, pool=5.0)
LIMITS: Final = httpx.Limits(max_connections=400, max_keepalive_connections=64)

FORWARDED: Final = (b"forwarded", b"x-forwarded-")


class Passage:
    """The way to one service: an ASGI app that hands requests on and answers back."""

    def __init__(self, name: str, upstream: str, public: str) -> None:
        self._name = name
        self._upstream = upstream
        self._public = urlsplit(public)
        self._prefix = f"/{name}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope)
        caller = Caller(receive, has_body=_has_body(scope["headers"]))
        outgoing = httpx.Request(
            scope["method"],
            self._upstream,
            headers=self.headers_upward(scope),
            content=caller.body() if caller.has_body else None,
            extensions={"target": self._target(scope), "timeout": TIMEOUT.as_dict()},
        )
        try:
            await relay(request.state.upstreams, outgoing, caller, send)
        except (httpx.ReadTimeout, httpx.WriteTimeout):
            await answer(request, GatewayTimeout(what=self._name))(scope, receive, send)
        except httpx.TransportError:
            await answer(request, self._unavailable())(scope, receive, send)

    def _unavailable(self) -> Unavailable:
        return Unavailable(what=Text(f"服务 {self._name} ", f"The service {self._name}"))

    def _target(self, scope: Scope) -> bytes:
        """Path and query as the caller wrote them, without our prefix: signatures depend on it."""
        path: bytes = scope["raw_path"].partition(b"?")[0].removeprefix(self._prefix) or b"/"
        query: bytes = scope["query_string"]
        return path + b"?" + query if query else path

    def headers_upward(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """The caller's headers, without what concerns this hop, with where the call came in."""
        kept = [
            (name, value)
            for name, value in passing(scope["headers"])
            if name != b"host" and not name.startswith(FORWARDED)
        ]
        client = scope["client"][0] if scope.get("client") else "unknown"
        return [
            *kept,
            (b"host", urlsplit(self._upstream).netloc.encode()),
            (b"x-forwarded-for", client.encode()),
            (b"x-forwarded-host", self._public.netloc.encode()),
            (b"x-forwarded-proto", self._public.scheme.encode()),
            (b"x-forwarded-prefix", self._prefix),
        ]


def _has_body(headers: Headers) -> bool:
    given = dict(headers)
    return b"transfer-encoding" in given or given.get(b"content-length", b"0") != b"0"


def build(upstreams: Mapping[str, str], *, public: str, jwks: Path | None = None) -> ASGIApp:
    """The front door to `upstreams` (name to address), reached by the world at `public`."""

    published = jwks.read_bytes() if jwks else b'{"keys":[]}'

    async def welcome(_: Request) -> Response:
        return HTMLResponse(landing(public, tuple(upstreams)))

    async def alive(_: Request) -> Response:
        return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})

    async def keys(_: Request) -> Response:
        return Response(published, media_type="application/jwk-set+json")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
        async with httpx.AsyncClient(timeout=TIMEOUT, limits=LIMITS, trust_env=False) as client:
            yield {"upstreams": client}

    routes = [
        Route("/", welcome),
        Route("/healthz", alive),
        Route("/.well-known/jwks.json", keys),
        *(Mount(f"/{name}", Passage(name, at, public)) for name, at in upstreams.items()),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def main() -> None:
    """Serve; the environment names the upstreams as `registry=http://…,matching=…`."""
    environment = os.environ
    named = (pair.partition("=") for pair in environment["FRONT_DOOR_UPSTREAMS"].split(","))
    app = build(
        {name: address for name, _, address in named},
        public=environment["FRONT_DOOR_PUBLIC"],
        jwks=Path(environment["FRONT_DOOR_JWKS"]),
    )
    uvicorn.run(
        app,
        host=environment["HOST"],
        port=int(environment["PORT"]),
        access_log=False,
        server_header=False,
        date_header=False,  # the service's own is handed on
        proxy_headers=False,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
