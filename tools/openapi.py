"""The OpenAPI document of each service: `python -m tools.openapi` writes docs/openapi/*.json.

With `--check` it writes nothing and fails when a document has moved.
"""

import difflib
import os
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

import orjson

from deploy.local.environment import SERVICES, Urls, make_secrets, settings_of, without_settings

PLACE: Final = Path("docs/openapi")
NOWHERE: Final = Urls(*(["postgresql://nobody@/none"] * 3))
SHOWN_LINES: Final = 40


def document(service: str) -> str:
    """The document, stable byte for byte: keys sorted, one fact a line."""
    app = import_module(f"{service}.main").app()
    made = orjson.dumps(app.openapi(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    return made.decode() + "\n"


def difference(service: str, made: str) -> list[str]:
    """What has moved since the document was committed; empty when nothing has."""
    path = PLACE / f"{service}.json"
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = difflib.unified_diff(
        kept.splitlines(), made.splitlines(), str(path), "the code", lineterm="", n=2
    )
    return list(lines)


def configure() -> None:
    """Settings with which the apps can be built; nothing is opened by building."""
    kept = without_settings(os.environ)
    with tempfile.TemporaryDirectory() as place:
        secrets = make_secrets(Path(place))
        for service in SERVICES:
            kept |= settings_of(service, NOWHERE, secrets, base_url="http://127.0.0.1:8000")
    os.environ.clear()
    os.environ.update(kept)


def main(arguments: Sequence[str]) -> int:
    """Write the documents, or compare them."""
    configure()
    moved = 0
    for service in SERVICES:
        made = document(service)
        if "--check" not in arguments:
            PLACE.mkdir(parents=True, exist_ok=True)
            (PLACE / f"{service}.json").write_text(made, encoding="utf-8")
            continue
        lines = difference(service, made)
        sys.stdout.write("".join(f"{line}\n" for line in lines[:SHOWN_LINES]))
        moved += bool(lines)
    if moved:
        sys.stdout.write("OpenAPI documents have moved; run `make openapi` and commit them.\n")
    return 1 if moved else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
