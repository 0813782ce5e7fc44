"""Reconciliation: what a reader that missed nothing holds, as counts and SM3 digests of cells.

A cell is a day of `cd_time` and the first digits of `cd_area`. PostgreSQL writes the lines and
joins them in blocks, so that a cell of any size passes through in constant memory.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from common.clock import CITY_ZONE
from common.crypto.digest import sm3
from common.errors import Text, Unavailable
from common.exchange.place import batch_name
from common.exchange.reading import HEAD
from common.exchange.shapes import DigestCell, Reconciliation
from common.feed.statements import FIRST_UNSUMMED

_BLOCKS: Final = text(
    "SELECT day, area, count(*) AS held,"
    " string_agg(CAST(record_id AS text) || ',' || encode(content_sm3, 'hex') || E'\\n', ''"
    "  ORDER BY record_id) AS lines"
    " FROM (SELECT *, (row_number() OVER (PARTITION BY day, area ORDER BY record_id) - 1)"
    "  / 5000 AS block FROM (SELECT CAST(modified_at AT TIME ZONE 'Asia/Shanghai' AS date) AS day,"
    "  left(coalesce(area_code, ''), :digits) AS area, record_id, content_sm3 FROM feed_item"
    "  WHERE kind = :kind AND state = 'updated'"
    "  AND (CAST(:area AS text) IS NULL OR starts_with(area_code, :area))"
    "  AND (CAST(:since AS timestamptz) IS NULL OR modified_at >= :since)"
    "  AND (CAST(:until AS timestamptz) IS NULL OR modified_at < :until)) i) b"
    " GROUP BY day, area, block ORDER BY day, area, block"
)
_BEING_SUMMED: Final = Text("对账摘要尚在补算，", "The digests are still being made up; it")


@dataclass(frozen=True, slots=True)
class Span:
    """Which cells are asked for. Days are inclusive; `area` narrows them."""

    from_on: date | None
    to_on: date | None
    digits: int
    area: str | None


async def reconciliation(engine: AsyncEngine, kind: str, span: Span) -> Reconciliation:
    """The cells at one moment. 503 until the feed has a head, and all its items their sums."""
    async with engine.connect() as connection:
        snapshot = await connection.execution_options(isolation_level="REPEATABLE READ")
        head = (await snapshot.execute(HEAD, {"kind": kind})).one_or_none()
        if head is None:
            raise Unavailable(what=Text("数据交换", "the exchange"))
        if await snapshot.scalar(FIRST_UNSUMMED, {"kind": kind}) is not None:
            raise Unavailable(what=_BEING_SUMMED)
        cells = [cell async for cell in _cells(snapshot, kind, span)]
    return Reconciliation(
        kind=kind,
        at=batch_name(head.epoch, head.last_number),
        digits=span.digits,
        count=sum(cell.count for cell in cells),
        sm3=sm3(*map(_line, cells)).hex(),
        cells=cells,
    )


def _line(cell: DigestCell) -> bytes:
    return f"{cell.on},{cell.area},{cell.count},{cell.sm3}\n".encode()


async def _cells(connection: AsyncConnection, kind: str, span: Span) -> AsyncIterator[DigestCell]:
    """Blocks of lines in order, summed up to cells."""
    values = {
        "kind": kind,
        "digits": span.digits,
        "area": span.area,
        "since": _midnight(span.from_on, 0),
        "until": _midnight(span.to_on, 1),
    }
    cell: _Cell | None = None
    async with connection.stream(_BLOCKS, values) as blocks:
        async for block in blocks:
            if cell is None or cell.key != (block.day, block.area):
                if cell is not None:
                    yield cell.done()
                cell = _Cell((block.day, block.area))
            cell.add(block)
    if cell is not None:
        yield cell.done()


class _Cell:
    """A cell while its blocks come in."""

    def __init__(self, key: tuple[date, str]) -> None:
        self.key = key
        self._count = 0
        self._sum = hashes.Hash(hashes.SM3())

    def add(self, block: Row[Any]) -> None:
        self._count += block.held
        self._sum.update(block.lines.encode())

    def done(self) -> DigestCell:
        on, area = self.key
        return DigestCell(on=on, area=area, count=self._count, sm3=self._sum.finalize().hex())


def _midnight(day: date | None, later: int) -> datetime | None:
    """The first instant of a day in the city, or of one after it."""
    if day is None:
        return None
    return datetime.combine(day, time(), CITY_ZONE) + timedelta(days=later)
