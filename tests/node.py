"""Third-party programs of Node, installed from their lock beside the tests that use them."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

INSTALL_S = 300


def node_with(directory: Path, what: str) -> str:
    """Node, with what a directory's lock names. Skips the test, with a word, without Node."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip(f"{what} needs Node and npm, which are not installed")
    _install(npm, directory, what)
    return node


def _install(npm: str, directory: Path, what: str) -> None:
    """Once; side by side runs wait for each other."""
    with (directory / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = directory / "node_modules" / ".package-lock.json"
        lock_at = (directory / "package-lock.json").stat().st_mtime
        if done.exists() and done.stat().st_mtime >= lock_at:
            return
        told = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=INSTALL_S,
            check=False,
        )
    if told.returncode == 0:
        return
    if os.environ.get("CI"):
        pytest.fail(f"npm cannot install {what}: {told.stderr[-500:]}")
    pytest.skip(f"npm cannot install {what} here")
