"""The other process: it parses and writes files, so that the service's event loop never does.

Started as `python -m <service's module> <verb> <file numbers>`; the module calls `serve` with its
forms. It holds no secret and no connection, and the operating system bounds its memory and time.
"""

import contextlib
import gc
import os
import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain, islice
from typing import Any, BinaryIO, Final

from common.errors import FieldError, Problem, Text
from common.tabular.cells import CellFault
from common.tabular.faults import FileFault
from common.tabular.forms import Form, showers
from common.tabular.frames import OUT_OF_MEMORY, UNREADABLE, frames, packed
from common.tabular.limits import MIB
from common.tabular.reading import Table, reading
from common.tabular.records import SEARCHED_ROWS, CellError, Parsed, Reader
from common.tabular.report import write_report
from common.tabular.writing import table as writer

Check = Callable[[Mapping[str, Any], dict[str, Any]], list[FieldError]]

MEMORY_BYTES: Final = 1536 * MIB
CPU_S: Final = 1200
_COMPARE: Final = Text("对照相关各列核对", "Compare with the columns that belong together")
_NICE: Final = 5  # answers to people come before files


def serve(forms: Mapping[str, Form], checks: Mapping[str, Check]) -> None:
    """Do what the arguments say, then end. `checks` judge, and may complete, a whole row."""
    _bound()
    try:
        _serve(forms, checks)
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    except FileFault:
        sys.exit(UNREADABLE)


def _serve(forms: Mapping[str, Form], checks: Mapping[str, Check]) -> None:
    verb, *numbers = sys.argv[1:]
    gc.set_threshold(100_000, 20, 100)  # rows are no cycles
    files = [os.fdopen(int(number), "r+b") for number in numbers]
    told = frames(sys.stdin.buffer)
    order = next(told)
    if verb == "parse":
        _parse(files[0], order, forms[order["kind"]], checks[order["kind"]])
    elif verb == "report":
        write_report(files[0], files[1], order, forms[order["kind"]])
    elif verb == "export":
        _export(files[0], order, told, forms[order["kind"]])
    for file in files:
        file.close()


def _bound() -> None:
    """Ask the operating system to stop us before we hurt others; not every system can."""
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    with contextlib.suppress(OSError):
        os.nice(_NICE)


def _tell(message: Mapping[str, Any]) -> None:
    sys.stdout.buffer.write(packed(message))
    sys.stdout.buffer.flush()


def _parse(file: BinaryIO, order: Mapping[str, Any], form: Form, check: Check) -> None:
    """Tell the table's rows in portions, or the fault of the file."""
    reader = Reader(form, order["words"], loose=order["loose"])
    try:
        with reading(file) as table:
            parsed = _records(table, reader)
            portion = Portion(form, partial(check, order["context"]), after=order["after"])
            for record in parsed:
                portion.places = portion.places or reader.places
                portion.take(record)
                if len(portion) >= order["portion"]:
                    _tell(portion.told(table))
            _tell({**portion.told(table), "end": True})
    except Problem as fault:
        _tell({"fault": told_fault(fault)})
    except MemoryError:
        _tell({"fault": None})


def _records(table: Table, reader: Reader) -> Iterator[Parsed]:
    """The records below the headings. Rows above and beside the headings are titles and notes."""
    first = list(islice(table.rows, SEARCHED_ROWS))
    heading = reader.find_headings(first)
    _tell({"sheet": table.sheet, "unread": table.unread, "places": reader.places})
    for row in chain(first, table.rows):
        if row.number > heading.number and (record := reader.parse(row)):
            yield record


class Portion:
    """Records on their way to the service; those up to `after` were dealt with before."""

    def __init__(
        self, form: Form, check: Callable[[dict[str, Any]], list[FieldError]], *, after: int
    ) -> None:
        self._form = form
        self._check = check
        self.places: Mapping[str, int] = {}
        self._after = after
        self._seen: dict[Any, int] = {}
        self._rows: list[tuple[int, dict[str, Any]]] = []
        self._errors: list[tuple[Any, ...]] = []
        self._read = self._failed = self._last = 0

    def __len__(self) -> int:
        return self._read

    def take(self, record: Parsed) -> None:
        """Add a record, as a row or as its errors."""
        errors = record.errors or self._double(record)
        if record.number <= self._after:
            return
        errors = errors or [self._about(found) for found in self._check(record.values)]
        self._read += 1
        self._last = record.number
        if errors:
            self._failed += 1
            self._errors += [told_error(record.number, error) for error in errors]
        else:
            self._rows.append((record.number, record.values))

    def told(self, table: Table) -> dict[str, Any]:
        """The portion as a message; the next one begins."""
        message = {
            "rows": self._rows,
            "errors": self._errors,
            "read": self._read,
            "failed": self._failed,
            "last": self._last,
            "share": table.share(),
        }
        self._rows, self._errors, self._read, self._failed = [], [], 0, 0
        return message

    def _about(self, found: FieldError) -> CellError:
        """A fault of the whole row, at the column that it names."""
        name = found.pointer.strip("/").split("/")[0]
        column = next((c for c in self._form.columns if c.name == name), None)
        heading = column.zh if column else self._form.column(self._form.key[0]).zh
        shown = "" if found.value is None else str(found.value)[:200]
        fault = CellFault("row-inconsistent", found.message, _COMPARE)
        return CellError(self.places.get(name, -1), heading, shown, fault)

    def _double(self, record: Parsed) -> list[CellError]:
        """The fault of a record whose key stood in the file before; the first one counts."""
        key = tuple(record.values.get(name) for name in self._form.key)
        if None in key:
            return []
        first = self._seen.setdefault(key if len(key) > 1 else key[0], record.number)
        if first == record.number:
            return []
        column = self._form.column(self._form.key[0])
        fault = CellFault(
            "row-doubled",
            Text(f"与第 {first} 行重复", f"The same as row {first}"),
            Text("只保留一行", "Keep one of them"),
        )
        return [CellError(-1, column.zh, str(key[0]), fault)]


def told_error(row: int, error: CellError) -> tuple[Any, ...]:
    """An error as a message."""
    fault = error.fault
    return (
        row,
        error.column,
        error.heading,
        error.value,
        fault.slug,
        *fault.message,
        *fault.remedy,
    )


def told_fault(fault: Problem) -> dict[str, Any]:
    """A file's fault as a message."""
    return {
        "slug": fault.slug,
        "title": [*fault.title],  # a named tuple is no JSON
        "detail": [*fault.sentence()],
        "errors": [(e.pointer, str(e.value), *e.message) for e in fault.errors],
    }


def _export(file: BinaryIO, order: Mapping[str, Any], told: Iterator[Any], form: Form) -> None:
    """Write the records that are told."""
    cells = showers(form, order["words"])
    out = writer(file, order["format"], [column.zh for column in form.columns])
    for records in told:
        for record in records:
            out.write(cells(record))
    out.close()
    file.flush()
