"""The platform that is to be killed: `make run` with workers apart, in a directory of its own."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import httpx
import psutil

from common.auth.development import DevelopmentIssuer
from deploy.local.account import Account, server_account, temporary_place
from deploy.local.cluster import remove_data
from deploy.local.environment import SERVICES
from deploy.local.plan import LOOPBACK, Plan, PortError

DATABASE: Final = "postgresql"
KEEPER: Final = "-keeper"
SPARE: Final = "-spare"
FAULT: Final = re.compile(r"(?:\w+\.)*\w+(?:Error|Exception|Fault): ")
START_S: Final = 1_200.0  # a whole demo city takes its time
PAUSE_S: Final = 0.05
END_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class City:
    """Where everything is, and which process is which."""

    plan: Plan
    runner: psutil.Process

    @property
    def issuer(self) -> DevelopmentIssuer:
        """Who gives the callers their tokens."""
        return DevelopmentIssuer.at(self.plan.data_dir / "secrets" / "issuer")

    @property
    def addresses(self) -> dict[str, str]:
        """The services behind the front door, as callers know them."""
        return {name: f"{self.plan.public}/{name}" for name in SERVICES}

    @property
    def probes(self) -> dict[str, str]:
        """Where each process that may be killed says that it is ready."""
        return {**self.plan.services, **self.plan.workers}

    def victims(self, *, keepers: bool) -> tuple[str, ...]:
        """Who may be killed: the database, who answers and works; and who keeps those, if asked."""
        kept = tuple(self.probes)
        keeping = (KEEPER, SPARE) if keepers else ()
        return (DATABASE, *kept, *(name + role for role in keeping for name in kept))

    def process(self, name: str) -> psutil.Process | None:
        """The running process of a name; None while there is none."""
        kept = kept_by(name)
        role = name.removeprefix(kept) or "-server"
        port = self.probes.get(kept, "").rpartition(":")[2]
        for child in self.runner.children():
            with suppress(psutil.Error):
                command = child.cmdline()
                if name == DATABASE and "-D" in command:
                    return child
                if "common.serve" in command and child.environ()["PORT"] == port:
                    family = {each.name(): each for each in (child, *child.children())}
                    return family.get(f"linli{role}")
        return None

    def faults(self) -> Counter[str]:
        """The errors that the processes' logs end tracebacks with: nobody had expected them."""
        return Counter(
            f"{log.stem}: {line.strip()[:200]}"
            for log in sorted(self.plan.logs.glob("*.log"))
            for line in log.read_text(errors="replace").splitlines()
            if FAULT.match(line)
        )

    def environment(self, service: str) -> Mapping[str, str]:
        """What a service was started with: the addresses of its database among it."""
        process = self.process(f"{service}-worker" if self.plan.workers_apart else service)
        if process is None:
            raise RuntimeError(f"{service} does not run")
        return process.environ()


def kept_by(name: str) -> str:
    """Whose keeper or spare that is, else who it is."""
    return name.removesuffix(KEEPER).removesuffix(SPARE)


@contextmanager
def city(
    *,
    demo_scale: str = "",
    workers_apart: bool = True,
    data_dir: Path | None = None,
    log_format: str = "text",
) -> Iterator[City]:
    """A running platform, with a demo city if one is asked for; nothing of it is left.

    What stands in a `data_dir` that is given is used, and stays. Faults are read from logs of text.
    """
    place = Path(tempfile.mkdtemp(prefix="linli-chaos-", dir=temporary_place(server_account())))
    place.chmod(0o755)
    plan = _plan(data_dir or place / "data", workers_apart=workers_apart)
    given = {"PORT": str(plan.port), "DATA_DIR": str(plan.data_dir)}
    given |= {"DEMO": "1", "DEMO_SCALE": demo_scale} if demo_scale else {"DEMO": "0"}
    given |= {"WORKERS": "apart" if workers_apart else "", "LOG_FORMAT": log_format}
    with (place / "runner.log").open("wb") as log:
        runner = subprocess.Popen(  # noqa: S603 - no shell, the command is ours
            Account().command(sys.executable, "-m", "deploy.local.run"),  # ends with this process
            env={**os.environ, **given},
            stdout=log,
            stderr=log,
            process_group=0,
        )
        try:
            _await_all(plan, runner)
            yield City(plan, psutil.Process(runner.pid))
        finally:
            with unhurried():
                end(runner)
                if data_dir is None:
                    remove_data(plan.data_dir)
                remove_data(place)


def end(runner: "subprocess.Popen[bytes]", *, patience_s: float = END_S) -> None:
    """Let the platform end in order; one that takes too long is killed, and its own with it."""
    runner.send_signal(signal.SIGINT)
    try:
        runner.wait(patience_s)
    except subprocess.TimeoutExpired:
        runner.kill()
        runner.wait()


@contextmanager
def unhurried() -> Iterator[None]:
    """Let nobody who asks a second time cut the end short: it would leave half of the platform."""
    asked = {each: signal.signal(each, signal.SIG_IGN) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in asked.items():
            signal.signal(each, handler)


def _plan(data_dir: Path, *, workers_apart: bool) -> Plan:
    """Ports on which nobody listens."""
    numbers = Random()  # noqa: S311 - any ports will do
    while True:
        plan = Plan(LOOPBACK, numbers.randrange(20000, 30000), data_dir, workers_apart)
        with suppress(PortError):
            plan.must_find_free_ports()
            return plan


def _await_all(plan: Plan, runner: "subprocess.Popen[bytes]") -> None:
    """Wait until every process can serve. Raises TimeoutError."""
    until = time.monotonic() + START_S
    waiting = [*plan.services.values(), *plan.workers.values(), plan.public + "/registry"]
    with httpx.Client(trust_env=False, timeout=2) as client:  # one: each reads all certificates
        while waiting:
            if runner.poll() is not None or time.monotonic() > until:
                raise TimeoutError(f"{waiting[0]} was not ready in {START_S:.0f} s")
            with suppress(httpx.TransportError):
                if client.get(f"{waiting[0]}/readyz").is_success:
                    waiting.pop(0)
                    continue
            time.sleep(PAUSE_S)


async def ready(client: httpx.AsyncClient, address: str) -> bool:
    """Whether a process says that it can serve."""
    with suppress(httpx.TransportError):
        return (await client.get(f"{address}/readyz")).is_success
    return False
