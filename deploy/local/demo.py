"""The demo city, loaded on the first start: `registry.demo.load` does it, this asks for it once.

The loader is a program, `python -m registry.demo.load --scale 0.02`, with the registry's settings
in its environment (the owner's address among them). It may be repeated; a mark says it is done.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

LOADER: Final = "registry.demo.load"
DEFAULT_SCALE: Final = "0.02"


class DemoNotLoadedError(RuntimeError):
    """The demo city could not be loaded; the message holds the loader's last words."""


def is_due(data_dir: Path) -> bool:
    """Whether the demo city is wanted, can be had and is not there yet. `DEMO=0`: not wanted."""
    wanted = os.environ.get("DEMO", "1") != "0"
    return wanted and not _mark(data_dir).exists() and find_spec(LOADER) is not None


def load(data_dir: Path, environment: Mapping[str, str]) -> None:
    """Run the loader and remember it. Raises `DemoNotLoadedError`."""
    scale = os.environ.get("DEMO_SCALE", DEFAULT_SCALE)
    made = subprocess.run(  # noqa: S603 - no shell, the command is ours
        [sys.executable, "-m", LOADER, "--scale", scale],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    (data_dir / "logs" / "demo.log").write_text(made.stdout + made.stderr)
    if made.returncode != 0:
        raise DemoNotLoadedError("\n".join((made.stdout + made.stderr).splitlines()[-15:]))
    _mark(data_dir).write_text(f"{scale}\n")


def _mark(data_dir: Path) -> Path:
    return data_dir / "demo-loaded"
