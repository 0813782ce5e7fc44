"""How the process that handles files ends is told apart: too costly, killed, or broken by us."""

import tempfile
from pathlib import Path

import pytest

from common.tabular.frames import OUT_OF_MEMORY, UNREADABLE
from common.tabular.parsing import (
    CannotFinish,
    ChildBroke,
    ChildLost,
    NothingToReport,
    portions,
)

ENDS = {
    "sys.exit(1)": ChildBroke,
    "raise RuntimeError": ChildBroke,
    "pass": ChildBroke,
    f"sys.exit({OUT_OF_MEMORY})": CannotFinish,
    f"sys.exit({UNREADABLE})": NothingToReport,
    "os.kill(os.getpid(), signal.SIGXCPU)": CannotFinish,
    "os.kill(os.getpid(), signal.SIGKILL)": ChildLost,
}


@pytest.mark.parametrize("end", ENDS)
async def test_each_end_has_its_own_name(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ending.py").write_text(f"import os, signal, sys\nsys.stdin.read(1)\n{end}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with tempfile.TemporaryFile() as file, pytest.raises(ENDS[end]):
        async for _ in portions("ending", file, {}):
            raise AssertionError("it says nothing")


async def test_a_process_that_does_not_start_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:

    with tempfile.TemporaryFile() as file, pytest.raises(ChildBroke):
        async for _ in portions("no_such_module", file, {"much": "x" * 200_000}):
            raise AssertionError("it says nothing")
