"""A resource as one file: a zip of a CSV and its manifest, from a place to the present end.

Batches are read one after the other, written in a thread, and sent as they are written: neither
memory nor the wait for the first byte grows with the file. A file that breaks off has no directory
at its end, so no program opens it.
"""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, BinaryIO, Final, cast

import orjson
from cryptography.hazmat.primitives import hashes
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from common.clock import CITY_ZONE
from common.exchange.place import Place
from common.exchange.reading import Batch, batch_after
from common.exchange.rows import COLUMNS, cells_of, items_of, technical
from common.tabular.writing import CsvTable

_BATCH: Final = 2000


@dataclass(frozen=True, slots=True)
class Origin:
    """What the manifest says beside the counts."""

    title: str
    source: str
    licence: str
    made_at: datetime


async def archived(
    engine: AsyncEngine, place: Place, first: Batch, origin: Origin
) -> AsyncIterator[bytes]:
    """The file, piece by piece.

    `first` is the batch after `place`; what changes meanwhile comes the next time.
    """
    sent = _Outbox()
    with zipfile.ZipFile(sent, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(f"{place.kind}.csv", "w", force_zip64=True) as entry:
            writing = _Writing(place, first, origin, entry)
            found, after = first, place.at.after or 0
            while rows := writing.within(found.rows):
                await asyncio.to_thread(writing.write, rows)
                yield sent.taken()
                after = rows[-1].change_number
                found = await batch_after(engine, place.kind, after, _BATCH, place.at.area)
            writing.table.close()
        archive.writestr("manifest.json", writing.manifest())
    yield sent.taken()


class _Writing:
    """The table while it grows, with its counts and its digest."""

    def __init__(self, place: Place, first: Batch, origin: Origin, entry: IO[bytes]) -> None:
        self._place, self._origin = place, origin
        self._end = first.head.last_number
        self._following = place.moved(self._end, first.head)
        self._items = items_of(place.kind)
        self._sum = hashes.Hash(hashes.SM3())
        self._counts = {"I": 0, "U": 0, "D": 0}
        summed = _Summed(entry, self._sum)
        self.table = CsvTable(cast(BinaryIO, summed), [*COLUMNS, *self._items])

    def within(self, rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
        """The rows up to the end that stood when the file was begun."""
        return [row for row in rows if row.change_number <= self._end]

    def write(self, rows: Sequence[Row[Any]]) -> None:
        """Some more rows."""
        place, batch = self._place, self._following.batch
        for row in rows:
            columns = technical(place.kind, row, place.base, batch, self._origin.source)
            self._counts[columns[1] or "U"] += 1
            self.table.write(cells_of(place.kind, row, columns, self._items))

    def manifest(self) -> bytes:
        """What the file holds, so that its receiver can check it and go on after it."""
        told = {
            "kind": self._place.kind,
            "title": self._origin.title,
            "data_source": self._origin.source,
            "file": f"{self._place.kind}.csv",
            "rows": sum(self._counts.values()),
            "operations": self._counts,
            "sm3": self._sum.finalize().hex(),
            "batch": self._following.batch,
            "cursor": self._following.token(),
            "license": self._origin.licence,
            "made_at": self._origin.made_at.astimezone(CITY_ZONE).isoformat(timespec="seconds"),
        }
        return orjson.dumps(told, option=orjson.OPT_INDENT_2)


class _Outbox(io.RawIOBase):
    """A file without a place to go back to: what was written is taken, once."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        """For the archive that is laid over it."""
        return True

    def write(self, block: Any) -> int:
        """Keep it until it is taken."""
        self._written += block
        return len(block)

    def taken(self) -> bytes:
        """What was written since the last time."""
        taken, self._written = bytes(self._written), bytearray()
        return taken


class _Summed(io.RawIOBase):
    """A file that is summed up while it is written."""

    def __init__(self, inner: IO[bytes], sum_: hashes.Hash) -> None:
        self._inner, self._sum = inner, sum_

    def writable(self) -> bool:
        """For the text that is laid over it."""
        return True

    def write(self, block: Any) -> int:
        """Sum up, hand on."""
        self._sum.update(bytes(block))
        return self._inner.write(block)
