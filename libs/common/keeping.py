"""A process that keeps another running: what takes seconds to read is read once, then forked.

The keeper has imported the service and holds its listening socket, nothing else: no connection, no
thread. A child of it serves. When the child is killed, the next is there at once, and whoever calls
meanwhile waits in the socket's queue instead of being refused.
"""

import ctypes
import gc
import os
import signal
import sys
import time
from typing import Final

HEARD: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
YOUNG_S: Final = 5.0  # who is killed sooner than this is started again with a growing pause
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0
_PR_SET_PDEATHSIG: Final = 1


def keep() -> None:
    """Returns in the child that is to serve, again whenever a signal has killed the last one.

    The keeper itself ends here, by SystemExit: with the exit status of a child that ended of its
    own accord (it was told to stop, or it cannot start), which starting again would not mend.
    """
    gc.collect()
    gc.freeze()  # what was imported stays shared: no collection of a child writes into it
    signal.signal(signal.SIGCHLD, lambda *_: None)  # to ignore it would be to lose it
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    keeper, pause_s = os.getpid(), 0.0
    while True:
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            _begin(keeper)
            return
        status, is_asked = _await(child)
        if is_asked or status >= 0:
            raise SystemExit(status if status >= 0 else 128 - status)
        sys.stderr.write(f"process {child} was killed by signal {-status}, starting another\n")
        if time.monotonic() - began > YOUNG_S:
            pause_s = 0.0
        time.sleep(pause_s)
        pause_s = min(max(2 * pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)


def _begin(keeper: int) -> None:
    """Hear signals as any process does; go when the keeper goes (Linux only)."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != keeper:
        raise SystemExit("the keeper is gone already")


def _await(child: int) -> tuple[int, bool]:
    """The child's exit status, negative for a signal, and whether somebody had asked it to end."""
    is_asked = False
    while True:
        heard = signal.sigwait(HEARD)
        if heard != signal.SIGCHLD:
            is_asked = True
            os.kill(child, heard)
            continue
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:  # as process 1 of a container, orphans too
            if ended[0] == child:
                return os.waitstatus_to_exitcode(ended[1]), is_asked
