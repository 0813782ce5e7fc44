"""A service as a process that can be killed, always at the same address."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from deploy.local.environment import Secrets, Urls, settings_of
from tests.contract.live import free_port, wait_until_ready


@dataclass
class Living:
    """One process after the other."""

    urls: Urls
    secrets: Secrets
    service: str = "matching"
    more: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start a process and wait until it is ready."""
        environment = settings_of(
            self.service, self.urls, self.secrets, base_url=self.base, **self.more
        )
        self.process = subprocess.Popen(
            [sys.executable, "-m", "common.serve", self.service, "--port", str(self.port)],
            env={"PATH": "/usr/bin:/bin", **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until_ready(self.base, self.process)

    def kill(self) -> None:
        """SIGKILL, with everything that it has started."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)


@asynccontextmanager
async def living(
    urls: Urls, secrets: Secrets, service: str = "matching", **more: str
) -> AsyncIterator[Living]:
    """A running service; whatever process serves it at the end is killed."""
    made = Living(urls, secrets, service, more)
    try:
        await asyncio.to_thread(made.start)
        yield made
    finally:
        made.kill()
