"""OpenActive's own RPDE validator (npm), walking a feed on loopback. Needs Node 18.17 and npm."""

import fcntl
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "rpde"
INSTALL_S = 300
WALK_S = 300


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the validator says. Only `failure` breaks the standard."""

    url: str
    severity: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk over a whole feed."""

    pages: int
    findings: tuple[Finding, ...]

    @property
    def failures(self) -> list[Finding]:
        return [each for each in self.findings if each.severity == "failure"]


def rpde_walk(url: str, *, pages: int = 1000) -> Walk:
    """Walk a feed from `url` to its end and beyond. Skips the test, with a word, without Node."""
    node = shutil.which("node")
    npm = shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("the RPDE validator needs Node and npm, which are not installed")
    _install(npm)
    told = subprocess.run(
        [node, HERE / "validate.cjs", url, str(pages)],
        capture_output=True,
        text=True,
        timeout=WALK_S,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    return Walk(found["pages"], tuple(Finding(**each) for each in found["findings"]))


def _install(npm: str) -> None:
    """From the lock, once; side by side runs wait for each other."""
    with (HERE / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = HERE / "node_modules" / ".package-lock.json"
        if done.exists() and done.stat().st_mtime >= (HERE / "package-lock.json").stat().st_mtime:
            return
        told = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=HERE,
            capture_output=True,
            text=True,
            timeout=INSTALL_S,
            check=False,
        )
    if told.returncode == 0:
        return
    if os.environ.get("CI"):
        pytest.fail(f"npm cannot install the RPDE validator: {told.stderr[-500:]}")
    pytest.skip("npm cannot install the RPDE validator here")
