"""Who serves is killed, and another serves: with real processes and signals."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest

# Says who serves, then waits; `wrong` cannot start.
SERVING = """
import os, sys, time
from common.keeping import keep
keep()
print(os.getpid(), flush=True)
if sys.argv[1:] == ["wrong"]:
    sys.exit(3)
time.sleep(60)
"""


def kept(*words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", SERVING, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def keeper() -> Iterator["subprocess.Popen[str]"]:
    with kept() as process:
        yield process
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def serving(keeper: "subprocess.Popen[str]") -> int:
    """The process that says that it serves."""
    assert keeper.stdout is not None
    return int(keeper.stdout.readline())


def test_a_killed_process_is_followed_by_another(keeper: "subprocess.Popen[str]") -> None:
    first = serving(keeper)

    os.kill(first, signal.SIGKILL)
    second = serving(keeper)

    assert first != second
    assert psutil.Process(second).ppid() == keeper.pid


def test_who_is_told_to_stop_stops_with_what_it_keeps(keeper: "subprocess.Popen[str]") -> None:
    child = serving(keeper)

    keeper.terminate()

    assert keeper.wait(20) == 128 + signal.SIGTERM
    assert not psutil.pid_exists(child)


def test_who_cannot_start_is_not_started_again() -> None:
    with kept("wrong") as process:
        assert process.wait(20) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_a_killed_keeper_leaves_nobody_behind(keeper: "subprocess.Popen[str]") -> None:
    child = psutil.Process(serving(keeper))

    keeper.kill()
    keeper.wait(20)

    _, alive = psutil.wait_procs([child], 20)
    assert not alive
