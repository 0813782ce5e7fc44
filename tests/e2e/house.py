"""The four services on ports of this machine, workers and feeds and all."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from deploy.local.environment import SERVICES, Secrets
from tests.harness import Databases, build, started
from tests.living import free_port
from tests.loopback import on_loopback

POLL_S = "1"  # a server that ends waits for the polls that it holds


@asynccontextmanager
async def house(databases: Databases, secrets: Secrets) -> AsyncIterator[dict[str, str]]:
    """The address of each service while the context is open; each has a database of its own."""
    ports = {service: free_port() for service in SERVICES}
    addresses = {service: f"http://127.0.0.1:{port}" for service, port in ports.items()}
    others = {f"{service}_url": address for service, address in addresses.items()}
    async with AsyncExitStack() as stack:
        urls = {service: stack.enter_context(databases.fresh(service)) for service in SERVICES}
        for service, port in ports.items():
            known = {name: url for name, url in others.items() if name != f"{service}_url"}
            own = {"base_url": addresses[service], "long_poll_s": POLL_S}
            app = build(service, urls[service], secrets, **own, **known)
            running = await stack.enter_async_context(started(app))
            await stack.enter_async_context(on_loopback(running.app, port))
        yield addresses
