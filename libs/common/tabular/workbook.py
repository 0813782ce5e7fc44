"""An .xlsx workbook: which sheet holds the table, and its rows as a stream.

Two passes over the sheet: the first unpacks it (so its size and checksum are known to be true) and
finds merged cells, which stand behind the rows; the second parses.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import BinaryIO, Final, NamedTuple

from common.tabular.archive import Archive, Entry
from common.tabular.cells import CellFault, Row, cell_name, column_index, merged
from common.tabular.faults import BrokenWorkbook, EmptyFile, TooManyMerges, TooManySheets
from common.tabular.limits import Limits
from common.tabular.plain import ROWS, STRINGS, Shortened
from common.tabular.sheet import SheetRows, merged_ranges
from common.tabular.strings import SharedStrings
from common.tabular.styles import Format, StyleSheet
from common.tabular.xml_parts import Handlers, XmlPart, local

_RANGE = re.compile(r"([A-Z]+)(\d+):([A-Z]+)(\d+)")
PREFERRED: Final = "数据"
IGNORED: Final = frozenset({"说明", "字典"})


class Sheet(NamedTuple):
    """A sheet as the workbook lists it."""

    name: str
    relation: str
    visible: bool


class Merge(NamedTuple):
    """A merged range: rows and columns inclusive; rows from 1, columns from 0."""

    top: int
    left: int
    bottom: int
    right: int

    def fault(self) -> CellFault:
        """What is said of every row that the range touches."""
        first, last = cell_name(self.top, self.left), cell_name(self.bottom, self.right)
        return merged(f"{first}:{last}")


class _Contents:
    """Handlers for workbook.xml."""

    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self.from_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = local(name)
        if name == "sheet":
            relation = next(v for k, v in attributes.items() if local(k) == "id" and ":" in k)
            shown = attributes.get("state", "visible") == "visible"
            self.sheets.append(Sheet(attributes["name"], relation, shown))
        elif name == "workbookPr":
            self.from_1904 = attributes.get("date1904") in {"1", "true"}

    def end(self, name: str) -> None:
        pass

    def text(self, text: str) -> None:
        pass


class _Relations:
    """Handlers for a .rels part: targets by id and by the last word of their type."""

    def __init__(self, base: str) -> None:
        self._base = base
        self.by_id: dict[str, str] = {}
        self.by_type: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if local(name) == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join(self._base, attributes["Target"]))
            target = target.lstrip("/")
            self.by_id[attributes["Id"]] = target
            self.by_type.setdefault(attributes["Type"].rpartition("/")[2], target)

    def end(self, name: str) -> None:
        pass

    def text(self, text: str) -> None:
        pass


class Workbook:
    """The one table of a workbook; `rows` may be iterated once."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._archive = Archive(file, limits)
        self._limits = limits
        self._open = ExitStack()
        self.sheet = ""
        self.unread: list[str] = []
        self.merges: list[Merge] = []
        self.share: Callable[[], float] = lambda: 0.0

    def close(self) -> None:
        """Let the temporary files go."""
        self._open.close()

    def rows(self) -> Iterator[Row]:
        """Every row that holds something."""
        top = self._relations("_rels/.rels", "")
        book = top.by_type.get("officeDocument", "xl/workbook.xml")
        contents = _Contents()
        self._parse(book, contents)
        folder, _, leaf = book.rpartition("/")
        related = self._relations(f"{folder}/_rels/{leaf}.rels", folder)
        part = self._choose(contents.sheets, related)
        self.merges = sorted(self._merges(part))
        handlers = SheetRows(
            self._shared(related).text_at,
            self._formats(related),
            self._limits,
            from_1904=contents.from_1904,
        )
        entry = self._archive.open(part)
        self.share = lambda: entry.share
        xml = XmlPart(Shortened(entry, ROWS, handlers.plain), part, handlers)
        more = True
        while more:
            more = xml.step()
            yield from handlers.take()

    def _parse(self, part: str, handlers: Handlers) -> None:
        XmlPart(self._archive.open(part), part, handlers).run()

    def _relations(self, part: str, base: str) -> _Relations:
        relations = _Relations(base)
        if self._archive.has(part):
            self._parse(part, relations)
        return relations

    def _choose(self, sheets: list[Sheet], related: _Relations) -> str:
        """The sheet named as in our templates, else the first one that is shown."""
        if len(sheets) > self._limits.sheets:
            raise TooManySheets(limit=self._limits.sheets)
        shown = [sheet for sheet in sheets if sheet.visible and sheet.relation in related.by_id]
        if not shown:
            raise EmptyFile
        chosen = next((sheet for sheet in shown if sheet.name == PREFERRED), shown[0])
        self.sheet = chosen.name
        self.unread = [s.name for s in shown if s is not chosen and s.name not in IGNORED]
        return related.by_id[chosen.relation]

    def _merges(self, part: str) -> Iterator[Merge]:
        for count, reference in enumerate(merged_ranges(_blocks(self._archive.open(part)))):
            if count >= self._limits.merges:
                raise TooManyMerges(limit=self._limits.merges)
            match = _RANGE.fullmatch(reference)
            if match is None:
                raise BrokenWorkbook(reason=reference)
            left, top, right, bottom = match.groups()
            yield Merge(int(top), column_index(left), int(bottom), column_index(right))

    def _shared(self, related: _Relations) -> SharedStrings:
        strings = self._open.enter_context(closing(SharedStrings(self._limits.cell_chars)))
        part = related.by_type.get("sharedStrings")
        if part is not None and self._archive.has(part):
            source = Shortened(self._archive.open(part), STRINGS, strings.plain)
            XmlPart(source, part, strings).run()
        strings.seal()
        return strings

    def _formats(self, related: _Relations) -> list[Format]:
        sheet = StyleSheet()
        part = related.by_type.get("styles")
        if part is not None and self._archive.has(part):
            self._parse(part, sheet)
        return sheet.formats


def _blocks(entry: Entry) -> Iterator[bytes]:
    while block := entry.read(1 << 18):
        yield block


def flag_merges(rows: Iterator[Row], merges: list[Merge]) -> Iterator[Row]:
    """The rows, with a fault in each row that a merged range touches; `merges` are sorted."""
    if not merges:
        yield from rows
        return
    upcoming = iter([*merges, Merge(1 << 62, 0, 1 << 62, 0)])
    coming = next(upcoming)
    active: list[Merge] = []
    for row in rows:
        while coming.top <= row.number:
            active.append(coming)
            coming = next(upcoming)
        active = [merge for merge in active if merge.bottom >= row.number]
        if active:
            row = row._replace(  # noqa: PLW2901  # the same row, told more
                flaws={**row.flaws, **{m.left: m.fault() for m in active}}
            )
        yield row
