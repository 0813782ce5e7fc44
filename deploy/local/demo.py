"""The demo city, loaded on the first start by the services' own generators; this asks for it once.

They are programs, `python -m registry.demo.load` and those of the others, with their service's
settings in the environment. The registry's hands on in files what there is; then the others run
side by side. A mark says that it is done. Training plans come last, while everything runs.
"""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.local.programs import Program, finish, start

DEFAULT_SCALE: Final = "0.01"  # three streets: there in seconds
CITY_NEEDS: Final = 1_000_000
CITY_RATINGS: Final = 2_000_000
CITY_CASES: Final = 200_000

Loader = tuple[str, Sequence[str]]


def is_due(data_dir: Path) -> bool:
    """Whether the demo city is wanted and not there yet. `DEMO=0`: not wanted."""
    return os.environ.get("DEMO", "1") != "0" and not _mark(data_dir).exists()


def load(
    data_dir: Path, settings: Mapping[str, Mapping[str, str]], migrating: Program | None = None
) -> None:
    """Run the loaders and remember it; all but the registry's wait for who migrates.

    Raises `ProgramFailedError`.
    """
    scale = os.environ.get("DEMO_SCALE", DEFAULT_SCALE)
    offerings = data_dir / "demo-offerings.csv"
    organisations = data_dir / "demo-organisations.jsonl"
    log = data_dir / "logs" / "demo.log"
    log.write_text("")
    try:
        first, *others = _loaders(scale, offerings, organisations)
        _run([first], settings, log)
        finish([migrating] if migrating else [])
        _run(others, settings, log)
    finally:
        offerings.unlink(missing_ok=True)
        organisations.unlink(missing_ok=True)
    _mark(data_dir).write_text(f"{scale}\n")


async def train(data_dir: Path, settings: Mapping[str, Mapping[str, str]]) -> None:
    """Let the streets draw their training plans, once; they know soon what residents lack."""
    done = data_dir / "demo-trained"
    if not _mark(data_dir).exists() or done.exists():
        return
    with (data_dir / "logs" / "demo.log").open("ab") as log:
        drawing = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "registry.demo.training"),
            env={**os.environ, **settings["registry"]},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        if await drawing.wait() == 0:
            done.touch()
    finally:
        if drawing.returncode is None:
            drawing.kill()


def _loaders(scale: str, offerings: Path, organisations: Path) -> Iterator[Loader]:
    """What is run, the registry first: all others are of offerings that there are."""
    handed, share = ("--offerings", str(offerings)), float(scale)
    told = ("--organisations", str(organisations))
    yield "registry", ("--scale", scale, *handed, *told)
    yield "matching", (*handed, "--needs", str(round(share * CITY_NEEDS)))
    yield "feedback", (*handed, "--ratings", str(round(share * CITY_RATINGS)))
    yield "feedback", (*handed, "--cases", str(round(share * CITY_CASES)))
    yield "procurement", (*handed, *told)


def _run(loaders: Sequence[Loader], settings: Mapping[str, Mapping[str, str]], log: Path) -> None:
    """Run loaders side by side. Raises `ProgramFailedError` once all have ended."""
    started = [
        start(f"{service}.demo.load", words, settings[service]) for service, words in loaders
    ]
    with log.open("a") as file:
        file.write(finish(started))


def _mark(data_dir: Path) -> Path:
    return data_dir / "demo-loaded"
