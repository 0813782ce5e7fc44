"""A service on a clock of the test's own: what takes weeks by law takes no time here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from common import edge
from common.clock import CITY_ZONE
from tests.harness import BASE_URL, RequestState


@dataclass
class Clock:
    """What time it is in the city."""

    now: datetime

    def to(self, text: str) -> None:
        """Set it to a city time such as `2026-03-23 10:00`."""
        self.now = city(text)

    def later(self, **span: float) -> None:
        """Let some time pass."""
        self.now += timedelta(**span)


def city(text: str) -> datetime:
    """An instant given as a time in the city."""
    return datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE).astimezone(UTC)


@asynccontextmanager
async def started(app: FastAPI) -> AsyncIterator[ASGIApp]:
    """A running app."""
    manager = LifespanManager(RequestState(app), startup_timeout=30, shutdown_timeout=30)
    async with manager as running:
        yield running.app


@asynccontextmanager
async def timed(
    app: FastAPI, running: ASGIApp, clock: Clock, **state: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """Calls to an app that lives at the clock's time; `state` replaces parts of its own."""

    async def now() -> datetime:
        return clock.now

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        await running({**scope, "instead": state}, receive, send)

    # Who names a time takes the road (`common.lane`), where the clock is asked.
    headers = {edge.DEVELOPMENT_TIME: clock.now.isoformat()}
    app.dependency_overrides[edge._now] = now
    try:
        transport = httpx.ASGITransport(served)
        async with httpx.AsyncClient(
            transport=transport, base_url=BASE_URL, headers=headers
        ) as client:
            yield client
    finally:
        app.dependency_overrides.clear()
