"""The rows of one worksheet, streamed: the hot loop of every import.

Blank cells and rows cost nothing and count for nothing, however far a stray format reaches.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import Final

from common.tabular.cells import (
    FORMULA,
    IMPRECISE,
    NO_FLAWS,
    BadCell,
    CellFault,
    Row,
    cell_name,
    column_index,
    error_value,
    flaw_of,
)
from common.tabular.faults import BrokenWorkbook, TooManyColumns, TooManyRows
from common.tabular.limits import Limits
from common.tabular.plain import CELL, STYLE
from common.tabular.styles import PLAIN, Format, shown_date

_DIGITS: Final = "0123456789"
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_LAST_DATE: Final = 2_958_465  # 9999-12-31, the end of Excel's calendar
_EXACT: Final = 10**15  # a double keeps 15 digits
_KEPT_TEXTS: Final = 1 << 14  # shared ones that stay decoded: the most used
_KEPT_KINDS: Final = 1 << 10


class SheetRows:
    """Handlers for a worksheet; `take` hands over the rows finished so far."""

    def __init__(
        self,
        shared: Callable[[int], str],
        formats: list[Format],
        limits: Limits,
        *,
        from_1904: bool,
    ) -> None:
        self._formats = formats
        self._limits = limits
        self._longest = limits.cell_chars
        self._from_1904 = from_1904
        self._columns: dict[str, int] = {}
        self._rows: list[Row] = []
        self._count = 0
        self._number = 0
        self._cells: list[str] = []
        self._flaws: dict[int, CellFault] = {}
        self._attributes: dict[str, str] = {}
        self._parts: list[str] = []
        self._next = 0
        self._reading = self._formula = self._phonetic = False
        self._names("")
        self._text = lru_cache(_KEPT_TEXTS)(lambda raw: self._checked(shared(int(raw))))
        self._shown = lru_cache(_KEPT_KINDS)(self._shower)

    def take(self) -> list[Row]:
        """The rows finished since the last call."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins; the most frequent ones are asked for first."""
        if name == self._c:
            self._attributes = attributes
            self._parts = []
            self._formula = False
        elif name in self._values:
            self._reading = not self._phonetic
        elif name == self._f:
            self._formula = True
        elif name == self._row:
            self._begin_row(int(attributes.get("r", self._number + 1)))
        elif name == self._phonetic_run:
            self._phonetic = True
        elif name.endswith("worksheet"):
            self._names(name[: -len("worksheet")])

    def end(self, name: str) -> None:
        """An element ends."""
        if name in self._values:
            self._reading = False
        elif name == self._c:
            self._end_cell()
        elif name == self._row:
            self._end_row()
        elif name == self._phonetic_run:
            self._phonetic = False

    def text(self, text: str) -> None:
        """Part of a value."""
        if self._reading:
            self._parts.append(text)

    def _names(self, prefix: str) -> None:
        """Some producers write `x:row`."""
        self._c, self._f, self._row = prefix + "c", prefix + "f", prefix + "row"
        self._values = {prefix + "v", prefix + "t"}
        self._phonetic_run = prefix + "rPh"

    def plain(self, row: re.Match[bytes]) -> None:
        """A row of numbers and shared strings alone (`plain.ROWS`), all at once."""
        self._begin_row(int(row[1]))
        cells, columns, shown = self._cells, self._columns, self._shown
        for letters, attributes, raw in CELL.findall(row[2].decode("ascii")):
            if not raw:
                continue
            if columns.get(letters) != len(cells):
                self._reach(self._index(letters))
            try:
                cells.append(shown(attributes)(raw))
            except BadCell as bad:
                self._flaw(raw, bad)
        self._end_row()

    def _shower(self, attributes: str) -> Callable[[str], str]:
        """What makes text of a plain cell, by its attributes: its style, and whether it is text."""
        if 't="s"' in attributes:
            return self._text
        style = STYLE.search(attributes)
        return partial(self._number_text, style=int(style[1]) if style else 0)

    def _begin_row(self, number: int) -> None:
        if number <= self._number:
            raise BrokenWorkbook(reason=f"row {number}")
        self._number = number
        self._next = 0
        self._cells = []
        self._flaws = {}

    def _end_cell(self) -> None:
        attributes = self._attributes
        reference = attributes.get("r")
        index = self._next if reference is None else self._index(reference.rstrip(_DIGITS))
        self._next = index + 1
        if self._parts or self._formula:
            raw = "".join(self._parts)
            self._put(index, raw, attributes.get("t", "n"), int(attributes.get("s", 0)))

    def _put(self, index: int, raw: str, kind: str, style: int) -> None:
        """A cell that holds something, after those before it in its row."""
        self._reach(index)
        try:
            self._cells.append(self._value(raw, kind, style))
        except BadCell as bad:
            self._flaw(raw, bad)

    def _flaw(self, raw: str, bad: BadCell) -> None:
        self._flaws[len(self._cells)] = bad.fault
        self._cells.append(raw[:200])

    def _reach(self, index: int) -> None:
        """Blank cells up to the next one that holds something."""
        blank = index - len(self._cells)
        if blank < 0:
            raise BrokenWorkbook(reason=cell_name(self._number, index))
        if index >= self._limits.columns:
            raise TooManyColumns(row=self._number, limit=self._limits.columns)
        if blank:
            self._cells.extend([""] * blank)

    def _index(self, letters: str) -> int:
        index = self._columns.get(letters)
        if index is None:
            if not (letters.isascii() and letters.isupper() and len(letters) <= 3):
                raise BrokenWorkbook(reason=f"row {self._number}")
            index = self._columns[letters] = column_index(letters)
        return index

    def _value(self, raw: str, kind: str, style: int) -> str:
        """The text of a cell as a person would type it."""
        if self._formula:
            raise BadCell(FORMULA)
        if kind == "n":
            return self._number_text(raw, style)
        if kind == "s":
            return self._text(raw)
        if kind == "e":
            raise BadCell(error_value(raw[:20]))
        if kind == "b":
            return "是" if raw.strip() == "1" else "否"
        return self._checked(raw)

    def _checked(self, text: str) -> str:
        if "_x" in text:
            text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
        if text.isprintable() and len(text) < self._longest:
            return text
        flaw = flaw_of(text, self._longest)
        if flaw is not None:
            raise BadCell(flaw)
        return text

    def _number_text(self, raw: str, style: int) -> str:
        form = self._formats[style] if style < len(self._formats) else PLAIN
        if form is PLAIN and len(raw) < 15 and raw.isdigit():
            return raw
        number = float(raw)
        if form.is_date and 0 <= number <= _LAST_DATE:
            return shown_date(number, from_1904=self._from_1904)
        if not math.isfinite(number) or (abs(number) >= _EXACT and number.is_integer()):
            raise BadCell(IMPRECISE)
        if number.is_integer():
            return f"{int(number):0{form.width}d}"
        return f"{number:.15g}"

    def _end_row(self) -> None:
        if len(self._cells) > self._limits.columns:
            raise TooManyColumns(row=self._number, limit=self._limits.columns)
        if not any(self._cells) and not self._flaws:
            return
        self._count += 1
        if self._count > self._limits.rows + 20:  # title, heading and notes rows are not data
            raise TooManyRows(limit=self._limits.rows)
        self._rows.append(Row(self._number, self._cells, self._flaws or NO_FLAWS))


_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]{0,200}?\bref="([A-Z]{1,3}\d+:[A-Z]{1,3}\d+)"')
_LONGEST_MERGE: Final = 300


def merged_ranges(blocks: Iterable[bytes]) -> Iterator[str]:
    """References of merged cells, found without parsing; they stand behind the rows in the file."""
    rest = b""
    for block in blocks:
        window = rest + block
        after = 0
        if b"mergeCell" in window:
            for match in _MERGE.finditer(window):
                after = match.end()
                yield match[1].decode()
        rest = window[max(after, len(window) - _LONGEST_MERGE) :]
