"""The zip around a workbook, opened so that a hostile one costs nothing.

The directory is measured before Python parses it, every entry before it is opened, and the bytes
again while they are read, because a directory can lie. Nothing is ever unpacked to disk by name.
"""

import struct
import zipfile
import zlib
from typing import BinaryIO, Final

from common.tabular.faults import (
    BrokenWorkbook,
    EncryptedFile,
    MacroWorkbook,
    NotTable,
    TooManySheets,
    UnsafePath,
    ZipBomb,
)
from common.tabular.limits import Limits

_END: Final = b"PK\x05\x06"
_END_SIZE: Final = 22
_DIRECTORY: Final = 12  # where the end record tells the bytes of the directory
_END_64: Final = struct.Struct("<4s36xQ8x")  # its signature, and the bytes of the directory
_LOCATOR_64: Final = struct.Struct("<4s4xQ4x")  # its signature, and where the end record is
_TAIL: Final = _END_SIZE + 65_535
_BLOCK: Final = 1 << 16


class Entry:
    """A reader of one entry that stops at the first byte too many."""

    def __init__(self, stream: BinaryIO, name: str, limit: int) -> None:
        self._stream = stream
        self._name = name
        self._left = limit
        self._size = max(1, limit)

    def read(self, size: int = _BLOCK) -> bytes:
        """The next bytes; empty at the end, where the checksum has been compared."""
        try:
            block = self._stream.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise BrokenWorkbook(reason=self._name) from error
        self._left -= len(block)
        if self._left < 0:
            raise ZipBomb(reason=self._name)
        return block

    @property
    def share(self) -> float:
        """How much has been read, from 0 to 1."""
        return 1 - self._left / self._size


class Archive:
    """The entries of a workbook that passed the checks of its directory."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        _measure_directory(file, limits)
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
            raise BrokenWorkbook(reason="zip") from error
        self._limits = limits
        self._entries = {entry.filename: entry for entry in self._zip.infolist()}
        _check_entries(self._zip.infolist(), limits)
        _check_kind(set(self._entries), limits)

    def has(self, name: str) -> bool:
        """Whether the entry exists."""
        return name in self._entries

    def open(self, name: str) -> Entry:
        """Read an entry from its beginning."""
        entry = self._entries.get(name)
        if entry is None:
            raise BrokenWorkbook(reason=name)
        try:
            stream = self._zip.open(entry)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise BrokenWorkbook(reason=name) from error
        return Entry(stream, name, entry.file_size)  # type: ignore[arg-type]  # IO[bytes] reads


def _measure_directory(file: BinaryIO, limits: Limits) -> None:
    """Find the end record and refuse a directory too large to be worth parsing."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise BrokenWorkbook(reason="zip")
    directory = _directory_64(file, size - len(tail) + at)
    if directory is None:
        (directory,) = struct.unpack_from("<L", tail, at + _DIRECTORY)
    if directory > limits.directory_bytes:
        raise ZipBomb(reason=f"directory {directory} bytes")
    file.seek(0)


def _directory_64(file: BinaryIO, end: int) -> int | None:
    """The size of the directory by the ZIP64 record that may stand before the end record.

    Python believes it whatever the end record says, and writers that stream always leave one, as
    Apache POI does. Raises `BrokenWorkbook` where it is not at the one place each reader looks.
    """
    at = end - _LOCATOR_64.size
    if at < 0:
        return None
    file.seek(at)
    mark, place = _LOCATOR_64.unpack(file.read(_LOCATOR_64.size))
    if mark != b"PK\x06\x07":
        return None
    if place != at - _END_64.size:
        raise BrokenWorkbook(reason="zip")
    file.seek(place)
    mark, directory = _END_64.unpack(file.read(_END_64.size))
    if mark != b"PK\x06\x06":
        raise BrokenWorkbook(reason="zip")
    return int(directory)


def _check_entries(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(entries) > limits.entries:
        raise ZipBomb(reason=f"{len(entries)} entries")
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename
        if name in seen or name.startswith("/") or "\\" in name or ".." in name.split("/"):
            raise UnsafePath(name=repr(name[:60]))
        seen.add(name)
        if entry.flag_bits & 0x1:
            raise EncryptedFile
        if entry.file_size > limits.entry_bytes:
            raise ZipBomb(reason=f"{name[:60]} {entry.file_size} bytes")
        if (
            entry.file_size > limits.ratio_from_bytes
            and entry.file_size > limits.ratio * entry.compress_size
        ):
            raise ZipBomb(reason=f"{name[:60]} 1:{entry.file_size // max(1, entry.compress_size)}")
    if sum(entry.file_size for entry in entries) > limits.total_bytes:
        raise ZipBomb(reason=f"> {limits.total_bytes} bytes")


def _check_kind(names: set[str], limits: Limits) -> None:
    if "[Content_Types].xml" not in names:
        raise NotTable(reason="zip")
    if "xl/workbook.bin" in names:
        raise NotTable(reason=".xlsb")
    if "xl/vbaProject.bin" in names:
        raise MacroWorkbook
    sheets = sum(name.startswith("xl/worksheets/") and name.endswith(".xml") for name in names)
    if sheets > limits.sheets:
        raise TooManySheets(limit=limits.sheets)
