"""`make run`: the whole platform on one machine, from nothing to a table of addresses.

PORT, HOST, DATA_DIR, WORKERS, DEMO, DEMO_SCALE and LOG_FORMAT (text or json) come from the
environment. Everything that is started here ends here: on Ctrl-C, on SIGTERM, and when this process
is killed.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, NoReturn

import httpx
from psutil import virtual_memory

from common import migrate
from common.clock import utc_now
from deploy.local import apps, demo
from deploy.local.binaries import NoProgramsError
from deploy.local.children import (
    Child,
    ChildFailedError,
    adopt_orphans,
    bury,
    end_all,
    fresh_log,
    keep_up,
)
from deploy.local.cluster import PostgresDidNotStartError
from deploy.local.environment import SERVICES, Secrets, make_secrets, prefixed, settings_of
from deploy.local.plan import LOOPBACK, Plan, PortError
from deploy.local.postgres import DataDirectoryInUseError, LocalPostgres, of_city
from deploy.local.programs import ProgramFailedError, beside, finish
from deploy.local.table import table
from deploy.local.tokens import FILE, demo_tokens, write_tokens

READY_TIMEOUT_S: Final = 60.0
PROBE_PAUSE_S: Final = 0.05
WATCH_PAUSE_S: Final = 0.5
DOOR: Final = "front-door"


def tell(words: str) -> None:
    """One line to whoever watches."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def settings_for(plan: Plan, server: LocalPostgres, secrets: Secrets) -> dict[str, dict[str, str]]:
    """The environment of each service."""
    others = {f"{name}_url": address for name, address in plan.services.items()}
    return {
        name: settings_of(
            name,
            server.urls(name),
            secrets,
            base_url=f"{plan.public}/{name}",
            trusted_proxies=f'["{LOOPBACK}"]',
            log_format=os.environ.get("LOG_FORMAT") or "text",
            **others,
        )
        for name in SERVICES
    }


def prepare(plan: Plan, server: LocalPostgres, settings: Mapping[str, Mapping[str, str]]) -> None:
    """Databases, migrations, and the demo city on the first start.

    The registry goes ahead, with its part of the city; the others are migrated beside it.
    """
    for name in SERVICES:
        server.prepare(name)
    first, *others = SERVICES
    everything = {key: value for name in others for key, value in settings[name].items()}
    with beside("common.migrate", others, everything) as migrating:
        urls = server.urls(first)
        migrate.upgrade(first, owner_url=urls.owner, app_url=urls.app, audit_url=urls.audit)
        if not demo.is_due(plan.data_dir):
            finish([migrating])
            return
        tell("装入演示城市 / loading the demo city …")
        demo.load(plan.data_dir, settings, migrating)
    for name in SERVICES:
        server.sql("ANALYZE", name)  # the first hour is planned by what there is, too


def children(
    plan: Plan, settings: Mapping[str, Mapping[str, str]], secrets: Secrets
) -> list[Child]:
    """The four services, their workers where those run apart, and the front door."""
    upstreams = ",".join(f"{name}={address}" for name, address in plan.services.items())
    door = {
        **prefixed("front_door", {"upstreams": upstreams, "public": plan.public}),
        **prefixed("front_door", {"jwks": str(secrets.jwks)}),
        "HOST": plan.host,
        "PORT": str(plan.port),
    }
    made = [Child(DOOR, ["deploy.local.front_door"], door, fresh_log(plan.logs, DOOR))]
    answering = {"worker": "false"} if plan.workers_apart else {}
    for name, address in plan.services.items():
        own = {**settings[name], **prefixed(name, answering)}
        made.append(_process(plan, name, name, address, own))
    for name, address in plan.workers.items():
        service = name.removesuffix("-worker")
        made.append(_process(plan, name, service, address, settings[service]))
    return made


def _process(
    plan: Plan, name: str, service: str, address: str, environment: Mapping[str, str]
) -> Child:
    listen = {"HOST": LOOPBACK, "PORT": address.rpartition(":")[2]}
    serve = ["common.serve", service, "--grace-s", "3", "--kept", "--spare"]
    return Child(name, serve, {**environment, **listen}, fresh_log(plan.logs, name))


async def become_ready(child: Child, address: str) -> None:
    """Wait until a child answers its probe. Raises TimeoutError."""
    path = "/healthz" if child.name == DOOR else "/readyz"
    async with asyncio.timeout(READY_TIMEOUT_S), httpx.AsyncClient(trust_env=False) as client:
        while True:
            with suppress(httpx.TransportError):
                if (await client.get(address + path)).is_success:
                    child.ready.set()
                    return
            await asyncio.sleep(PROBE_PAUSE_S)


async def watch(server: LocalPostgres, started: Sequence[Child]) -> None:
    """Start the database again when it has died. On this thread: it ends with its starter."""
    while True:
        if server.pid is None:
            tell("PostgreSQL 意外退出，重启 / ended unexpectedly, starting again")
            server.revive()
            bury(started)
        await asyncio.sleep(WATCH_PAUSE_S)


async def supervise(
    plan: Plan,
    server: LocalPostgres,
    started: Sequence[Child],
    opened: Callable[[], Awaitable[None]],
) -> None:
    """Keep everything running until somebody says stop. Raises what cannot be mended."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    addresses = {**plan.services, **plan.workers, DOOR: plan.public}

    async def opening() -> None:
        await asyncio.gather(*(become_ready(child, addresses[child.name]) for child in started))
        await opened()

    adopt_orphans()
    said_stop = asyncio.create_task(stop.wait())
    work = [opening(), watch(server, started), *(keep_up(child, tell) for child in started)]
    pending = {said_stop, *map(asyncio.create_task, work)}
    try:
        while not said_stop.done():
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        tell("停止 / stopping …")
        await end_all(started)


def run(plan: Plan) -> None:
    """Start, announce, keep up, end."""
    begun = time.monotonic()
    plan.must_find_free_ports()
    plan.logs.mkdir(parents=True, exist_ok=True)
    with LocalPostgres(plan.data_dir, more=of_city(virtual_memory().total)) as server:
        secrets = make_secrets(plan.data_dir.resolve() / "secrets")
        settings = settings_for(plan, server, secrets)
        prepare(plan, server, settings)
        apps.admit(plan.data_dir, settings)
        tokens = demo_tokens(secrets.issuer, now=utc_now())
        write_tokens(plan.data_dir / FILE, tokens)

        async def opened() -> None:
            tell(table(plan, tokens, time.monotonic() - begun))
            await demo.train(plan.data_dir, settings)

        started = children(plan, settings, secrets)
        try:
            asyncio.run(supervise(plan, server, started, opened))
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the end is under way already


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    """0 after an orderly end, 1 with a sentence when it cannot work, 130 when interrupted early."""
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        run(Plan.from_environment())
    except KeyboardInterrupt:
        return 130
    except TimeoutError:
        tell(f"服务未就绪 / not ready after {READY_TIMEOUT_S:.0f} s; see the logs")
        return 1
    except (
        *(PortError, DataDirectoryInUseError, NoProgramsError, PostgresDidNotStartError),
        *(ChildFailedError, ProgramFailedError),
    ) as fault:
        tell(str(fault))
        return 1
    return 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main())
