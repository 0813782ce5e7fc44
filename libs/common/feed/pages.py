"""One page of a feed: one query, its items joined by PostgreSQL, nothing rendered here.

A feed stands as its head tells: whatever changes among its items moves the head in the same
transaction. So a page of a public feed that was read lately is read again only when the head has
moved since; the query tells which.
"""

from collections import OrderedDict
from typing import Any, Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from common.borrowed import Borrowed
from common.errors import Text, Unavailable
from common.feed.cursor import END, Cursor, Head

_MOST_BYTES: Final = 16 << 20
_PAGE: Final = (
    "SELECT h.epoch, h.last_number, h.purged_through, p.items, p.last_number"
    " FROM feed_head h LEFT JOIN LATERAL ("
    "  SELECT string_agg(i.body, ',' ORDER BY i.change_number) AS items,"
    "   max(i.change_number) AS last_number"
    "  FROM ({items}"
    "   AND (h.epoch IS DISTINCT FROM $4 OR h.last_number IS DISTINCT FROM $5"
    "    OR h.purged_through IS DISTINCT FROM $6)"
    "   ORDER BY change_number LIMIT $3) i) p ON true"
    " WHERE h.kind = $1"
)
_ALL: Final = _PAGE.format(
    items="SELECT body, change_number FROM feed_item WHERE kind = $1 AND change_number > $2"
)
# What lay in the reader's area once is sent as deleted; what never did is not mentioned.
_WITHIN: Final = _PAGE.format(
    items="SELECT CASE WHEN starts_with(area_code, $7) THEN body ELSE convert_to(format("
    """'{"state":"deleted","kind":"%s","id":"%s","modified":%s}',"""
    " kind, record_id, change_number), 'UTF8') END AS body, change_number FROM feed_item"
    " WHERE kind = $1 AND change_number > $2 AND (starts_with(area_code, $7) OR"
    " EXISTS (SELECT FROM unnest(former_areas) f WHERE starts_with(f, $7)))"
)


class Found(NamedTuple):
    """What the database has after a cursor: the head, the joined items, the last number in them."""

    head: Head
    items: bytes
    reached: int | None


_FEED: Final = Text("变更流", "the feed")
_UNKNOWN: Final = (None, None, None)
Key = tuple[str, int, int]


class Pages:
    """The pages of the feeds of a service; those of public ones that were asked for lately stay."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[Key, Found] = OrderedDict()
        self._size = 0

    async def after(
        self, engine: AsyncEngine, kind: str, cursor: Cursor, size: int, *, is_public: bool
    ) -> Found:
        """The items after a cursor. 503 until the first leader has made the feed's head."""
        key = (kind, cursor.after or 0, size)
        kept = self._kept.get(key) if is_public else None
        found = await _found(engine, key, cursor.area, kept.head if kept else _UNKNOWN)
        if kept is not None and kept.head == found.head:
            self._kept.move_to_end(key)
            return kept
        if is_public:
            self._keep(key, found)
        return found

    def _keep(self, key: Key, found: Found) -> None:
        """In the place of what is out of date; the end of a feed, which holds nothing, is not."""
        before = self._kept.pop(key, None)
        self._size -= len(before.items) if before else 0
        if found.items:
            self._kept[key] = found
            self._size += len(found.items)
        while self._size > self._most:
            self._size -= len(self._kept.popitem(last=False)[1].items)


async def _found(engine: AsyncEngine, key: Key, area: str | None, known: Any) -> Found:
    """The head, and the items where it is not the known one."""
    values = (*key, *known) if area is None else (*key, *known, area)
    borrowed = Borrowed(engine)
    try:
        rows = await borrowed.fetched(_ALL if area is None else _WITHIN, values)
    finally:
        borrowed.give_back()
    if not rows:
        raise Unavailable(what=_FEED)
    epoch, last_number, purged_through, items, reached = rows[0]
    return Found(Head(epoch, last_number, purged_through), items or b"", reached)


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
