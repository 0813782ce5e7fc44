"""The portal's sample clients as programs: each in its own language, as docs/clients has them."""

import asyncio
import json
import os
import shutil
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from runpy import run_path
from typing import Any

CLIENTS = Path(__file__).parents[1] / "docs/clients"
VECTORS = CLIENTS.parent / "signing-vectors.json"
HOOK_VECTORS = CLIENTS.parent / "webhook-vectors.json"
COURSE_VECTORS = CLIENTS.parent / "course-vectors.json"
APP = "portal-demo"


@dataclass(frozen=True)
class Client:
    """One of them. `command` is empty where this machine has no means to run it."""

    name: str
    command: Sequence[str]

    async def run(self, *arguments: str, secret: str = "") -> tuple[int, str]:
        """Exit code and what was said."""
        process = await asyncio.create_subprocess_exec(
            *self.command,
            *arguments,
            env={**os.environ, "LINLI_APP_KEY": APP, "LINLI_SECRET": secret},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()


def _by(tool: str, *arguments: str) -> list[str]:
    found = shutil.which(tool)
    return [found, *arguments] if found else []


PYTHON = Client("python", [sys.executable, str(CLIENTS / "python/linli.py")])
JAVASCRIPT = Client("javascript", _by("node", str(CLIENTS / "javascript/linli.mjs")))
# The compiler comes with a JDK alone; a mere runtime cannot run a source file.
JAVA = Client(
    "java",
    _by("java", "-Dfile.encoding=UTF-8", str(CLIENTS / "java/Linli.java"))
    if shutil.which("javac")
    else [],
)
ALL = (PYTHON, JAVASCRIPT, JAVA)


def journal(store: Path, kind: str) -> dict[str, Any]:
    """What the clients in JavaScript and Java hold of a kind, read from their file."""
    held: dict[str, Any] = {}
    for line in (store / f"{kind}.ndjson").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row.get("cd_operation") == "D":
            held.pop(row["row_guid"], None)
        elif "row_guid" in row:
            held[row["row_guid"]] = row["data"]
    return held


def by_name() -> dict[str, Any]:
    """What the client in Python defines, to be called from a test."""
    return run_path(str(CLIENTS / "python/linli.py"))


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
