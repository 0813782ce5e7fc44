"""Write tables: .xlsx in constant memory, .csv that Excel opens; text never becomes a formula.

In a workbook text is stored as text, which no program evaluates. In a CSV a cell that begins like a
formula gets an apostrophe before it (OWASP, "CSV Injection"), which our import takes away again.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import BinaryIO, Final

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from common.tabular.delimited import INERT_BEFORE
from common.tabular.forms import Form, Words
from common.tabular.records import NOTE_MARK
from common.tabular.workbook import PREFERRED

Cell = str | int | float
CONTENT_TYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
    "default_date_format": "yyyy-mm-dd",
}
_LISTED_ROWS: Final = 10_000  # how far a drop-down reaches down an empty template
_LONGEST_LIST: Final = 255  # Excel's bound for a list that is written into the rule itself
_WIDTH: Final = 16


class XlsxTable:
    """A workbook whose first sheet gets the rows, one after the other."""

    def __init__(self, file: BinaryIO, headings: Sequence[str], *, required: int = 0) -> None:
        self.book = xlsxwriter.Workbook(file, dict(_OPTIONS))
        bold = self.book.add_format({"bold": True, "bg_color": "#DDEBF7", "text_wrap": True})
        must = self.book.add_format({"bold": True, "bg_color": "#FCE4D6", "text_wrap": True})
        self.text = self.book.add_format({"num_format": "@"})
        self.sheet: Worksheet = self.book.add_worksheet(PREFERRED)
        self.sheet.set_column(0, max(0, len(headings) - 1), _WIDTH, self.text)
        self.sheet.freeze_panes(1, 0)
        for index, heading in enumerate(headings):
            self.sheet.write_string(0, index, heading, must if index < required else bold)
        self._row = 1

    def write(self, cells: Sequence[Cell]) -> None:
        """One row; numbers as numbers, text as text."""
        write_row(self.sheet, self._row, cells, self.text)
        self._row += 1

    def close(self) -> None:
        """Finish the file. The file object stays open."""
        self.book.close()


def write_row(sheet: Worksheet, row: int, cells: Sequence[Cell], style: Format) -> None:
    """Cells into a row of a sheet."""
    for index, cell in enumerate(cells):
        if isinstance(cell, str):
            if cell:
                sheet.write_string(row, index, cell[:32_767], style)
        else:
            sheet.write_number(row, index, cell)


class CsvTable:
    """UTF-8 with the mark that makes Excel read it as UTF-8."""

    def __init__(self, file: BinaryIO, headings: Sequence[str]) -> None:
        self._text = io.TextIOWrapper(file, "utf-8-sig", newline="")
        self._rows = csv.writer(self._text)
        self._rows.writerow(headings)

    def write(self, cells: Sequence[Cell]) -> None:
        """One row."""
        self._rows.writerow(
            [inert(cell) if isinstance(cell, str) and cell else cell for cell in cells]
        )

    def close(self) -> None:
        """Finish the text. The file object stays open."""
        self._text.flush()
        self._text.detach()


def inert(cell: str) -> str:
    """A cell of a CSV that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[0] in INERT_BEFORE else cell


def table(file: BinaryIO, format_: str, headings: Sequence[str]) -> XlsxTable | CsvTable:
    """The writer for a format."""
    return XlsxTable(file, headings) if format_ == "xlsx" else CsvTable(file, headings)


def write_template(file: BinaryIO, form: Form, words: Words, format_: str) -> None:
    """An empty table to fill in, with its explanation."""
    headings = [column.zh for column in form.columns]
    if format_ == "csv":
        plain = CsvTable(file, headings)
        plain.write(_noted([_requirement(form, index) for index in range(len(headings))]))
        plain.write(_noted([column.example for column in form.columns]))
        plain.close()
        return
    book = XlsxTable(file, headings)
    _explain(book, form, words)
    _offer(book, form, words)
    book.close()


def _noted(cells: list[str]) -> list[str]:
    return [f"{NOTE_MARK} {cells[0]}".strip(), *cells[1:]]


def _requirement(form: Form, index: int) -> str:
    column = form.columns[index]
    return "；".join(filter(None, ("必填" if column.required else "选填", column.note.zh)))


def _explain(book: XlsxTable, form: Form, words: Words) -> None:
    """The sheet 说明: every column, whether it is needed, what it takes, an example."""
    sheet = book.book.add_worksheet("说明")
    sheet.set_column(0, 5, 24)
    sheet.write_string(0, 0, form.title.zh)
    sheet.write_string(1, 0, form.about.zh)
    sheet.write_string(2, 0, "首个单元格以 # 开头的行视为备注，不导入。")
    heads: list[Cell] = ["列", "Column", "是否必填", "说明", "Note", "可选值", "示例"]
    write_row(sheet, 4, heads, book.text)
    for row, column in enumerate(form.columns, start=5):
        need = "必填" if column.required else "选填"
        offered = "、".join(_choices_of(form, row - 5, words)[:60])
        cells: list[Cell] = [column.zh, column.en, need, column.note.zh, column.note.en]
        write_row(sheet, row, [*cells, offered, column.example], book.text)


def _offer(book: XlsxTable, form: Form, words: Words) -> None:
    """Drop-downs. Several words in one cell cannot be chosen, so such columns only explain."""
    lists = book.book.add_worksheet("字典")
    lists.hide()
    columns = [
        (index, _choices_of(form, index, words))
        for index, column in enumerate(form.columns)
        if not column.several and _choices_of(form, index, words)
    ]
    for row, cells in enumerate(_transposed([names for _, names in columns])):
        write_row(lists, row, cells, book.text)
    for place, (index, names) in enumerate(columns):
        letters = xlsxwriter.utility.xl_col_to_name(place)
        source: str | list[str] = f"=字典!${letters}$1:${letters}${len(names)}"
        if len(",".join(names)) <= _LONGEST_LIST:
            source = names
        rule = {"validate": "list", "source": source, "error_type": "warning"}
        book.sheet.data_validation(1, index, _LISTED_ROWS, index, rule)


def _choices_of(form: Form, index: int, words: Words) -> list[str]:
    column = form.columns[index]
    if column.dictionary is None:
        return list(column.choices)
    first: dict[str, str] = {}
    for name, code in words[column.dictionary].items():
        first.setdefault(code, name)
    return list(first.values())


def _transposed(lists: Iterable[list[str]]) -> list[list[Cell]]:
    kept = list(lists)
    longest = max(map(len, kept), default=0)
    return [[names[row] if row < len(names) else "" for names in kept] for row in range(longest)]
