"""OCDS 1.1.5 as the standard publishes it, with extensions merged: the judge of our packages.

The files are third-party material beside the repository; without them these tests skip, saying so.
"""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ocdsmerge import Merger

CONFORMANCE = Path(__file__).parents[3] / "shared/conformance/ocds-1.1.5"
EXTENSIONS = (
    *("bid", "lots", "requirements", "awardCriteria", "selectionCriteria"),
    *("techniques", "metrics", "performance_failures"),
)
RELEASE_ID = "https://standard.open-contracting.org/schema/1__1__5/release-schema.json"
Json = dict[str, Any]

needs_the_standard = pytest.mark.skipif(
    not CONFORMANCE.is_dir(), reason="../shared/conformance/ocds-1.1.5 is not here"
)


def own_extension() -> Json:
    """The patch that we serve."""
    path = files("procurement").joinpath("ocds", "extension", "release-schema.json")
    found: Json = json.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def release_schema() -> Json:
    """The core schema with all patches merged (RFC 7396)."""
    schema = _read("release-schema.json")
    # lots.json refers to a definition of an extension that is not used here.
    schema["definitions"]["SubmissionTerms"] = {"type": "object"}
    for name in EXTENSIONS:
        schema = _patched(schema, _read(f"extensions/{name}.json"))
    return _patched(schema, own_extension())


@cache
def _validator(package: str) -> Any:
    return jsonschema_rs.Draft4Validator(
        _read(package),
        validate_formats=True,
        retriever=lambda _: release_schema(),
    )


def faults(package: Json) -> list[str]:
    """What the standard has against a package; closed to fields that nobody declared."""
    kind = "release" if "releases" in package else "record"
    told = [
        f"{error.instance_path}: {error.message[:200]}"
        for error in _validator(f"{kind}-package-schema.json").iter_errors(package)
    ]
    for inside in _releases(package):
        told += [f"undeclared {path}" for path in undeclared(inside, release_schema())]
    return told


def undeclared(value: Any, schema: Json, path: str = "") -> Iterator[str]:
    """Fields that neither the standard nor an extension declares."""
    schema = _resolved(schema)
    if isinstance(value, list):
        for each in value:
            yield from undeclared(each, schema.get("items", {}), path)
    if not isinstance(value, dict) or "properties" not in schema:
        return
    for name, inside in value.items():
        if name not in schema["properties"]:
            yield f"{path}/{name}"
        else:
            yield from undeclared(inside, schema["properties"][name], f"{path}/{name}")


def merged(releases: list[Json]) -> Json:
    """What the standard's own tool compiles releases to."""
    compiled: Json = _merger().create_compiled_release(releases)
    return compiled


@cache
def _merger() -> Merger:
    return Merger(release_schema())


def _releases(package: Json) -> Iterator[Json]:
    yield from package.get("releases", ())
    for record in package.get("records", ()):
        yield record["compiledRelease"]


def _resolved(schema: Json) -> Json:
    if "$ref" in schema:
        found: Json = release_schema()["definitions"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema


def _read(name: str) -> Json:
    found: Json = json.loads((CONFORMANCE / name).read_text(encoding="utf-8"))
    return found


def _patched(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    found = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = _patched(found.get(name), value)
    return found
