"""The guides speak of addresses that exist."""

import json
import re
from pathlib import Path

import pytest

from deploy.local.environment import SERVICES

GUIDES = sorted(Path("docs/guides").glob("*.md"))
CALL = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`?\s]+)")
FILE = re.compile(r"(?:\]\(|`)((?:\.\./|deploy/|libs/|tests/)[\w./-]+)")


def shape(path: str) -> str:
    """A path whatever its parameters are called."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def served() -> set[tuple[str, str]]:
    found = set()
    for service in SERVICES:
        document = json.loads(Path(f"docs/openapi/{service}.json").read_text("utf-8"))
        for path, operations in document["paths"].items():
            found |= {(method.upper(), shape(f"/{service}{path}")) for method in operations}
    return found


def test_each_address_in_a_guide_is_served() -> None:
    calls = [
        (guide.name, method, path)
        for guide in GUIDES
        for method, path in CALL.findall(guide.read_text("utf-8"))
    ]
    there = served()

    unknown = [call for call in calls if (call[1], shape(call[2])) not in there]
    assert len(calls) > 30
    assert unknown == []


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_each_file_that_a_guide_names_is_there(guide: Path) -> None:
    named = FILE.findall(guide.read_text("utf-8"))
    places = [
        guide.parent / name if name.startswith("../") else Path(name.rstrip("/")) for name in named
    ]

    assert [str(place) for place in places if not place.exists()] == []


def test_the_table_of_compliance_says_all_of_it_in_both_languages() -> None:
    """Every duty, every evidence and every gap; names of files and commands are of no language."""
    lines = (GUIDES[0].parent / "compliance.md").read_text("utf-8").splitlines()
    rows = [line.strip("|").split("|") for line in lines if re.match(r"\| .*\| [✅◐✗] \|", line)]
    cells = [re.sub(r"`[^`]*`|\]\([^)]*\)", "", cell) for row in rows for cell in row[1:]]
    told = [cell for cell in cells if re.search(r"[\u4e00-\u9fff]|[a-z]{3}", cell)]

    assert len(rows) > 30
    assert [cell for cell in told if not re.search(r"[\u4e00-\u9fff].*[a-z]{2}", cell)] == []
