"""Days, instants and numbers as a caller writes them.

pydantic takes a number for seconds since 1970, so that `20261130` was an instant of August 1970. Of
the first and the last year of the calendar a zone, or one day more, makes what no calendar holds.
A text that is a number to Python, `1_0` or `inf`, is none to people: they meant something else.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from pydantic import BeforeValidator
from pydantic_core import CoreSchema, core_schema

from common.errors import Text

DAY: Final = Text("应为日期，如 2026-09-18", "should be a date, such as 2026-09-18")
INSTANT: Final = Text(
    "应为带时区的时间，如 2026-09-18T09:00:00+08:00",
    "should be a time with its zone, such as 2026-09-18T09:00:00+08:00",
)
OUT_OF_REACH: Final = Text(
    "年份应在 0002 至 9998 之间；没有期限的请不填",
    "the year should be from 0002 to 9998; leave it out where there is no end",
)
NUMBER: Final = Text(
    "应为数字，如 20 或 -3.5，只用半角数字书写",
    "should be a number in plain digits, such as 20 or -3.5",
)
_DIGITS: Final = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?")
_REACH: Final = range(2, 9999)
_TEXTS: Final = {"date": DAY, "datetime": INSTANT}
_APART: Final = frozenset({"metadata", "default", "serialization"})  # parts that are no schemas


class NotWritten(ValueError):
    """A day, an instant or a number that a program reads and people would not write so."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


def is_number(said: object) -> bool:
    """Whether it is a number, or a text that is one."""
    if not isinstance(said, str):
        return isinstance(said, int | float)
    try:
        float(said)
    except ValueError:
        return False
    return True


def _in_digits(said: object) -> object:
    if isinstance(said, str) and is_number(said) and not _DIGITS.fullmatch(said.strip()):
        raise NotWritten(NUMBER)
    return said


# Of a parameter, which is no field of a model of input. It stands last: bounds hold of the number.
IN_DIGITS: Final = BeforeValidator(_in_digits)


def as_written(schema: Any) -> Any:
    """The schema of a model of input: days, instants, numbers held to how they are written."""
    if isinstance(schema, list):
        return [as_written(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if _is_held(schema):
        return schema
    whole = {name: part if name in _APART else as_written(part) for name, part in schema.items()}
    if schema.get("type") in ("int", "float", "decimal"):
        return core_schema.no_info_before_validator_function(_in_digits, whole)
    if schema.get("type") not in ("date", "datetime"):
        return whole
    return _held(whole, _TEXTS[schema["type"]])


def _held(schema: Any, text: Text) -> CoreSchema:
    return core_schema.no_info_wrap_validator_function(partial(_read, text), schema)


def _is_held(schema: dict[str, Any]) -> bool:
    """Whether a part was held before, as one of the model of a part."""
    function = schema.get("function")
    held = function.get("function") if isinstance(function, dict) else None
    return held is _in_digits or getattr(held, "func", None) is _read


def _read(text: Text, said: object, read: Callable[[object], date | datetime]) -> date | datetime:
    if is_number(said):
        raise NotWritten(text)
    found = read(said)
    if found.year not in _REACH:
        raise NotWritten(OUT_OF_REACH)
    return found
