"""The four services on ports of this machine, workers and feeds and all, with a movable clock."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any

from common import edge
from deploy.local.environment import SERVICES, Secrets
from deploy.local.story.telling import Clock
from tests.contract.live import free_port
from tests.harness import Databases, build, started
from tests.loopback import on_loopback

POLL_S = "1"  # a server that ends waits for the polls that it holds


@asynccontextmanager
async def house(
    databases: Databases, secrets: Secrets, clock: Clock
) -> AsyncIterator[dict[str, str]]:
    """The address of each service while the context is open; each has a database of its own.

    Requests are judged at the clock's time. What the services do by themselves (following feeds,
    numbering, rating, escalating) they do at the time of this machine.
    """
    ports = {service: free_port() for service in SERVICES}
    addresses = {service: f"http://127.0.0.1:{port}" for service, port in ports.items()}
    others = {f"{service}_url": address for service, address in addresses.items()}
    async with AsyncExitStack() as stack:
        urls = {service: stack.enter_context(databases.fresh(service)) for service in SERVICES}
        for service, port in ports.items():
            known = {name: url for name, url in others.items() if name != f"{service}_url"}
            own = {"base_url": addresses[service], "long_poll_s": POLL_S}
            app = build(service, urls[service], secrets, **own, **known)
            stack.enter_context(_timed(app, clock))
            running = await stack.enter_async_context(started(app))
            await stack.enter_async_context(on_loopback(running.app, port))
        yield addresses


@contextmanager
def _timed(app: Any, clock: Clock) -> Iterator[None]:
    async def now() -> datetime:
        return clock.now

    app.dependency_overrides[edge._now] = now
    try:
        yield
    finally:
        app.dependency_overrides.clear()
