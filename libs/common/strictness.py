"""What no route accepts: parameters that it does not know, and characters that no text can keep.

A mistyped filter that is silently dropped answers with everything; a NUL reaches PostgreSQL only to
be refused without a name; other control characters break the XML and the workbooks they end up in.
All are told here, by name.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, Final, get_args

import orjson
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Cookie, Header, Path
from pydantic import AwareDatetime
from starlette.datastructures import FormData
from starlette.requests import Request

from common.contracts.written import DAY, INSTANT, OUT_OF_REACH, is_number
from common.errors import BadRequest, FieldError, Invalid, Text
from common.invisible import CONTROL, may_hold_some, shows_nothing

_TOLD: Final = 10
_NUL: Final = Text("含有空字符（NUL），请删除后重试", "contains a NUL character; remove it")
_HIDDEN: Final = Text(
    "含有看不见的控制字符（{which}），请删除后重试",
    "contains an invisible control character ({which}); remove it",
)
_BLANK: Final = Text(
    "只有看不见的字符，请填写内容", "holds nothing but invisible characters; write something"
)
_OUTER_YEARS: Final = ("0000", "0001", "9999")


class UnknownParameter(Invalid):
    """The query has a parameter that this route does not know."""

    slug = "unknown-parameter"
    title = Text("没有这个查询参数", "Unknown query parameter")


class NotJson(BadRequest):
    """The body is JSON to some, and not by RFC 8259: that is UTF-8 without a mark, and whole."""

    slug = "not-json"
    title = Text("不是规范的 JSON", "Not JSON by RFC 8259")
    detail = Text(
        "JSON 须为不带 BOM 的 UTF-8（RFC 8259），不含 NaN、Infinity 和不成对的代理字符。",
        "JSON is in UTF-8 without a byte order mark (RFC 8259), and holds no NaN, no Infinity and"
        " no lone surrogate.",
    )


def known_parameters(dependant: Dependant) -> frozenset[str]:
    """Names of the query parameters that a route takes, by itself or through what it depends on."""
    return frozenset(field.alias for field in _parameters(dependant))


def timed_parameters(dependant: Dependant) -> dict[str, Text]:
    """Those of them that are days or instants, with how they are written."""
    found = ((field.alias, _how(field.field_info.annotation)) for field in _parameters(dependant))
    return {name: how for name, how in found if how is not None}


def _parameters(dependant: Dependant) -> list[Any]:
    elsewhere = (Path, Header, Cookie)  # a field of a model of parameters is no `Query` of its own
    fields = get_flat_params(dependant)
    return [field for field in fields if not isinstance(field.field_info, elsewhere)]


def _how(declared: Any) -> Text | None:
    """How a value of a type is written, where it is a day or an instant."""
    if declared in (datetime, AwareDatetime):
        return INSTANT
    if declared is date:
        return DAY
    return next(filter(None, map(_how, get_args(declared))), None)


def check_query(request: Request, known: frozenset[str], timed: Mapping[str, Text]) -> None:
    """422 `unknown-parameter` or `invalid`, naming each parameter that is at fault."""
    if not request.url.query:
        return
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        errors = [_unknown(name, request.query_params[name], known) for name in unknown[:_TOLD]]
        raise UnknownParameter(errors=errors)
    said = request.query_params.multi_items()
    wrong = [
        FieldError(f"/{name}", value, fault)
        for name, value in said
        if name in timed and (fault := _mistimed(value, timed[name])) is not None
    ]
    if "%00" in request.url.query:
        wrong += [FieldError(f"/{name}", value, _NUL) for name, value in said if "\0" in value]
    _refuse(wrong)


def _mistimed(value: str, how: Text) -> Text | None:
    """What is wrong with a day or an instant that a program would read otherwise than people."""
    if is_number(value):
        return how
    return OUT_OF_REACH if value.strip()[:4] in _OUTER_YEARS else None


def check_body(raw: bytes) -> None:
    """422 `invalid` naming each text of a JSON body that no text can keep; other bodies pass.

    Raises `NotJson` of what Python alone takes for JSON.
    """
    if not may_hold_some(raw):
        return
    try:
        said = orjson.loads(raw)
    except orjson.JSONDecodeError as fault:
        if _is_json_to_python(raw):
            raise NotJson from fault
        return  # whoever reads the body says what is wrong with it
    _refuse(list(_marred(said)))


def _is_json_to_python(raw: bytes) -> bool:
    """Whether Python reads it all the same: by a mark or the NULs of another code, half characters,
    NaN.
    """
    try:
        json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return True


def check_form(form: FormData) -> None:
    """The same of the fields of a form, and of the names of its files."""
    wrong = []
    for name, value in form.multi_items():
        text = value if isinstance(value, str) else value.filename or ""
        fault = _fault(name) or _fault(text)
        if fault is not None:
            wrong.append(FieldError(f"/{name}", text, fault))
    _refuse(wrong)


def _refuse(wrong: list[FieldError]) -> None:
    if wrong:
        raise Invalid(errors=wrong[:_TOLD])


def _marred(said: Any) -> Iterator[FieldError]:  # any JSON, however deep
    """Each name and each text that is at fault, in their order."""
    waiting: list[tuple[str, Any]] = [("", said)]
    while waiting:
        at, value = waiting.pop()
        if isinstance(value, str):
            if (fault := _fault(value)) is not None:
                yield FieldError(at or "/", value, fault)
            continue
        if isinstance(value, dict):
            parts = [(f"{at}/{_escaped(name)}", part) for name, part in value.items()]
            for name in filter(_fault, value):
                yield FieldError(f"{at}/{_escaped(name)}", name, _fault(name) or _NUL)
        else:
            listed = value if isinstance(value, list) else ()
            parts = [(f"{at}/{index}", part) for index, part in enumerate(listed)]
        waiting.extend(reversed(parts))


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _fault(text: str) -> Text | None:
    """What no text can keep, where it holds some."""
    if "\0" in text:
        return _NUL
    if found := CONTROL.search(text):
        return _HIDDEN.format({"which": f"U+{ord(found[0]):04X}"})
    return _BLANK if shows_nothing(text) else None


def _unknown(name: str, value: str, known: frozenset[str]) -> FieldError:
    near = get_close_matches(name, known, n=1)
    listed = "、".join(sorted(known)) or "（无）"
    meant = Text(f"是否为 {near[0]}？", f"did you mean {near[0]}? ") if near else Text("", "")
    message = Text(
        f"没有这个参数，{meant.zh}可用：{listed}",
        f"no such parameter; {meant.en}known: {', '.join(sorted(known)) or 'none'}",
    )
    return FieldError(f"/{name}", value, message)
