"""Rows and cells as both readers deliver them: text, plus what is wrong with single cells.

Rows and columns of the file count from 1 as the person at the screen sees them; indexes in
`Row.cells` count from 0.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from common.errors import Text
from common.invisible import CONTROL as _CONTROL


class CellFault(NamedTuple):
    """One cell that cannot be taken: the fact, and what to do about it."""

    slug: str
    message: Text
    remedy: Text


class BadCell(Exception):  # a fact, like every refusal here
    """Raised by a parser of cells; never leaves the parsing of its row."""

    def __init__(self, fault: CellFault) -> None:
        super().__init__(fault.slug)
        self.fault = fault


class Row(NamedTuple):
    """One row: its number in the file, its cells as text, and the flawed cells by index."""

    number: int
    cells: list[str]
    flaws: Mapping[int, CellFault]


NO_FLAWS: Final[Mapping[int, CellFault]] = {}

FORMULA: Final = CellFault(
    "cell-formula",
    Text("单元格是公式，其显示值可能已过期", "The cell is a formula; its value may be stale"),
    Text(
        "复制后用“选择性粘贴—数值”替换公式",
        "Replace the formula by its value (paste special, values)",
    ),
)
CONTROL: Final = CellFault(
    "cell-control-character",
    Text("单元格含有不可见的控制字符", "The cell contains invisible control characters"),
    Text("清空后重新手工录入该单元格", "Clear the cell and type it anew"),
)
TOO_LONG: Final = CellFault(
    "cell-too-long",
    Text("单元格内容过长", "The cell is too long"),
    Text("缩短内容", "Shorten it"),
)
IMPRECISE: Final = CellFault(
    "cell-imprecise-number",
    Text(
        "以数字存放的长编码超过 15 位，Excel 已丢失末尾数字",
        "A number of more than 15 digits: Excel has lost its last digits",
    ),
    Text(
        "把该列设为“文本”格式后重新录入完整编码",
        "Format the column as text and enter the whole code again",
    ),
)


def error_value(shown: str) -> CellFault:
    """A cell that shows #N/A, #REF! and the like."""
    return CellFault(
        "cell-error-value",
        Text(f"单元格是错误值 {shown}", f"The cell holds the error {shown}"),
        Text("改正公式或直接填写数值", "Correct it or enter the value"),
    )


def merged(reference: str) -> CellFault:
    """A cell inside a merged range: which row its value belongs to is anyone's guess."""
    return CellFault(
        "cell-merged",
        Text(f"{reference} 是合并单元格", f"{reference} is a merged range"),
        Text("取消合并，并在每一行填写完整", "Unmerge it and fill in every row"),
    )


def column_letters(index: int) -> str:
    """The letters of a column, 0 -> A, 26 -> AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """The inverse of `column_letters`; letters must be A-Z."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def cell_name(row: int, index: int) -> str:
    """The cell as Excel calls it, such as D17."""
    return f"{column_letters(index)}{row}"


_INVISIBLE = re.compile("[\u200b\u2060\ufeff]")  # pasted from web pages; they mean nothing
# Full-width digits and letters become ASCII; full-width punctuation is Chinese and stays.
_WIDE: Final = {
    **{code: code - 0xFEE0 for code in range(0xFF10, 0xFF1A)},
    **{code: code - 0xFEE0 for code in (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))},
    0x3000: " ",
    0xA0: " ",
}
_WIDE_CELL = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\u3000\xa0]")


def clean(text: str) -> str:
    """Trim, drop invisible marks, make wide digits and letters narrow. Chinese is left as it is."""
    if text.isascii():
        return text.strip()
    text = _INVISIBLE.sub("", text)
    if _WIDE_CELL.search(text):
        text = text.translate(_WIDE)
    return text.strip()


def flaw_of(text: str, limit: int) -> CellFault | None:
    """What is wrong with a text by itself."""
    if len(text) > limit:
        return TOO_LONG
    if not text.isprintable() and _CONTROL.search(text):
        return CONTROL
    return None
