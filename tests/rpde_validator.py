"""OpenActive's own RPDE validator (npm), walking a feed on loopback. Needs Node 18.17 and npm."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.node import node_with

HERE = Path(__file__).parent / "rpde"
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
    node = node_with(HERE, "the RPDE validator")
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
