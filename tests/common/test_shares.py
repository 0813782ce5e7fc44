"""Shares of the cores: a session's own, where the kernel has such shares."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.shares import ANSWERS, WORKS, set_share

SHARES = Path("/proc/sys/kernel/sched_autogroup_enabled")


@pytest.fixture
def leader() -> Iterator[int]:
    """A process that leads a session of its own."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1, start_new_session=True)
    try:
        yield process.pid
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(not SHARES.exists(), reason="the kernel has no shares of sessions")
def test_who_works_in_the_background_has_the_smaller_share(leader: int) -> None:
    set_share(leader, WORKS)

    assert Path(f"/proc/{leader}/autogroup").read_text().split()[-1] == str(WORKS)


@pytest.mark.skipif(not SHARES.exists() or os.geteuid() != 0, reason="only root goes ahead")
def test_who_answers_has_the_larger_share(leader: int) -> None:
    set_share(leader, ANSWERS)

    assert Path(f"/proc/{leader}/autogroup").read_text().split()[-1] == str(ANSWERS)


def test_nothing_happens_where_there_are_none() -> None:
    set_share(2**22 + 1, ANSWERS)  # nobody has that number
