"""What the benches stand on: a durable PostgreSQL of their own, services as processes.

`BENCH_KEEP=<directory>` keeps what a bench has loaded there, so that the next run need not load it.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
from psutil import virtual_memory

from common import migrate
from common.auth.roles import Role
from common.clock import utc_now
from common.shares import ANSWERS, set_share
from deploy.local.account import server_account, temporary_place
from deploy.local.cluster import remove_data
from deploy.local.environment import Secrets, Urls, make_secrets, settings_of
from deploy.local.postgres import LocalPostgres, of_city

STARTUP_S = 120
CITY = of_city(virtual_memory().total)


@contextmanager
def house(
    kept_as: str = "", more: Mapping[str, str] | None = None
) -> Iterator[tuple[LocalPostgres, Secrets]]:
    """A server that syncs to disk, and keys; both gone afterwards, unless they are to be kept."""
    if kept_as and (keep := os.environ.get("BENCH_KEEP")):
        place = Path(keep) / kept_as
        place.mkdir(parents=True, exist_ok=True)
        with LocalPostgres(place, durable=True, more=more) as server:
            yield server, make_secrets(place / "secrets")
        return
    place = Path(tempfile.mkdtemp(prefix="linli-bench-", dir=temporary_place(server_account())))
    place.chmod(0o755)
    with tempfile.TemporaryDirectory() as keys:
        try:
            with LocalPostgres(place, durable=True, more=more) as server:
                yield server, make_secrets(Path(keys))
        finally:
            remove_data(place)


def migrated(server: LocalPostgres, service: str, name: str) -> Urls:
    """A fresh, migrated database."""
    server.prepare(name)
    urls = Urls(*(server.url(name, role) for role in ("owner", "app", "audit")))
    migrate.upgrade(service, owner_url=urls.owner, app_url=urls.app, audit_url=urls.audit)
    return urls


@contextmanager
def serving(
    service: str,
    urls: Urls,
    secrets: Secrets,
    port: int,
    factory: str = "",
    *,
    share: int = ANSWERS,
    **settings: str,
) -> Iterator[str]:
    """One service process, as it is deployed; the base address. `settings` are further ones."""
    base = f"http://127.0.0.1:{port}"
    given = {"log_format": "json", **settings}
    environment = settings_of(service, urls, secrets, base_url=base, **given)
    command = [sys.executable, "-m", "common.serve", service, "--port", str(port)]
    if factory:
        command = [sys.executable, "-m", "uvicorn", factory, "--factory", "--port", str(port)]
        command += ["--no-access-log", "--log-level", "warning"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        command, env={"PATH": "/usr/bin:/bin", **environment}, **quiet, start_new_session=True
    )
    set_share(process.pid, share)
    try:
        _wait(base, process)
        yield base
    finally:
        process.terminate()
        process.wait(20)


def _wait(base: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + STARTUP_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{base}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{base} did not become ready")


def city_office(secrets: Secrets) -> dict[str, str]:
    """The headers of a caller who may write anywhere in the city."""
    token = secrets.issuer.issue((Role.CITY_OFFICE,), now=utc_now(), area="31")
    return {"Authorization": f"Bearer {token}"}


def bring_divisions(base: str, headers: dict[str, str]) -> None:
    """The real division list, through the public API."""
    path = Path("services/registry/data/divisions_shanghai_2023.csv")
    answer = httpx.post(
        f"{base}/v1/area-editions",
        headers={**headers, "Idempotency-Key": str(uuid4())},
        files={"file": (path.name, path.read_bytes(), "text/csv")},
        data={"name": "2023", "valid_from": "2023-06-30", "source": "NBS 2023"},
        timeout=120,
    )
    answer.raise_for_status()
