"""Text tables (.csv): encoding and delimiter recognised, rows streamed.

Excel in China writes GB18030 or UTF-8 with a mark; "Unicode text" is UTF-16 with tabs. Nothing is
guessed from statistics: the mark decides, else strict UTF-8, else strict GB18030, else refusal.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO, Final

from common.tabular.cells import FORMULA, NO_FLAWS, CellFault, Row, flaw_of
from common.tabular.faults import (
    BrokenCsv,
    EmptyFile,
    NotTable,
    TooManyColumns,
    TooManyRows,
    UnknownEncoding,
)
from common.tabular.limits import Limits

_BLOCK: Final = 1 << 18
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS: Final = ",\t;，；"
INERT_BEFORE: Final = "=+-@\t\r'＝＋－＠"


def encoding_of(file: BinaryIO) -> str:
    """The encoding in which the whole file can be read without a fault."""
    file.seek(0)
    head = file.read(4)
    if not head:
        raise EmptyFile
    for mark, name in _MARKS:
        if head.startswith(mark):
            _undecodable(file, name, must=True)
            return name
    for name in ("utf-8", "gb18030"):
        if _undecodable(file, name, must=name == "gb18030") is None:
            return name
    raise AssertionError("unreachable: the last encoding either fits or is refused")


def _undecodable(file: BinaryIO, encoding: str, *, must: bool) -> int | None:
    """The offset of the block's first byte that does not fit; refuses binary files."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    file.seek(0)
    offset = 0
    while True:
        block = file.read(_BLOCK)
        try:
            if "\x00" in decoder.decode(block, final=not block):
                raise NotTable(reason="NUL")
        except UnicodeDecodeError as error:
            if must:
                raise UnknownEncoding(offset=offset + error.start) from error
            return offset + error.start
        if not block:
            return None
        offset += len(block)


def delimiter_of(line: str) -> str:
    """The most frequent delimiter outside quotes in the heading line; a comma when in doubt."""
    bare = "".join(line.split('"')[::2])
    best = max(_DELIMITERS, key=bare.count)
    return best if bare.count(best) > 0 else ","


class TextTable:
    """The table of a text file; `rows` may be iterated once."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self.encoding = encoding_of(file)
        self._size = max(1, file.seek(0, 2))
        file.seek(0)
        self._text = io.TextIOWrapper(file, self.encoding, newline="")
        self._limits = limits
        self.delimiter = delimiter_of(self._first_line())

    def rows(self) -> Iterator[Row]:
        """Every row that holds something. A row's number is its record's, as Excel shows it."""
        # The reader's own bound is process-wide; the text is bounded by the file's size.
        csv.field_size_limit(max(csv.field_size_limit(), self._limits.cell_chars * 4))
        records = csv.reader(self._text, delimiter=self.delimiter, strict=True)
        number = count = 0
        while True:
            number += 1
            try:
                cells = next(records)
            except StopIteration:
                return
            except csv.Error as error:
                raise BrokenCsv(row=number) from error
            if not any(cells):
                continue
            count += 1
            if count > self._limits.rows + 20:
                raise TooManyRows(limit=self._limits.rows)
            yield self._row(number, cells)

    def share(self) -> float:
        """How much of the file has been read, from 0 to 1."""
        return self._text.buffer.tell() / self._size

    def release(self) -> None:
        """Give the file back unclosed."""
        self._text.detach()

    def _row(self, number: int, cells: list[str]) -> Row:
        while not cells[-1]:
            cells.pop()
        if len(cells) > self._limits.columns:
            raise TooManyColumns(row=number, limit=self._limits.columns)
        said = "".join(cells)
        if (
            said.isprintable()
            and len(said) < self._limits.cell_chars
            and "=" not in said
            and "'" not in said
        ):
            return Row(number, cells, NO_FLAWS)
        flaws: dict[int, CellFault] = {}
        for index, cell in enumerate(cells):
            if cell:
                self._look(cells, index, cell, flaws)
        return Row(number, cells, flaws or NO_FLAWS)

    def _look(self, cells: list[str], index: int, cell: str, flaws: dict[int, CellFault]) -> None:
        if cell[0] == "=":
            if cell.startswith('="') and cell.endswith('"') and '"' not in cell[2:-1]:
                cells[index] = cell[2:-1]  # ="0012" is how people keep leading zeros in a CSV
            else:
                flaws[index] = FORMULA
        elif cell[0] == "'" and len(cell) > 1 and cell[1] in INERT_BEFORE:
            cells[index] = cell[1:]  # what our own export put before a formula sign
        flaw = flaw_of(cell, self._limits.cell_chars)
        if flaw is not None:
            flaws[index] = flaw
            cells[index] = cell[:200]

    def _first_line(self) -> str:
        line = self._text.readline(65_536)
        self._text.seek(0)
        return line
