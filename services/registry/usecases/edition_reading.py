"""Read an uploaded division list: .csv or .xlsx, with the headings that such lists have."""

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, Final

from common.codes import Division, WrongCode, clean_code
from common.errors import FieldError, Invalid, Text
from common.tabular.cells import Row
from common.tabular.limits import Limits
from common.tabular.reading import reading
from registry.domain.editions import EditionRow

HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "code": ("code", "code12", "区划代码", "代码", "统计用区划代码"),
    "name": ("name", "名称", "区划名称"),
    "kind": ("kind", "division_kind", "类别"),
    "previous_codes": ("previous_codes", "原代码", "原区划代码"),
}
_NEEDED: Final = ("code", "name")
_LIMITS: Final = Limits(file_bytes=32 * 1024 * 1024, rows=50_000)
_SEPARATORS: Final = str.maketrans(dict.fromkeys("、;；,，|/", " "))


class HeadingMissing(Invalid):
    """The list does not say which column is which."""

    slug = "heading-missing"
    title = Text("缺少表头", "A heading is missing")
    detail = Text(
        "第 1 行须有表头“区划代码”和“名称”；可另有“类别”“原代码”。",
        "Line 1 needs the headings code and name; kind and previous_codes are optional.",
    )


class BadCells(Invalid):
    """Cells that cannot be taken as they are."""

    slug = "bad-cells"
    title = Text("单元格有误", "Cells with faults")
    detail = Text("名录中有单元格无法读取，见 errors。", "Some cells cannot be read; see errors.")


def read_list(file: BinaryIO) -> list[EditionRow]:
    """The lines of a division list. Blocking; raises the named fault of a file that will not do."""
    with reading(file, _LIMITS) as table:
        rows = iter(table.rows)
        heading = next(rows, None)
        columns = _columns(heading.cells if heading else [])
        return list(_lines(rows, columns))


def _columns(cells: Sequence[str]) -> dict[str, int]:
    """Where each known column stands."""
    said = [cell.strip().lower() for cell in cells]
    found = {
        column: said.index(name)
        for column, names in HEADINGS.items()
        for name in names
        if name in said
    }
    if any(column not in found for column in _NEEDED):
        raise HeadingMissing
    return found


def _lines(rows: Iterator[Row], columns: Mapping[str, int]) -> Iterator[EditionRow]:
    flaws: list[FieldError] = []
    for row in rows:
        flaws.extend(_flaws(row, columns))
        if not flaws and any(cell.strip() for cell in row.cells):
            yield _line(row, columns)
    if flaws:
        raise BadCells(errors=flaws[:200])


def _flaws(row: Row, columns: Mapping[str, int]) -> Iterator[FieldError]:
    for column, index in columns.items():
        if index in row.flaws:
            yield FieldError(f"/rows/{row.number}/{column}", None, row.flaws[index].message)


def _line(row: Row, columns: Mapping[str, int]) -> EditionRow:
    said = {
        column: row.cells[index].strip() if index < len(row.cells) else ""
        for column, index in columns.items()
    }
    previous = said.get("previous_codes", "").translate(_SEPARATORS).split()
    code = clean_code(said["code"])  # full-width digits and pasted blanks are meant as digits
    kind = said.get("kind") or _kind(code)
    return EditionRow(row.number, code, said["name"], kind, tuple(map(clean_code, previous)))


def _kind(code: str) -> str:
    """The kind by the code's number range; a wrong code is told later, with its line."""
    try:
        return Division.parse(code).kind
    except WrongCode:
        return ""
