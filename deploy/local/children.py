"""The processes of the local run: started, kept running, ended; none survives this one.

Each child leads a session of its own (Ctrl-C goes to us alone) and gets SIGTERM from the kernel
when we are gone (`deploy.local.launch`), so that even `kill -9` leaves no orphan (Linux).
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.local.account import Account

FIRST_PAUSE_S: Final = 0.5  # who has run long enough is started again at once
LONGEST_PAUSE_S: Final = 10.0
LONG_ENOUGH_S: Final = 30.0
END_TIMEOUT_S: Final = 10.0
LOG_LIMIT: Final = 20 * 1024 * 1024

Tell = Callable[[str], None]


class ChildFailedError(RuntimeError):
    """A child ended before it had ever been ready; the message holds the end of its log."""


@dataclass(slots=True)
class Child:
    """One process and the way to start it again."""

    name: str
    module: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause_s: float = 0.0
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> None:
        """Start `python -m module…`, its words going to the log."""
        python = [sys.executable, "-m", *self.module]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - no shell, the commands are ours
                Account().command(*python, death_signal=signal.SIGTERM),
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started_at = asyncio.get_running_loop().time()

    async def ended(self) -> int:
        """Wait for its end; the exit status, negative for a signal."""
        while (status := self.process.poll() if self.process else 0) is None:  # noqa: ASYNC110 - it tells no event
            await asyncio.sleep(0.1)
        return status

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if there is somebody to hear it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def last_words(self, lines: int = 15) -> str:
        """The end of the log."""
        with suppress(FileNotFoundError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""


def fresh_log(directory: Path, name: str) -> Path:
    """Where a child writes; a log that has grown large starts anew."""
    path = directory / f"{name}.log"
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
    return path


async def keep_up(child: Child, tell: Tell) -> None:
    """Run a child and start it again when it ends, with a growing pause. Ends by cancellation.

    Raises `ChildFailedError` when it ends before it was ever ready: trying again would not help.
    """
    loop = asyncio.get_running_loop()
    child.start()
    while True:
        status = await child.ended()
        if not child.ready.is_set():
            raise ChildFailedError(f"{child.name} ({status}):\n{child.last_words()}")
        if loop.time() - child.started_at > LONG_ENOUGH_S:
            child.pause_s = 0.0
        tell(
            f"{child.name} 意外退出 ended unexpectedly ({status}); 重启 again in {child.pause_s} s"
        )
        await asyncio.sleep(child.pause_s)
        child.pause_s = min(max(child.pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        child.start()


async def end_all(children: Sequence[Child]) -> None:
    """Ask all of them to end, then insist."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for child in children:
            child.signal(number)
        with suppress(TimeoutError):
            async with asyncio.timeout(END_TIMEOUT_S):
                await asyncio.gather(*(child.ended() for child in children))
            return
