"""The demo city, loaded on the first start by the services' own generators; this asks for it once.

They are programs, `python -m registry.demo.load` and those of the others, with their service's
settings in the environment. The registry's hands on in files what there is; then the others run
side by side. A mark says that it is done.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

DEFAULT_SCALE: Final = "0.01"  # three streets: there in seconds
CITY_NEEDS: Final = 1_000_000
CITY_RATINGS: Final = 2_000_000
CITY_CASES: Final = 200_000

Loader = tuple[str, Sequence[str]]


class DemoNotLoadedError(RuntimeError):
    """The demo city could not be loaded; the message holds the loader's last words."""


def is_due(data_dir: Path) -> bool:
    """Whether the demo city is wanted and not there yet. `DEMO=0`: not wanted."""
    return os.environ.get("DEMO", "1") != "0" and not _mark(data_dir).exists()


def load(data_dir: Path, settings: Mapping[str, Mapping[str, str]]) -> None:
    """Run the loaders and remember it. Raises `DemoNotLoadedError`."""
    scale = os.environ.get("DEMO_SCALE", DEFAULT_SCALE)
    offerings = data_dir / "demo-offerings.csv"
    organisations = data_dir / "demo-organisations.jsonl"
    log = data_dir / "logs" / "demo.log"
    log.write_text("")
    try:
        first, *others = _loaders(scale, offerings, organisations)
        _run([first], settings, log)
        _run(others, settings, log)
    finally:
        offerings.unlink(missing_ok=True)
        organisations.unlink(missing_ok=True)
    _mark(data_dir).write_text(f"{scale}\n")


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
    """Run loaders side by side. Raises `DemoNotLoadedError` once all have ended."""
    started = [_started(service, words, settings[service]) for service, words in loaders]
    try:
        said = [(loader.communicate()[0], loader.returncode) for loader in started]
    finally:
        for loader in started:
            loader.kill()  # who was told to stop leaves none at work
    with log.open("a") as file:
        file.writelines(words for words, _ in said)
    for words, status in said:
        if status != 0:
            raise DemoNotLoadedError("\n".join(words.splitlines()[-15:]))


def _started(
    service: str, words: Sequence[str], environment: Mapping[str, str]
) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 - no shell, the command is ours
        [sys.executable, "-m", f"{service}.demo.load", *words],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _mark(data_dir: Path) -> Path:
    return data_dir / "demo-loaded"
