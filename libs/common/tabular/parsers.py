"""From the text of a cell to a value: one function per kind of column. Blank cells never get here.

A parser takes the cleaned text and returns what JSON can hold, or raises `BadCell`. A shower is its
inverse for exports: `parse(show(value)) == value`.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from common.errors import Text
from common.tabular.cells import BadCell, CellFault
from common.text import fold

Parse = Callable[[str], Any]
Show = Callable[[Any], str | int | float]

SEPARATORS = re.compile(r"[;；,，、\n|]+")
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:\s+0?0:00)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONEY_MARKS = re.compile(r"[\s,￥¥元圆]|RMB|CNY", re.IGNORECASE)
_YES: Final = frozenset({"是", "有", "对", "√", "✓", "y", "yes", "true", "1"})
_NO: Final = frozenset({"否", "无", "没有", "×", "x", "n", "no", "false", "0"})


def bad(slug: str, zh: str, en: str, remedy_zh: str, remedy_en: str) -> BadCell:
    """The refusal of one cell."""
    return BadCell(CellFault(slug, Text(zh, en), Text(remedy_zh, remedy_en)))


def narrow(text: str) -> str:
    """Half-width throughout: for codes, numbers and words of a list, never for prose."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def shown(value: object) -> str | int | float:
    """A value as it stands; numbers stay numbers."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def prose(longest: int) -> Parse:
    """Prose of a limited length, kept as it was written."""

    def parse(cell: str) -> str:
        if len(cell) > longest:
            raise bad(
                "cell-too-long",
                f"超过 {longest} 字（现为 {len(cell)} 字）",
                f"More than {longest} characters ({len(cell)})",
                "缩短内容",
                "Shorten it",
            )
        return cell

    return parse


def code(pattern: str, *, longest: int = 64, hint: Text) -> Parse:
    """A code of a certain form; leading zeros and case are kept."""
    form = re.compile(pattern)

    def parse(cell: str) -> str:
        plain = narrow(cell).strip().lstrip("'")
        if len(plain) > longest or not form.fullmatch(plain):
            raise BadCell(
                CellFault(
                    "cell-wrong-code", Text("编码格式不符", "The code has another form"), hint
                )
            )
        return plain

    return parse


def integer(least: int, most: int) -> Parse:
    """A whole number within bounds; thousands separators are understood."""

    def parse(cell: str) -> int:
        plain = narrow(cell).replace(",", "").replace(" ", "")
        if not re.fullmatch(r"[+-]?\d{1,15}(?:\.0+)?", plain, re.ASCII):
            raise bad("cell-not-integer", "不是整数", "Not a whole number", *_FILL_NUMBER)
        number = int(plain.split(".")[0])
        _must_lie(number, least, most)
        return number

    return parse


def decimal(least: float, most: float) -> Parse:
    """A number within bounds."""

    def parse(cell: str) -> float:
        try:
            number = float(narrow(cell).replace(",", "").replace(" ", ""))
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise bad("cell-not-number", "不是数字", "Not a number", *_FILL_NUMBER)
        _must_lie(number, least, most)
        return number

    return parse


_FILL_NUMBER: Final = ("只填数字，不带单位", "Digits only, without a unit")


def _must_lie(number: float, least: float, most: float) -> None:
    if not least <= number <= most:
        raise bad(
            "cell-out-of-range",
            f"{number:g} 不在 {least:g} 至 {most:g} 之间",
            f"{number:g} is not between {least:g} and {most:g}",
            "核对数值与单位",
            "Check value and unit",
        )


def yuan(cell: str) -> int:
    """An amount in yuan, as fen. `12.5`, `12.50元` and `￥1,200` are understood."""
    try:
        amount = Decimal(_MONEY_MARKS.sub("", narrow(cell)))
        fen = amount * 100
    except ArithmeticError:  # no number, or one with an exponent that no decimal holds
        raise bad("cell-not-money", "不是金额", "Not an amount", *_FILL_NUMBER) from None
    if not amount.is_finite() or fen != fen.to_integral_value():
        raise bad(
            "cell-not-money",
            "金额最多两位小数",
            "An amount has at most two decimals",
            "以元为单位填写，精确到分",
            "In yuan, to the fen",
        )
    _must_lie(float(amount), 0, 1e10)
    return int(fen)


def show_yuan(fen: int) -> float | int:
    """Fen as yuan: a whole number where it is one."""
    return fen // 100 if fen % 100 == 0 else fen / 100


def iso_date(cell: str) -> str:
    """A day as staff write it, in ISO form: `2026-03-02`, `2026/3/2`, `2026年3月2日`."""
    plain = narrow(cell)
    match = _DATE.fullmatch(plain) or _COMPACT.fullmatch(plain)
    try:
        if match is None:
            raise ValueError(plain)
        return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        raise bad(
            "cell-not-date",
            "不是有效日期",
            "Not a date",
            "按 2026-03-02 的样式填写",
            "Write it like 2026-03-02",
        ) from None


def yes_no(cell: str) -> bool:
    """是 or 否, and the many ways in which people tick a box."""
    plain = narrow(cell).casefold()
    if plain in _YES or plain in _NO:
        return plain in _YES
    raise bad("cell-not-yes-no", "应填“是”或“否”", "Yes or no", "填 是 或 否", "Write 是 or 否")


def show_yes_no(value: bool) -> str:  # a shower takes its value
    """是 or 否."""
    return "是" if value else "否"


def choice(words: Mapping[str, str]) -> Parse:
    """One word of a closed list: its Chinese name (key) or its code (value)."""
    known = {**{folded(code): code for code in words.values()}}
    known |= {folded(name): code for name, code in words.items()}

    def parse(cell: str) -> str:
        value = words.get(cell) or known.get(folded(cell))
        if value is None:
            raise not_in_list(cell, list(words))
        return value

    return parse


def show_choice(words: Mapping[str, str]) -> Show:
    """The first name of a code."""
    names: dict[str, str] = {}
    for name, value in words.items():
        names.setdefault(value, name)
    return lambda value: names.get(value, str(value))


def not_in_list(cell: str, names: list[str]) -> BadCell:
    """A word that is not on a list, with a few that are."""
    near = _nearest(cell, names)
    offered = "、".join(near or names[:12])
    return bad(
        "cell-not-in-list",
        f"“{cell[:40]}”不在可选范围内",
        f"{cell[:40]} is not on the list",
        f"您是否想填：{offered}" if near else f"可填：{offered}",
        f"Did you mean: {offered}" if near else f"One of: {offered}",
    )


def _nearest(cell: str, names: list[str]) -> list[str]:
    from difflib import get_close_matches  # noqa: PLC0415  # only when somebody erred

    return get_close_matches(cell[:60], names, n=3, cutoff=0.5)


def many(parse_one: Parse) -> Parse:
    """Several words in one cell, separated by ； 、 ， or line breaks; doubles are dropped."""

    def parse(cell: str) -> list[Any]:
        parts = [part.strip() for part in SEPARATORS.split(cell)]
        return list(dict.fromkeys(parse_one(part) for part in parts if part))

    return parse


def show_many(show_one: Show) -> Show:
    """Several words in one cell."""
    return lambda values: "；".join(str(show_one(value)) for value in values)


def folded(word: str) -> str:
    """A word for comparison: half-width, simplified, lower case, without blanks."""
    return "".join(fold(word).split())
