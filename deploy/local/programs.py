"""Programs that do a piece of work beside this process, and must come to a good end."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

Program = subprocess.Popen[str]
_LAST_LINES = 15


class ProgramFailedError(RuntimeError):
    """A program did not come to a good end; the message holds its last words."""


def start(module: str, words: Sequence[str], environment: Mapping[str, str]) -> Program:
    """Start `python -m module words…`."""
    return subprocess.Popen(  # noqa: S603 - no shell, the command is ours
        [sys.executable, "-m", module, *words],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(programs: Sequence[Program]) -> str:
    """Wait until all have ended; what they said. Raises `ProgramFailedError` once all have."""
    try:
        said = [(program.communicate()[0], program.returncode) for program in programs]
    finally:
        for program in programs:
            program.kill()  # who was told to stop leaves none at work
    for words, status in said:
        if status != 0:
            raise ProgramFailedError("\n".join(words.splitlines()[-_LAST_LINES:]))
    return "".join(words for words, _ in said)


@contextmanager
def beside(module: str, words: Sequence[str], environment: Mapping[str, str]) -> Iterator[Program]:
    """A program that runs while something else is done; it does not outlast that."""
    program = start(module, words, environment)
    try:
        yield program
    finally:
        program.kill()
        program.wait()
