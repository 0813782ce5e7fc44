"""Prometheus figures of one app: requests by route, in flight, pool, and what others add.

A registry per app; the process's own figures (memory, feeds, leaders) come with it. Times are
seconds. Labels are route templates, never addresses: an address may hold an id, and each new value
is a new time series.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from time import perf_counter
from typing import Any, Final, NamedTuple, Protocol

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
UNMATCHED: Final = "(none)"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})

Key = tuple[str, str, int]  # method, route, status


class Reading(NamedTuple):
    """One gauge, read when somebody asks."""

    name: str
    value: float
    labels: dict[str, str]


class Source(Protocol):
    """Reads gauges; it gets the app's lifespan state (`request.state`)."""

    def __call__(self, state: State, /) -> Awaitable[Iterable[Reading]]:
        """The readings of this instant."""
        ...


class Metrics:
    """The figures of one app."""

    def __init__(
        self, service: str, sources: Sequence[Source], access: Callable[..., None]
    ) -> None:
        self.registry = CollectorRegistry()
        self.service = service
        self._access = access
        self._sources = sources
        shared: dict[str, Any] = {"registry": self.registry}
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "Time to the end of the answer",
            ["method", "route", "status"],
            buckets=BUCKETS,
            **shared,
        )
        self.in_flight = 0
        in_flight = Gauge("http_requests_in_flight", "Requests being served", **shared)
        in_flight.set_function(lambda: self.in_flight)
        self._known: dict[Key, Histogram] = {}
        self._blind = Counter("metrics_source_failures_total", "Gauges not readable", **shared)
        self._gauges: dict[str, Gauge] = {}

    async def page(self, request: Request) -> Response:
        """The exposition. A source that fails costs its own gauges, not the page."""
        for gauge in self._gauges.values():
            gauge.clear()
        for source in self._sources:
            try:
                for reading in await source(request.state):
                    self._gauge(reading).set(reading.value)
            except Exception as fault:
                self._blind.inc()
                log.warning("gauges not read", fault=type(fault).__name__)
        text_page = generate_latest(self.registry) + generate_latest(REGISTRY)
        return Response(text_page, media_type=CONTENT_TYPE_LATEST)

    def _gauge(self, reading: Reading) -> Gauge:
        """The gauge of a reading; one without labels has no children and refuses to be asked."""
        if reading.name not in self._gauges:
            self._gauges[reading.name] = Gauge(
                reading.name, reading.name, sorted(reading.labels), registry=self.registry
            )
        gauge = self._gauges[reading.name]
        return gauge.labels(**reading.labels) if reading.labels else gauge

    def observe(self, key: Key, seconds: float, request_id: str) -> None:
        """Count one answered request and write its line."""
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._seconds.labels(*map(str, key))
        known.observe(seconds)
        method, route, status = key
        if route not in PROBES or status >= 400:
            self._access(
                service=self.service,
                method=method,
                route=route,
                status=status,
                ms=round(seconds * 1000, 1),
                request_id=request_id,
            )


class Measured:
    """Pure ASGI: measures each request and gives its id to every line logged on the way."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        started = perf_counter()

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        request_id = scope.get("state", {}).get("request_id", "")
        # `bound_contextvars` would look through every variable of the context, twice.
        bound = structlog.contextvars.bind_contextvars(request_id=request_id)
        self._metrics.in_flight += 1
        try:
            await self._app(scope, receive, tell)
        finally:
            self._metrics.in_flight -= 1
            self._metrics.observe(_key(scope, status), perf_counter() - started, request_id)
            structlog.contextvars.reset_contextvars(**bound)


def _key(scope: Scope, status: int) -> Key:
    route = getattr(scope.get("route"), "path_format", None) or UNMATCHED
    return scope["method"] if scope["method"] in METHODS else "OTHER", route, status


async def pool_gauges(state: State) -> list[Reading]:
    """How far the connection pool is used; connections at hand (`common.borrowed`) are in use."""
    pool = state.database.engine.pool
    return [
        Reading("db_pool_size", pool.size(), {}),
        Reading("db_pool_in_use", pool.checkedout(), {}),
    ]


def gauges_of(statement: str, *labels: str) -> Callable[[State], Awaitable[list[Reading]]]:
    """A source out of a query: the columns named in `labels`, each other one is a gauge."""

    async def read(state: State) -> list[Reading]:
        async with state.database.engine.connect() as connection:
            rows = (await connection.execute(text(statement))).mappings().all()
        return [
            Reading(name, float(value), {label: str(row[label]) for label in labels})
            for row in rows
            for name, value in row.items()
            if name not in labels and value is not None
        ]

    return read
