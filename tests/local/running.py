"""`make run` as a test starts it: on free ports, in a directory of its own, until it stands."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

from deploy.local.plan import Plan, PortError


def five_free_ports() -> int:
    """The first of five neighbours on which nobody listens."""
    numbers = Random()
    while True:
        plan = Plan("127.0.0.1", numbers.randrange(20000, 30000), Path())
        with suppress(PortError):
            plan.must_find_free_ports()
            return plan.port


def start(place: Path, port: int, **said: str) -> subprocess.Popen[str]:
    """The runner, leading a process group as under a terminal."""
    given = {"PORT": str(port), "DATA_DIR": str(place), "DEMO": "0", **said}
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.local.run"],
        env={**os.environ, **given},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )


def wait_for_table(runner: subprocess.Popen[str]) -> str:
    """What was said until everything stands. Raises AssertionError when it ends before."""
    assert runner.stdout is not None
    said = ""
    for line in runner.stdout:
        said += line
        if "curl" in line:
            return said
    raise AssertionError(said)


def eventually(holds: Callable[[], object], seconds: float = 30) -> bool:
    """Whether something comes to hold within some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.1)
    return False
