"""A service as a process of its own: for tools that speak real HTTP, and to be killed."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

import httpx
import psutil

from deploy.local.environment import Secrets, Urls, settings_of

STARTUP_S = 90


def free_port() -> int:
    """A port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Living:
    """One process after the other, always at the same address."""

    service: str
    urls: Urls
    secrets: Secrets
    options: tuple[str, ...] = ()
    more: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None
    _found: psutil.Process | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start a process and wait until it is ready."""
        environment = settings_of(
            self.service, self.urls, self.secrets, base_url=self.base, **self.more
        )
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "common.serve", self.service),
                *("--port", str(self.port), *self.options),
            ],
            env={"PATH": "/usr/bin:/bin", **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until_ready(self.base, self.process)
        if "--kept" in self.options:
            self._server()

    def kill(self) -> None:
        """SIGKILL, with everything that it has started."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)

    def kill_server(self) -> None:
        """SIGKILL for who serves under a keeper (`--kept`), as in the image."""
        self._server().kill()

    def wait_for_next(self) -> None:
        """Wait until the keeper has forked who serves next, and that one is ready."""
        assert self.process is not None
        psutil.wait_procs([self._server()], timeout=20)
        self._found = None
        wait_until_ready(self.base, self.process)
        self._server()

    def _server(self) -> psutil.Process:
        """Found while nothing is urgent: to look through all processes takes its time."""
        if self._found is None:
            assert self.process is not None
            children = psutil.Process(self.process.pid).children()
            [self._found] = [child for child in children if child.name() == "linli-server"]
        return self._found

    def end(self) -> None:
        """The orderly end."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)


@asynccontextmanager
async def living(
    service: str, urls: Urls, secrets: Secrets, *options: str, **more: str
) -> AsyncIterator[Living]:
    """A running service; whatever process serves it at the end is killed."""
    made = Living(service, urls, secrets, options, more)
    try:
        await asyncio.to_thread(made.start)
        yield made
    finally:
        made.kill()


@contextmanager
def served(service: str, urls: Urls, secrets: Secrets, **settings: str) -> Iterator[str]:
    """The base address of a running service; the process ends with the context."""
    made = Living(service, urls, secrets, ("--grace-s", "2"), settings)
    try:
        made.start()
        yield made.base
    finally:
        made.end()


def wait_until_ready(base: str, process: "subprocess.Popen[bytes]") -> None:
    """Return when `/readyz` says so; fail when the process ends or takes too long.

    One client asks all the while: to make one costs a hundred times what a question does.
    """
    deadline = time.monotonic() + STARTUP_S
    with httpx.Client(base_url=base, timeout=2, trust_env=False) as client:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                ended = f"the service ended with {process.returncode} before it was ready"
                raise RuntimeError(ended)
            with suppress(httpx.TransportError):
                if client.get("/readyz").is_success:
                    return
            time.sleep(0.1)
    raise TimeoutError(f"{base} was not ready in {STARTUP_S} s")
