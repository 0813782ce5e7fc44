"""Rows of one file read by a form: which heading stands where, what each cell means."""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as made_by
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from common.errors import FieldError, Text
from common.tabular.cells import BadCell, CellFault, Row, cell_name, clean
from common.tabular.faults import FileFault
from common.tabular.forms import Column, Form, Words, parser_of
from common.tabular.parsers import Parse, folded

NOTE_MARK: Final = "#"
REPORT_HEADING: Final = "错误说明"
IGNORED_HEADINGS: Final = ("序号", "编号序号", REPORT_HEADING)
SEARCHED_ROWS: Final = 10
_REMEMBERED: Final = 2_000  # texts a column; more are not the same few
_UNKNOWN: Final = object()

REQUIRED: Final = CellFault(
    "cell-required",
    Text("必填项为空", "A required cell is empty"),
    Text("填写该单元格", "Fill in the cell"),
)


class HeadingsNotFound(FileFault):
    """No row looks like the template's headings."""

    slug = "file-headings-not-found"
    detail = Text(
        "前 {rows} 行中没有找到表头，请使用“{title}”模板。",
        "No headings in the first {rows} rows; use the template for {title}.",
    )


class WrongHeadings(FileFault):
    """Headings that are missing, unknown, or there twice; `errors` names each."""

    slug = "file-wrong-headings"
    detail = Text(
        "第 {row} 行表头有误：{faults}。", "The headings in row {row} are wrong: {faults}."
    )


class CellError(NamedTuple):
    """One cell that cannot be taken, with its place."""

    column: int
    heading: str
    value: str
    fault: CellFault


class Parsed(NamedTuple):
    """One row as values by field. A blank cell is None; an absent column is absent."""

    number: int
    values: dict[str, Any]
    errors: list[CellError]


@dataclass(slots=True)
class _Place:
    at: int
    heading: str
    field: str
    parse: Parse
    required: bool
    is_private: bool
    known: dict[str, Any] = made_by(default_factory=dict)


class Reader:
    """Reads rows of one file by one form."""

    def __init__(self, form: Form, words: Words, *, loose: bool = False) -> None:
        self._form = form
        self._words = words
        self._loose = loose
        self._places: list[_Place] = []
        self._names = {
            folded(name): column
            for column in form.columns
            for name in (column.zh, column.en, column.name, *column.aliases)
        }
        self.heading_row = 0
        self.headings: list[str] = []

    @property
    def places(self) -> dict[str, int]:
        """Where each field stands in the file, as an index of its column."""
        return {place.field: place.at for place in self._places}

    def find_headings(self, rows: Sequence[Row]) -> Row:
        """The row that names most columns, among the first rows of the file."""
        best = max(rows[:SEARCHED_ROWS], key=self._recognised, default=None)
        if best is None or self._recognised(best) == 0:
            raise HeadingsNotFound(rows=SEARCHED_ROWS, title=self._form.title)
        self._adopt(best)
        return best

    def parse(self, row: Row) -> Parsed | None:
        """The row's values; None for a note (its first cell begins with #) or a blank row."""
        cells = row.cells
        first = next(filter(None, cells), "")
        if first.startswith(NOTE_MARK):
            return None
        values: dict[str, Any] = {}
        errors: list[CellError] = []
        width = len(cells)
        blank = not row.flaws
        for place in self._places:
            raw = cells[place.at] if place.at < width else ""
            value = place.known.get(raw, _UNKNOWN)
            if value is _UNKNOWN or row.flaws:
                value = self._read(place, row, raw, errors)
            values[place.field] = value
            blank = blank and not raw
        if blank or (len(errors) == len(self._places) and not any(map(clean, cells))):
            return None
        return Parsed(row.number, values, errors)

    def _read(self, place: "_Place", row: Row, raw: str, errors: list[CellError]) -> Any:
        """One cell, parsed and remembered: most columns say the same few things again and again."""
        cell = clean(raw)
        try:
            if place.at in row.flaws:
                raise BadCell(row.flaws[place.at])
            if not cell and place.required:
                raise BadCell(REQUIRED)
            value = place.parse(cell) if cell else None
        except BadCell as bad:
            told = "" if place.is_private else cell[:200]
            errors.append(CellError(place.at, place.heading, told, bad.fault))
            return None
        if len(place.known) < _REMEMBERED:
            place.known[raw] = value
        return value

    def _recognised(self, row: Row) -> int:
        return sum(_heading(cell) in self._names for cell in row.cells)

    def _adopt(self, row: Row) -> None:
        """Bind the columns to their places, or name every heading that is wrong."""
        found: dict[str, int] = {}
        faults: list[FieldError] = []
        for index, cell in enumerate(row.cells):
            column = self._names.get(_heading(cell))
            if index in row.flaws:
                faults.append(_at(row, index, row.flaws[index].message))
            elif column is None:
                faults += self._unknown(row, index)
            elif column.name in found:
                faults.append(_at(row, index, _TWICE))
            else:
                found[column.name] = index
        faults += [
            FieldError("", c.zh, Text(f"缺少必填列“{c.zh}”", f"The column {c.zh} is missing"))
            for c in self._form.columns
            if c.required and c.name not in found
        ]
        if faults:
            raise WrongHeadings(row=row.number, faults=_joined(faults), errors=faults)
        self.heading_row = row.number
        self.headings = [clean(cell) for cell in row.cells]
        self._places = [
            self._place(c, found[c.name]) for c in self._form.columns if c.name in found
        ]

    def _place(self, column: Column, index: int) -> _Place:
        parse = parser_of(column, self._words)
        return _Place(index, column.zh, column.name, parse, column.required, column.is_private)

    def _unknown(self, row: Row, index: int) -> list[FieldError]:
        heading = clean(row.cells[index])
        if not heading or heading in IGNORED_HEADINGS or self._loose:
            return []
        names = [column.zh for column in self._form.columns]
        near = get_close_matches(heading, names, n=1, cutoff=0.4)
        zh, en = f"未知的列“{heading}”", f"Unknown column {heading}"
        if near:
            zh, en = f"{zh}，您是否想填“{near[0]}”", f"{en}; did you mean {near[0]}"
        return [_at(row, index, Text(zh, en))]


_TWICE: Final = Text("该列出现了两次", "The column is there twice")


def _heading(cell: str) -> str:
    """A heading for comparison, without the mark of required columns."""
    return folded(cell.replace("（必填）", "").replace("(必填)", "")).strip("*＊:")


def _at(row: Row, index: int, message: Text) -> FieldError:
    return FieldError(f"/{cell_name(row.number, index)}", clean(row.cells[index])[:100], message)


def _joined(faults: list[FieldError]) -> Text:
    shown_faults = [fault.message for fault in faults[:5]]
    more = len(faults) - len(shown_faults)
    zh = "；".join(message.zh for message in shown_faults) + (f"；另有 {more} 处" if more else "")
    en = "; ".join(message.en for message in shown_faults) + (f"; {more} more" if more else "")
    return Text(zh, en)
