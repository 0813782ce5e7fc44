"""Open a table of either kind, by what its bytes are and never by what its name says."""

import mmap
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, Final, Literal

from common.tabular.archive import Archive
from common.tabular.cells import Row
from common.tabular.delimited import TextTable, encoding_of
from common.tabular.faults import EmptyFile, EncryptedFile, FileTooLarge, NotTable, OldExcel
from common.tabular.limits import MIB, Limits
from common.tabular.workbook import Workbook, flag_merges

Format = Literal["xlsx", "csv"]

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_OTHERS: Final = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
)
_MARKUP: Final = (b"<html", b"<table", b"<!doctype", b"<?xml")


@dataclass(slots=True)
class Table:
    """A table being read: its rows, and what is known of its source."""

    format: Format
    rows: Iterator[Row]
    sheet: str = ""
    unread: list[str] = field(default_factory=list)
    share: Callable[[], float] = lambda: 0.0


def recognise(file: BinaryIO, limits: Limits) -> Format:
    """The format of an upload, after the checks that need no parsing.

    Raises the named fault of a file that will certainly not do: too large, empty, old Excel,
    encrypted, a picture, a zip that is no workbook, a bomb by its own directory, unknown encoding.
    """
    size = file.seek(0, 2)
    if size > limits.file_bytes:
        raise FileTooLarge(limit_mib=limits.file_bytes // MIB)
    if size == 0:
        raise EmptyFile
    file.seek(0)
    head = file.read(512)
    if head.startswith(_OLE):
        raise EncryptedFile if _contains(file, _ENCRYPTED) else OldExcel
    if head.startswith(_ZIP):
        Archive(file, limits)
        return "xlsx"
    for magic, name in _OTHERS:
        if head.startswith(magic):
            raise NotTable(reason=name)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:9].lower().startswith(_MARKUP):
        raise NotTable(reason="HTML/XML")  # what some systems call an ".xls"
    encoding_of(file)
    return "csv"


@contextmanager
def reading(file: BinaryIO, limits: Limits | None = None) -> Iterator[Table]:
    """The table in a seekable file; the file stays open and is the caller's."""
    limits = limits or Limits()
    if recognise(file, limits) == "csv":
        text = TextTable(file, limits)
        try:
            yield Table("csv", text.rows(), share=text.share)
        finally:
            text.release()
        return
    with closing(Workbook(file, limits)) as workbook:
        table = Table("xlsx", iter(()), share=workbook.share)
        table.rows = _rows(workbook, table)
        yield table


def _rows(workbook: Workbook, table: Table) -> Iterator[Row]:
    rows = workbook.rows()
    first = next(rows, None)
    table.sheet, table.unread = workbook.sheet, workbook.unread
    if first is None:
        return
    yield from flag_merges(_again(first, rows), workbook.merges)


def _again(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest


def _contains(file: BinaryIO, needle: bytes) -> bool:
    """Whether the bytes stand anywhere in the file, without reading it into memory."""
    try:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            return view.find(needle) >= 0
    except (OSError, AttributeError):  # a file in memory has no number
        file.seek(0)
        return needle in file.read()
