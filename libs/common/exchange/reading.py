"""Batches out of the numbered feed: one query each, in change-number order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from common.errors import Text, Unavailable
from common.feed.cursor import Head

# Head and items in one statement, so in one snapshot: the end that a batch names is its own.
_BATCH: Final = (
    "SELECT h.epoch, h.last_number, h.purged_through, i.*"
    " FROM feed_head h LEFT JOIN LATERAL ({items}) i ON true"
    " WHERE h.kind = :kind ORDER BY i.change_number"
)
_ALL: Final = text(
    _BATCH.format(
        items="SELECT record_id, change_number, first_number, modified_at, state, area_code,"
        " content_sm3, summed_number, body FROM feed_item"
        " WHERE kind = :kind AND change_number > :after ORDER BY change_number LIMIT :size"
    )
)
_WITHIN: Final = text(
    _BATCH.format(
        items="SELECT record_id, change_number, first_number, modified_at,"
        " CASE WHEN starts_with(area_code, :area) THEN state ELSE 'deleted' END AS state,"
        " CASE WHEN starts_with(area_code, :area) THEN area_code END AS area_code,"
        " content_sm3, summed_number,"
        " CASE WHEN starts_with(area_code, :area) THEN body END AS body FROM feed_item"
        " WHERE kind = :kind AND change_number > :after AND (starts_with(area_code, :area) OR"
        " EXISTS (SELECT FROM unnest(former_areas) f WHERE starts_with(f, :area)))"
        " ORDER BY change_number LIMIT :size"
    )
)
HEAD: Final = text("SELECT epoch, last_number, purged_through FROM feed_head WHERE kind = :kind")
_NEXT: Final = text(
    "SELECT change_number, modified_at FROM feed_item WHERE kind = :kind"
    " AND change_number >= :number ORDER BY change_number LIMIT 1"
)
_EXCHANGE: Final = Text("数据交换", "the exchange")


class Batch(NamedTuple):
    """What the database has after a place. Rows: id, numbers, instant, state, area, SM3, body."""

    head: Head
    rows: Sequence[Row[Any]]


async def batch_after(
    engine: AsyncEngine, kind: str, after: int, size: int, area: str | None
) -> Batch:
    """Up to `size` rows after a change number. 503 until the feed has a head."""
    values: dict[str, Any] = {"kind": kind, "after": after, "size": size}
    statement: TextClause = _ALL
    if area is not None:
        statement, values["area"] = _WITHIN, area
    async with engine.connect() as connection:
        plain = await _plain(connection)
        rows = (await plain.execute(statement, values)).all()
    if not rows:
        raise Unavailable(what=_EXCHANGE)
    head = Head(*rows[0][:3])
    return Batch(head, [row for row in rows if row.record_id is not None])


async def number_before(engine: AsyncEngine, kind: str, since: datetime) -> tuple[Head, int]:
    """The head, and a change number before which nothing was numbered at or after `since`.

    Instants rise with the numbers, so they are halved: some twenty look-ups by key, no scan.
    """
    async with engine.connect() as connection:
        plain = await _plain(connection)
        found = (await plain.execute(HEAD, {"kind": kind})).one_or_none()
        if found is None:
            raise Unavailable(what=_EXCHANGE)
        low, high = 1, found.last_number + 1
        while low < high:
            middle = (low + high) // 2
            row = (await plain.execute(_NEXT, {"kind": kind, "number": middle})).one_or_none()
            if row is None or row.modified_at >= since:
                high = middle
            else:
                low = row.change_number + 1
    return Head(*found), low - 1


async def _plain(connection: AsyncConnection) -> AsyncConnection:
    return await connection.execution_options(isolation_level="AUTOCOMMIT")
