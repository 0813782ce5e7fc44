"""What the README tells a newcomer to type does what the README says that it does."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

import httpx
import pytest

from deploy.local.cluster import remove_data
from tests.harness import open_directory
from tests.local.running import eventually, five_free_ports, start, wait_for_table

README: Final = Path("README.md")
TOLD: Final = "http://127.0.0.1:8000"
DONE: Final = "@@@ done"
PATIENCE_S: Final = 120

pytestmark = pytest.mark.skipif(
    shutil.which("curl") is None or not Path(".venv/bin/python").exists(),
    reason="the README is typed with curl, and after `make install`",
)


class Terminal:
    """The newcomer's second terminal: what is typed, and what came back. A failed line ends it."""

    def __init__(self, address: str, data: Path) -> None:
        self._address, self._data = address, data
        given = {"DATA_DIR": str(data), "PORT": address.rpartition(":")[2]}
        self._bash = subprocess.Popen(
            ["bash", "-eu", "-o", "pipefail"],
            env={**os.environ, **given, "no_proxy": "127.0.0.1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )

    def type(self, block: str, *, refused: bool = False) -> str:
        """Type one block of the README; an answer that refuses is a failure unless it is meant."""
        block = block.replace(TOLD, self._address).replace(".data/", f"{self._data}/")
        if not refused:
            block = block.replace("curl -s", "curl --fail-with-body -s")
        keyboard, screen = self._bash.stdin, self._bash.stdout
        assert keyboard is not None
        assert screen is not None
        keyboard.write(f"{block}\necho; echo '{DONE}'\n")
        keyboard.flush()
        return self._read(screen, block)

    def _read(self, screen: IO[str], block: str) -> str:
        said = ""
        for line in screen:
            if line.strip() == DONE:
                return said
            said += line
        raise AssertionError(f"{block}\n… ended with {self._bash.wait()}:\n{said[-2000:]}")

    def close(self) -> None:
        """Leave, whatever is running."""
        with suppress(ProcessLookupError):
            os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.communicate()


@pytest.fixture
def platform() -> Iterator[tuple[str, Path]]:
    """The platform with its demo city as `make run` starts it: its address, its data."""
    made = open_directory()
    port = five_free_ports()
    runner = start(made / "data", port, DEMO="1", DEMO_SCALE="0.01")
    try:
        wait_for_table(runner)
        yield f"http://127.0.0.1:{port}", made / "data"
    finally:
        os.killpg(runner.pid, signal.SIGINT)
        runner.communicate(timeout=60)
        remove_data(made / "data")
        remove_data(made)


def steps(of: Path = README) -> dict[int, list[str]]:
    """The blocks of each numbered step of the first ten minutes."""
    text = of.read_text("utf-8")
    found = re.split(r"^\*\*(\d+)\. ", text, flags=re.MULTILINE)[1:]
    return {
        int(number): re.findall(r"```sh\n(.*?)```", told, flags=re.DOTALL)
        for number, told in zip(found[::2], found[1::2], strict=True)
    }


def typed(told: dict[int, list[str]]) -> dict[int, list[str]]:
    """The same without what is said beside the lines."""
    return {
        number: [re.sub(r"\s+#.*$", "", block, flags=re.MULTILINE) for block in blocks]
        for number, blocks in told.items()
    }


def test_both_languages_tell_the_same() -> None:
    english, chinese = steps(), steps(Path("README.zh-CN.md"))

    assert typed(english) == typed(chinese)


def test_the_first_ten_minutes_are_as_they_are_told(platform: tuple[str, Path]) -> None:
    address, data = platform
    told, terminal = steps(), Terminal(address, data)
    try:
        the_inventory_is_imported(address, terminal.type(told[1][0]), terminal)
        near, counted = map(terminal.type, told[2])
        assert json.loads(near)["items"]
        assert json.loads(counted)["total"] > 0

        coverage_is_surveyed(address)
        terminal.type(f"LAST_NEXT={TOLD}/registry/feeds/offering\n{told[3][0]}")
        said = {number: "".join(map(terminal.type, told[number])) for number in range(4, 10)}
        mistake = terminal.type(told[11][0], refused=True)
    finally:
        terminal.close()

    assert '"name":"line"' in said[4]
    assert '"offering_id"' in said[5]
    assert '"due_at"' in said[6]
    assert '"qualifications"' in said[7]
    assert '"status":"confirmed"' in said[8]
    assert '"sm3"' in said[9]
    assert json.loads(mistake)["errors"][0]["pointer"] == "/credit_code"


def the_inventory_is_imported(address: str, said: str, terminal: Terminal) -> None:
    """Five files were taken, and every one ends with all its rows."""
    ids = re.findall(r'"id":"([0-9a-f-]{36})"', said)
    assert len(ids) == 5
    token = terminal.type('echo "$TOKEN"').strip()
    with httpx.Client(trust_env=False, headers={"Authorization": f"Bearer {token}"}) as http:

        def states() -> list[Any]:
            return [http.get(f"{address}/registry/v1/imports/{key}").json() for key in ids]

        assert eventually(lambda: all(each["finished_at"] for each in states()), PATIENCE_S)
        ended = states()
    assert [(each["problem"], each["rows_failed"]) for each in ended] == [(None, 0)] * 5


def coverage_is_surveyed(address: str) -> None:
    """Within a minute or so, as long as it takes to read on to there."""
    asked = {"area": "310110019", "category": "eldercare", "target_group": "elderly"}

    with httpx.Client(base_url=address, params=asked, trust_env=False) as client:
        assert eventually(lambda: client.get("/matching/v1/coverage").is_success, PATIENCE_S)
