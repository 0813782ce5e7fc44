"""The frame of every service: problems, request ids, transactions, feeds, audit, probes, documents.

A service hands over what is its own (`Service`); everything else is the same four times.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypedDict

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute

from common import health, idempotency, rules_api
from common.audit.api import router as audit_router
from common.audit.chainer import chaining
from common.auth import portal_app
from common.auth.trust import Trust, trust_of
from common.calendar.official import unlearn
from common.catalogue.server import catalogue_router
from common.clients.outside import Reach, post
from common.clock import utc_now
from common.crypto.keys import Keys
from common.db import Database, database
from common.docs_pages import add_docs
from common.errors import Problem, Text
from common.exchange import subscription_api, webhook_api
from common.exchange.gauges import webhook_gauges
from common.exchange.sending import Sender
from common.exchange.server import exchange_router
from common.feed.gauges import feed_gauges
from common.feed.kinds import FeedKind
from common.feed.numbering import numbering
from common.feed.server import feed_lanes, feed_router
from common.feed.summing import sum_up
from common.feed.wake import FeedWaiters
from common.heads import Heads
from common.lane import Lane, install_lanes
from common.logs import configure_logging
from common.middleware import RequestId
from common.notices import watching
from common.openapi import install_openapi
from common.problem_details import handlers, wrong_method
from common.route import TransactionRoute
from common.settings import ServiceSettings
from common.signposts import install_signposts
from common.telemetry import instrument, tracing
from common.worker import Health, Job, every, running

_CONSTRAINTS: Final = {**rules_api.CONSTRAINTS, **subscription_api.CONSTRAINTS}


class State(TypedDict):
    """What the lifespan gives to every request."""

    service: str
    settings: ServiceSettings
    database: Database
    sessions: async_sessionmaker[AsyncSession]
    keys: Keys
    trust: Trust
    waiters: FeedWaiters
    health: Health
    migration: str
    own: Any


@dataclass(frozen=True, slots=True)
class Resources:
    """What a service's background jobs may use."""

    settings: ServiceSettings
    database: Database
    keys: Keys


@dataclass(frozen=True, slots=True)
class Service:
    """What is one service's own."""

    name: str
    title: Text
    metadata: MetaData
    routers: Sequence[APIRouter]
    kinds: Sequence[FeedKind] = ()
    constraints: Mapping[str, type[Problem]] = field(default_factory=dict)
    lanes: Sequence[Lane] = ()
    jobs: Callable[[Resources], Sequence[Job]] = lambda _: ()
    own: Callable[[Resources, FeedWaiters], AbstractAsyncContextManager[Any]] = lambda _, __: (
        nullcontext()
    )
    """What each process holds beside its database, workers or not; `request.state.own`."""
    is_told_notices: bool = True
    """Whether holiday notices come to it by a feed; the one that loads them reads its own."""


def build_app(service: Service, settings: ServiceSettings, *, journal: bool = True) -> FastAPI:
    """The ASGI app of a service. Raises TypeError when a route names no permission.

    `journal=False` writes neither feed nor audit: only measurements of their price may ask for it.
    """
    configure_logging(settings)
    app = FastAPI(
        title=f"Linli {service.name} · 邻里 {service.title.zh}",
        description=f"{service.title.zh} / {service.title.en}",
        version="0.1.0",
        docs_url=None,
        redoc_url=None,
        servers=[{"url": "."}],
        lifespan=lambda _: _lifespan(service, settings, journal=journal),
        exception_handlers=handlers({**_CONSTRAINTS, **service.constraints}),
        max_body_size=settings.max_body_bytes,
        telemetry=tracing(service.name),
    )
    feeds = feed_router(service.kinds)
    routers = (
        *service.routers,
        rules_api.router,
        feeds,
        exchange_router(service.name, service.kinds),
        *(subscription_api.asking_router(service.kinds), subscription_api.router),
        *(webhook_api.registering_router(service.kinds), webhook_api.router),
        catalogue_router(service.name),
        audit_router,
    )
    if bare := routes_without_permission(routers):
        raise TypeError(f"{service.name}: routes without a permission: {', '.join(bare)}")
    routes = _include(app, (*routers, health.router))
    add_docs(app)
    install_openapi(app)
    app.add_middleware(Heads)
    metrics = instrument(app, service.name, (feed_gauges, webhook_gauges))
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["ETag", "Location", "X-Request-Id", "Idempotent-Replayed"],
        )
    app.add_middleware(RequestId)
    app.add_exception_handler(405, wrong_method(routes))
    install_signposts(app, routes)
    lanes = [*service.lanes, *feed_lanes(feeds, service.kinds)]
    install_lanes(app, lanes, metrics, crosses=bool(settings.cors_origins))
    return app


def _include(app: FastAPI, routers: Sequence[APIRouter]) -> list[BaseRoute]:
    """Put routers into an app; all their routes."""
    for router in routers:
        app.include_router(router)
    return [route for router in routers for route in router.routes]


def routes_without_permission(routers: Sequence[APIRouter]) -> list[str]:
    """The endpoints that name no permission; there must be none."""
    return [
        f"{route.path} ({route.endpoint.__qualname__})"
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        and not (isinstance(route, TransactionRoute) and route.needs is not None)
    ]


@asynccontextmanager
async def _lifespan(
    service: Service, settings: ServiceSettings, *, journal: bool
) -> AsyncIterator[State]:
    """Open everything a process needs, close it in reverse."""
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(
            database(settings.database_url, pool_size=settings.pool_size, journal=journal)
        )
        keys = Keys.load(settings)
        trust = trust_of(settings, keys, opened.sessions)
        waiters = await stack.enter_async_context(FeedWaiters.listening(opened))
        resources = Resources(settings, opened, keys)
        own = await stack.enter_async_context(service.own(resources, waiters))
        tasks = service.jobs(resources) if settings.worker else ()
        jobs = [*_platform_jobs(service, resources), *tasks] if settings.worker else []
        if service.is_told_notices:
            jobs.append(await watching(opened))
            stack.callback(unlearn)
        state = await stack.enter_async_context(running(jobs))
        yield State(
            service=service.name,
            settings=settings,
            database=opened,
            sessions=opened.sessions,
            keys=keys,
            trust=trust,
            waiters=waiters,
            health=state,
            migration=health.newest_migration(service.name),
            own=own,
        )


def _platform_jobs(service: Service, resources: Resources) -> list[Job]:
    """Numbering, sending, chaining and purging: the same work in each service."""
    settings, opened = resources.settings, resources.database
    to_outside = partial(post, reach=Reach.told(settings))
    kinds = {kind.name: kind for kind in service.kinds}
    sender = Sender(service.name, opened.sessions, kinds, resources.keys, to_outside)

    async def forget_answers() -> None:
        async with opened.sessions.begin() as session:
            await idempotency.purge(session, now=utc_now())

    async def forget_nonces() -> None:
        async with opened.sessions.begin() as session:
            await portal_app.purge(session, now=utc_now())

    jobs = [
        Job("feed-numbering", lambda: numbering(service.name, opened, service.kinds, settings)),
        Job("webhooks", sender.run),
        Job("feed-sums", every(600, lambda: sum_up(opened.sessions))),
        Job("idempotency-purge", every(600, forget_answers)),
        Job("nonce-purge", every(60, forget_nonces)),
    ]
    if settings.audit_database_url:
        chain = partial(chaining, service.name, settings, lambda: opened.is_busy)
        jobs.append(Job("audit-chain", chain))
    return jobs
