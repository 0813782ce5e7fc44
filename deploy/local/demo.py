"""The demo city, loaded on the first start by the services' own generators; this asks for it once.

They are programs, `python -m registry.demo.load` and those of matching and feedback, with their
service's settings in the environment. The registry's hands its offerings on in a file. A mark says
that it is done.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

DEFAULT_SCALE: Final = "0.02"
CITY_NEEDS: Final = 1_000_000
CITY_RATINGS: Final = 2_000_000


class DemoNotLoadedError(RuntimeError):
    """The demo city could not be loaded; the message holds the loader's last words."""


def is_due(data_dir: Path) -> bool:
    """Whether the demo city is wanted and not there yet. `DEMO=0`: not wanted."""
    return os.environ.get("DEMO", "1") != "0" and not _mark(data_dir).exists()


def load(data_dir: Path, settings: Mapping[str, Mapping[str, str]]) -> None:
    """Run the loaders and remember it. Raises `DemoNotLoadedError`."""
    scale = os.environ.get("DEMO_SCALE", DEFAULT_SCALE)
    offerings = data_dir / "demo-offerings.csv"
    log = data_dir / "logs" / "demo.log"
    log.write_text("")
    try:
        for service, words in _loaders(scale, offerings):
            _run(service, words, settings[service], log)
    finally:
        offerings.unlink(missing_ok=True)
    _mark(data_dir).write_text(f"{scale}\n")


def _loaders(scale: str, offerings: Path) -> Iterator[tuple[str, Sequence[str]]]:
    """What is run, in order: needs and ratings are of offerings that there are."""
    handed = ("--offerings", str(offerings))
    yield "registry", ("--scale", scale, *handed)
    yield "matching", (*handed, "--needs", str(round(float(scale) * CITY_NEEDS)))
    yield "feedback", (*handed, "--ratings", str(round(float(scale) * CITY_RATINGS)))


def _run(service: str, words: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
    made = subprocess.run(  # noqa: S603 - no shell, the command is ours
        [sys.executable, "-m", f"{service}.demo.load", *words],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    said = made.stdout + made.stderr
    with log.open("a") as file:
        file.write(said)
    if made.returncode != 0:
        raise DemoNotLoadedError("\n".join(said.splitlines()[-15:]))


def _mark(data_dir: Path) -> Path:
    return data_dir / "demo-loaded"
