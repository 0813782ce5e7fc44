"""A service as its own process, for tools that speak real HTTP."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from deploy.local.environment import Secrets, Urls, settings_of

STARTUP_S = 90


def free_port() -> int:
    """A port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(service: str, urls: Urls, secrets: Secrets, **settings: str) -> Iterator[str]:
    """The base address of a running service; the process ends with the context."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    environment = settings_of(service, urls, secrets, base_url=base, **settings)
    process = subprocess.Popen(
        [sys.executable, "-m", "common.serve", service, "--port", str(port), "--grace-s", "2"],
        env={"PATH": "/usr/bin:/bin", **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_ready(base, process)
        yield base
    finally:
        process.terminate()
        process.wait(20)


def wait_until_ready(base: str, process: "subprocess.Popen[bytes]") -> None:
    """Return when `/readyz` says so; fail when the process ends or takes too long."""
    deadline = time.monotonic() + STARTUP_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the service ended with {process.returncode} before it was ready")
        try:
            if httpx.get(f"{base}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"{base} was not ready in {STARTUP_S} s")
