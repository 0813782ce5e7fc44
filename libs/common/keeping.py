"""A process that keeps another running: what takes seconds to read is read once, then forked.

The keeper has imported the service and holds its listening socket, nothing else: no connection, no
thread. A child of it serves. When the child is killed, the next is there at once, and whoever calls
meanwhile waits in the socket's queue instead of being refused.

A keeper may have a spare: another child that knows what it knows, and only waits. When the keeper
is killed, the spare leads in its place. It needs a starter that adopts orphans, so that the spare
stays somebody's child and ends with them (Linux only; `deploy.local.children`).
"""

import ctypes
import os
import signal
import sys
import time
from dataclasses import dataclass
from typing import Final

HEARD: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
YOUNG_S: Final = 5.0  # who is killed sooner than this is started again with a growing pause
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15


def keep(*, with_spare: bool = False) -> None:
    """Returns in the child that is to serve, again whenever a signal has killed the last one.

    The keeper itself ends here, by SystemExit: with the exit status of a child that ended of its
    own accord (it was told to stop, or it cannot start), which starting again would not mend.
    """
    signal.signal(signal.SIGCHLD, lambda *_: None)  # to ignore it would be to lose it
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    starter = os.getppid() if with_spare and sys.platform == "linux" else None
    keeper = _Keeper(starter)
    while keeper.has_forked():
        keeper.watch()


@dataclass(slots=True)
class _Keeper:
    """Whose child it is, if it is to have a spare; who serves and who stands by, 0 for nobody."""

    starter: int | None
    server: int = 0
    spare: int = 0
    began: float = 0.0
    pause_s: float = 0.0
    is_asked: bool = False

    def has_forked(self) -> bool:
        """Fork whoever is missing. False in the one that is to serve."""
        while self.starter is not None and not self.spare:
            keeper = os.getpid()
            self.spare = os.fork()
            if self.spare == 0:
                _stand_by(keeper, self.starter)
                self.server, self.pause_s = 0, 0.0  # with the one before, its server went
        _call("keeper")
        if self.server:
            return True
        keeper, self.began = os.getpid(), time.monotonic()
        self.server = os.fork()
        if self.server == 0:
            _begin(keeper)
        return self.server != 0

    def watch(self) -> None:
        """Hand signals on until a child is missing. Raises SystemExit where that is the end."""
        while self.server and (self.spare or self.starter is None or self.is_asked):
            child, status = os.waitpid(-1, os.WNOHANG)  # as process 1 of a container, orphans too
            if not child:
                self._heed(signal.sigwait(HEARD))
            elif child == self.server:
                self._served(os.waitstatus_to_exitcode(status))
            elif child == self.spare:
                self.spare = 0

    def _heed(self, heard: int) -> None:
        if heard != signal.SIGCHLD:
            self.is_asked = True
            os.kill(self.server, heard)

    def _served(self, status: int) -> None:
        if self.is_asked or status >= 0:
            self._dismiss_spare()
            raise SystemExit(status if status >= 0 else 128 - status)
        _say(f"process {self.server} was killed by signal {-status}, starting another")
        self.server = 0
        if time.monotonic() - self.began > YOUNG_S:
            self.pause_s = 0.0
        time.sleep(self.pause_s)
        self.pause_s = min(max(2 * self.pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)

    def _dismiss_spare(self) -> None:
        if self.spare:
            os.kill(self.spare, signal.SIGKILL)
            os.waitpid(self.spare, 0)


def _stand_by(keeper: int, starter: int) -> None:
    """Returns when the keeper is gone. Raises SystemExit when its starter did not adopt us."""
    _call("spare")
    _hear_of_parents_end(signal.SIGCHLD)
    while os.getppid() == keeper:
        signal.sigwait(HEARD)
    _hear_of_parents_end(signal.SIGTERM)
    if os.getppid() != starter:
        raise SystemExit(0)
    _say(f"the keeper {keeper} was killed, {os.getpid()} leads")


def _begin(keeper: int) -> None:
    """Hear signals as any process does; go when the keeper goes (Linux only)."""
    _call("server")
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
    _hear_of_parents_end(signal.SIGKILL)
    if os.getppid() != keeper:
        raise SystemExit("the keeper is gone already")


def _hear_of_parents_end(number: signal.Signals) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)


def _call(role: str) -> None:
    """The name by which `ps` and `top` tell one from the other (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, f"linli-{role}".encode(), 0, 0, 0)


def _say(words: str) -> None:
    sys.stderr.write(words + "\n")
