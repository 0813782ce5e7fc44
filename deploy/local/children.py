"""The processes of the local run: started, kept running, ended; none survives this one.

Each child leads a session of its own (Ctrl-C goes to us alone) and gets SIGTERM from the kernel
when we are gone (`deploy.local.launch`), so that even `kill -9` leaves no orphan (Linux). What a
child has forked becomes ours when that child is killed: a spare keeper that leads in its place
(`common.keeping`) is as good as the one we started.
"""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from common.shares import ANSWERS, set_share
from deploy.local.account import Account

FIRST_PAUSE_S: Final = 0.5  # who has run long enough is started again at once
LONGEST_PAUSE_S: Final = 10.0
LONG_ENOUGH_S: Final = 30.0
END_TIMEOUT_S: Final = 10.0
LOG_LIMIT: Final = 20 * 1024 * 1024
PR_SET_CHILD_SUBREAPER: Final = 36

Tell = Callable[[str], None]


class ChildFailedError(RuntimeError):
    """A child ended before it had ever been ready; the message holds the end of its log."""


@dataclass(slots=True)
class Child:
    """One process, with those of its group that became ours, and the way to start it again."""

    name: str
    module: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    status: int = 0
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
        set_share(self.process.pid, ANSWERS)
        self.started_at = asyncio.get_running_loop().time()

    async def ended(self) -> int:
        """Wait until nobody of the group is ours; the last one's exit status, -n for a signal."""
        while self.is_running():  # noqa: ASYNC110 - it tells no event
            await asyncio.sleep(0.1)
        return self.status

    def is_running(self) -> bool:
        """Whether there is one yet, the first or one that came after it."""
        first = self.process
        try:
            while first and (ended := os.waitpid(-first.pid, os.WNOHANG))[0]:
                self.status = os.waitstatus_to_exitcode(ended[1])
                if ended[0] == first.pid:
                    first.returncode = self.status
        except ChildProcessError:
            return False
        return first is not None

    def signal(self, number: signal.Signals) -> None:
        """Tell who leads; -9 is for all of them, for whoever is left would lead."""
        if self.process is None or not self.is_running():
            return
        if number == signal.SIGKILL:
            os.killpg(self.process.pid, number)
            return
        for process in psutil.Process().children():
            with suppress(ProcessLookupError, psutil.NoSuchProcess):
                if os.getpgid(process.pid) == self.process.pid:
                    process.send_signal(number)

    def last_words(self, lines: int = 15) -> str:
        """The end of the log."""
        with suppress(FileNotFoundError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""


def adopt_orphans() -> None:
    """Let who loses its parent below us become our child (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def bury(started: Sequence[Child]) -> None:
    """Take note of the end of orphans that belong to no child: what a killed database leaves."""
    groups = {child.process.pid for child in started if child.process}
    for process in psutil.Process().children():
        with suppress(OSError, psutil.NoSuchProcess):
            is_dead = process.status() == psutil.STATUS_ZOMBIE
            if is_dead and os.getpgid(process.pid) not in groups:
                os.waitpid(process.pid, os.WNOHANG)


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
