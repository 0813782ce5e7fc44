"""What no route accepts: parameters that it does not know, and characters that no text can keep.

A mistyped filter that is silently dropped answers with everything; a NUL reaches PostgreSQL only to
be refused without a name. Both are told here, by name.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final

import orjson
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Cookie, Header, Path
from starlette.requests import Request

from common.errors import FieldError, Invalid, Text

_TOLD: Final = 10
_NUL: Final = Text("含有空字符（NUL），请删除后重试", "contains a NUL character; remove it")


class UnknownParameter(Invalid):
    """The query has a parameter that this route does not know."""

    slug = "unknown-parameter"
    title = Text("没有这个查询参数", "Unknown query parameter")


def known_parameters(dependant: Dependant) -> frozenset[str]:
    """Names of the query parameters that a route takes, by itself or through what it depends on."""
    elsewhere = (Path, Header, Cookie)  # a field of a model of parameters is no `Query` of its own
    fields = get_flat_params(dependant)
    return frozenset(field.alias for field in fields if not isinstance(field.field_info, elsewhere))


def check_query(request: Request, known: frozenset[str]) -> None:
    """422 `unknown-parameter`, or `invalid` for a NUL, naming each parameter that is at fault."""
    if not request.url.query:
        return
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        errors = [_unknown(name, request.query_params[name], known) for name in unknown[:_TOLD]]
        raise UnknownParameter(errors=errors)
    if "%00" in request.url.query:
        marred = [name for name, value in request.query_params.multi_items() if "\0" in value]
        _refuse([(f"/{name}", request.query_params[name]) for name in marred])


def check_body(raw: bytes) -> None:
    r"""422 `invalid` naming each text of a JSON body that holds `\u0000`; other bodies pass."""
    if b"\\u0000" not in raw:
        return
    try:
        said = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return  # whoever reads the body says what is wrong with it
    _refuse(list(_marred(said, "")))


def _refuse(marred: list[tuple[str, str]]) -> None:
    if marred:
        raise Invalid(errors=[FieldError(at, text, _NUL) for at, text in marred[:_TOLD]])


def _marred(value: Any, at: str) -> Iterator[tuple[str, str]]:  # any JSON
    if isinstance(value, str):
        if "\0" in value:
            yield at or "/", value
        return
    if isinstance(value, dict):
        parts: Any = value.items()
    else:
        parts = enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        pointer = f"{at}/{str(name).replace('~', '~0').replace('/', '~1')}"
        if "\0" in str(name):
            yield pointer, str(name)
        yield from _marred(part, pointer)


def _unknown(name: str, value: str, known: frozenset[str]) -> FieldError:
    near = get_close_matches(name, known, n=1)
    listed = "、".join(sorted(known)) or "（无）"
    meant = Text(f"是否为 {near[0]}？", f"did you mean {near[0]}? ") if near else Text("", "")
    message = Text(
        f"没有这个参数，{meant.zh}可用：{listed}",
        f"no such parameter; {meant.en}known: {', '.join(sorted(known)) or 'none'}",
    )
    return FieldError(f"/{name}", value, message)
