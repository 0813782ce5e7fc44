"""One shape, two formats: what JSON says XML says too, element by element."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final
from xml.sax.saxutils import escape

import orjson
from starlette.responses import Response

from feedback.open311.shapes import Shape


class Format(StrEnum):
    """How an answer is written; the end of the address says it."""

    JSON = "json"
    XML = "xml"


MEDIA_TYPES: Final = {Format.JSON: "application/json", Format.XML: "text/xml; charset=utf-8"}
_HEAD: Final = '<?xml version="1.0" encoding="utf-8"?>'
_PART_OF: Final = {
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
}
# Characters that no XML document may hold.
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def many(
    form: Format, shapes: Sequence[Shape], *, root: str, each: str, status: int = 200
) -> Response:
    """A list: a JSON array, or a root element with one element for each."""
    plain = [_plain(shape) for shape in shapes]
    if form is Format.JSON:
        return _json(plain, status)
    return _xml(f"<{root}>{''.join(_element(each, part) for part in plain)}</{root}>", status)


def one(form: Format, shape: Shape, *, root: str) -> Response:
    """One thing: a JSON object, or an element of that name."""
    plain = _plain(shape)
    return _json(plain, 200) if form is Format.JSON else _xml(_element(root, plain), 200)


def _plain(shape: Shape) -> dict[str, Any]:
    found: dict[str, Any] = _clean(shape.model_dump(mode="json"))
    return found


def _clean(value: Any) -> Any:  # any JSON
    """The same without characters that only one of the two formats could carry."""
    if isinstance(value, str):
        return _NOT_XML.sub("\ufffd", value)
    if isinstance(value, dict):
        return {name: _clean(part) for name, part in value.items()}
    return [_clean(part) for part in value] if isinstance(value, list) else value


def _json(plain: Any, status: int) -> Response:
    return Response(orjson.dumps(plain), status, media_type=MEDIA_TYPES[Format.JSON])


def _xml(body: str, status: int) -> Response:
    return Response(_HEAD + body, status, media_type=MEDIA_TYPES[Format.XML])


def _element(name: str, value: Any) -> str:
    if value is None:
        return f"<{name}/>"
    if isinstance(value, dict):
        inside = "".join(_element(part, each) for part, each in value.items())
    elif isinstance(value, list):
        inside = "".join(_element(_PART_OF[name], each) for each in value)
    elif isinstance(value, bool):
        inside = str(value).lower()
    else:
        inside = escape(str(value), {"\r": "&#13;"})
    return f"<{name}>{inside}</{name}>"
