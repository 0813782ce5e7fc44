"""One page of a feed: one query, its items joined by PostgreSQL, nothing rendered here."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from common.errors import Text, Unavailable
from common.feed.cursor import END, Cursor, Head

_PAGE: Final = (
    "SELECT h.epoch, h.last_number, h.purged_through, p.items, p.last_number AS reached"
    " FROM feed_head h LEFT JOIN LATERAL ("
    "  SELECT string_agg(i.body, ',' ORDER BY i.change_number) AS items,"
    "   max(i.change_number) AS last_number"
    "  FROM ({items}) i) p ON true"
    " WHERE h.kind = :kind"
)
_ALL: Final = text(
    _PAGE.format(
        items="SELECT body, change_number FROM feed_item"
        " WHERE kind = :kind AND change_number > :after ORDER BY change_number LIMIT :size"
    )
)
# What lay in the reader's area once is sent as deleted; what never did is not mentioned.
_WITHIN: Final = text(
    _PAGE.format(
        items="SELECT CASE WHEN starts_with(area_code, :area) THEN body ELSE convert_to(format("
        """'{"state"\\:"deleted","kind"\\:"%s","id"\\:"%s","modified"\\:%s}',"""
        " kind, record_id, change_number), 'UTF8') END AS body, change_number FROM feed_item"
        " WHERE kind = :kind AND change_number > :after AND (starts_with(area_code, :area) OR"
        " EXISTS (SELECT FROM unnest(former_areas) f WHERE starts_with(f, :area)))"
        " ORDER BY change_number LIMIT :size"
    )
)


class Found(NamedTuple):
    """What the database has after a cursor: the head, the joined items, the last number in them."""

    head: Head
    items: bytes
    reached: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page on its way out."""

    body: bytes
    has_items: bool


_FEED: Final = Text("变更流", "the feed")


async def found_after(engine: AsyncEngine, kind: str, cursor: Cursor, size: int) -> Found:
    """The items after a cursor. 503 until the first leader has made the feed's head."""
    values = {"kind": kind, "after": cursor.after or 0, "size": size}
    statement: TextClause = _ALL
    if cursor.area is not None:
        statement, values["area"] = _WITHIN, cursor.area
    async with engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        row = (await plain.execute(statement, values)).one_or_none()
    if row is None:
        raise Unavailable(what=_FEED)
    return Found(Head(*row[:3]), row.items or b"", row.reached)


def next_cursor(cursor: Cursor, found: Found) -> Cursor:
    """Where the reader goes on. An empty page stays where it is, byte for byte.

    A filtered page that is empty before the feed's end moves there: what it passed by is no
    business of this reader, and tombstones purged among it must not cost the reader its place.
    """
    if found.reached is not None:
        return cursor.moved(found.reached, found.head)
    is_behind = (cursor.after or 0) < found.head.last_number
    if cursor.area is not None and is_behind and cursor.after != END:
        return cursor.moved(found.head.last_number, found.head)
    return cursor


def page_body(items: bytes, next_address: str, licence: str) -> bytes:
    """The RPDE envelope. Addresses and licence are plain ASCII without quotes."""
    return b'{"next":"%b","items":[%b],"license":"%b"}' % (
        next_address.encode(),
        items,
        licence.encode(),
    )
