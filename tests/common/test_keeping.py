"""Who serves is killed, and another serves: with real processes and signals."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest

from deploy.local.children import PR_SET_CHILD_SUBREAPER, adopt_orphans

# Says who serves, then waits; `wrong` cannot start, `spare` has a spare keeper.
SERVING = """
import os, sys, time
from common.keeping import keep
keep(with_spare=sys.argv[1:2] == ["spare"])
print(os.getpid(), flush=True)
if sys.argv[-1] == "wrong":
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


on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a child of its parent's end"
)


@on_linux
def test_a_killed_keeper_leaves_nobody_behind(keeper: "subprocess.Popen[str]") -> None:
    child = psutil.Process(serving(keeper))

    keeper.kill()
    keeper.wait(20)

    _, alive = psutil.wait_procs([child], 20)
    assert not alive


@pytest.fixture
def adopting() -> Iterator[None]:
    """This process is a starter that adopts orphans."""
    adopt_orphans()
    yield
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@pytest.fixture
def spared(adopting: None) -> Iterator["subprocess.Popen[str]"]:
    with kept("spare") as process:
        yield process
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            while True:
                os.waitpid(-process.pid, 0)


def spare_of(keeper: int) -> psutil.Process:
    """Its spare, once there is one."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for child in psutil.Process(keeper).children():
            if child.name() == "linli-spare":
                return child
        time.sleep(0.02)
    raise AssertionError("no spare")


@on_linux
def test_a_killed_keeper_is_followed_by_its_spare_again_and_again(
    spared: "subprocess.Popen[str]",
) -> None:
    keeper, server = spared.pid, serving(spared)

    for _ in range(3):
        spare, before = spare_of(keeper), server
        os.kill(keeper, signal.SIGKILL)
        server = serving(spared)

        assert psutil.Process(server).ppid() == spare.pid
        assert spare.ppid() == os.getpid()
        _, alive = psutil.wait_procs(_there(before), 20)
        assert not alive
        keeper = spare.pid


@on_linux
def test_a_killed_spare_is_replaced_and_costs_nobody_anything(
    spared: "subprocess.Popen[str]",
) -> None:
    server = serving(spared)

    first = spare_of(spared.pid)
    first.kill()
    first.wait(20)
    second = spare_of(spared.pid)

    assert first.pid != second.pid
    assert psutil.Process(server).ppid() == spared.pid


@on_linux
@pytest.mark.parametrize("killed", [False, True])
def test_an_asked_end_is_the_end_of_all(spared: "subprocess.Popen[str]", killed: bool) -> None:
    keeper, server = spared.pid, serving(spared)
    spare = spare_of(keeper)
    if killed:
        os.kill(keeper, signal.SIGKILL)
        keeper, server = spare.pid, serving(spared)
        spare = spare_of(keeper)

    os.kill(keeper, signal.SIGTERM)

    _, status = os.waitpid(keeper, 0)
    assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGTERM
    assert not psutil.pid_exists(spare.pid)
    assert not psutil.pid_exists(server)


@on_linux
def test_a_spare_that_nobody_adopts_does_not_lead() -> None:
    with kept("spare") as process:
        server, spare = serving(process), spare_of(process.pid)

        process.kill()
        process.wait(20)

        _, alive = psutil.wait_procs([spare, *_there(server)], 20)
        assert not alive


def _there(*pids: int) -> list[psutil.Process]:
    return [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
