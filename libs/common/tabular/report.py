"""The rows that failed, as they came, with what is wrong before them: to correct and send again."""

from collections.abc import Mapping
from itertools import chain, islice
from typing import Any, BinaryIO

from common.tabular.cells import clean
from common.tabular.forms import Form
from common.tabular.reading import reading
from common.tabular.records import REPORT_HEADING, SEARCHED_ROWS, Reader
from common.tabular.writing import table as writer


def write_report(source: BinaryIO, target: BinaryIO, order: Mapping[str, Any], form: Form) -> None:
    """Copy the rows that `order["errors"]` names (row -> sentence), with a column in front."""
    wrong: Mapping[str, str] = order["errors"]
    with reading(source) as table:
        first = list(islice(table.rows, SEARCHED_ROWS))
        reader = Reader(form, {c.dictionary: {} for c in form.columns if c.dictionary}, loose=True)
        heading = reader.find_headings(first)
        old = reader.headings.index(REPORT_HEADING) if REPORT_HEADING in reader.headings else None
        out = writer(target, order["format"], [REPORT_HEADING, *without(reader.headings, old)])
        for row in chain(first, table.rows):
            told = wrong.get(str(row.number))
            if told is not None and row.number > heading.number:
                out.write([told, *without([clean(cell) for cell in row.cells], old)])
        out.close()
    target.flush()


def without(cells: list[str], index: int | None) -> list[str]:
    """The cells but one: a report of a report has one column of errors, not two."""
    return cells if index is None else cells[:index] + cells[index + 1 :]
