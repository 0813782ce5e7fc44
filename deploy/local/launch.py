"""A start-up shim: give up root where asked, die with the parent, then become the command.

Runs as `python -I -S launch.py PARENT SIGNAL UID GID COMMAND…`; UID -1 keeps the user. It is a
program of its own, because forking Python code out of a process with threads can deadlock.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def launch(parent: int, death_signal: int, uid: int, gid: int, command: list[str]) -> None:
    """Replace this process; it gets `death_signal` when `parent` is gone (Linux only)."""
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of user, which clears it; it survives the exec.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit("the parent is gone already")
    os.execv(command[0], command)  # noqa: S606 - the command is ours, an absolute path


if __name__ == "__main__":
    launch(*map(int, sys.argv[1:5]), command=sys.argv[5:])  # type: ignore[arg-type, misc]
