"""GeoReport as tests read it: the schemas, tightened, and XML read back to the one shape."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import orjson
import pytest

SCHEMAS = Path(__file__).parents[3] / "shared/conformance/open311"
LISTS = {"attributes", "values", "endpoints", "formats"}
NUMBERS = {"lat": float, "long": float, "code": int, "order": int}
TRUTHS = {"metadata", "variable", "required"}


def schema(name: str) -> Any:
    """A validator of one schema; the test is skipped where the schemas are not at hand.

    They say neither that a record is an object nor that nothing else may stand in it; here they do.
    """
    path = SCHEMAS / f"{name}.json"
    if not path.is_file():
        pytest.skip("the Open311 schemas are third-party material and not at hand")
    return jsonschema_rs.validator_for(_tight(orjson.loads(path.read_bytes())))


def _tight(part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in part:
        return _tight(orjson.loads((SCHEMAS / part["$ref"]).read_bytes()))
    made = {**part}
    if "properties" in part:
        made["properties"] = {name: _tight(each) for name, each in part["properties"].items()}
        made |= {"type": "object", "additionalProperties": False}
    if "items" in part:
        made["items"] = _tight(part["items"])
    return made


def read_xml(text: str, *, is_list: bool) -> Any:
    """An XML answer as the JSON that it should equal."""
    root = ET.fromstring(text)  # noqa: S314 - our own answer
    return [_value(each) for each in root] if is_list else _value(root)


def _value(element: ET.Element) -> Any:
    if element.tag in LISTS:
        return [_value(each) for each in element]
    if len(element):
        return {each.tag: _value(each) for each in element}
    text = element.text
    if text is None:
        return None
    convert: Callable[[str], Any] = NUMBERS.get(element.tag, str)
    if element.tag == "code" and not text.isdigit():
        convert = str
    return text == "true" if element.tag in TRUTHS else convert(text)
