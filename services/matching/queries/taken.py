"""Places that are taken in periods that are not over, and which have changed since a number.

Whoever takes or frees a place marks a referral for the feed, so its numbers tell what is new. Only
runs take and free many at once without one: they are told by their versions.
"""

from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from datetime import date
from operator import attrgetter
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from matching.queries.allocation import ends, starts

PORTION: Final = 1_000
_NEWS: Final = text(
    "SELECT coalesce((SELECT last_number FROM feed_head WHERE kind = 'referral'), 0) AS number,"
    " coalesce((SELECT string_agg(id || ':' || version, ',' ORDER BY id) FROM allocation_run"
    " WHERE status IN ('running', 'drafted') AND NOT is_dry), '') AS runs"
)
_CHANGED: Final = text(
    "SELECT DISTINCT r.offering_id FROM feed_item i JOIN referral r ON r.id = i.record_id"
    " WHERE i.kind = 'referral' AND i.change_number > :since AND i.change_number <= :until"
)
# What a run decides about is taken: of what is counted by day or longer all of its day. Free places
# go to those who wait, so that none is left while somebody does.
_RUNS: Final = (
    "(SELECT session_on FROM allocation_run WHERE status = 'running' AND NOT is_dry"
    " AND session_on >= :today)"
)
_TAKEN: Final = (
    "SELECT c.offering_id, c.starts_on, c.ends_on, c.session,"
    " CASE WHEN c.is_closed THEN greatest(c.taken, c.places) ELSE c.taken END AS taken,"
    " nullif(m.state -> 'schedule', 'null') AS hours FROM (SELECT offering_id, starts_on, ends_on,"
    " session, places, taken, waiting > 0 OR session = '' AND EXISTS (SELECT FROM"
    f" {_RUNS} r WHERE r.session_on BETWEEN starts_on AND ends_on) AS is_closed FROM capacity"
    f" UNION ALL SELECT s.offering_id, {starts('r.session_on')}, {ends('r.session_on')}, '',"
    f" s.capacity, 0, true FROM supply s CROSS JOIN {_RUNS} r WHERE s.is_open AND s.capacity > 0"
    " AND s.capacity_period <> 'session'"
    " AND NOT EXISTS (SELECT FROM capacity k WHERE k.offering_id = s.offering_id"
    f" AND k.starts_on = {starts('r.session_on')} AND k.session = '')) c"
    " LEFT JOIN mirrored m ON c.session <> '' AND m.kind = 'offering'"
    " AND m.record_id = c.offering_id WHERE c.ends_on >= :today AND (c.is_closed OR c.taken > 0)"
)
_ALL: Final = text(f"{_TAKEN} ORDER BY c.offering_id, c.starts_on")
_OF: Final = text(
    f"{_TAKEN} AND c.offering_id = ANY(:ids) ORDER BY c.offering_id, c.starts_on"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


class News(NamedTuple):
    """The newest change of a referral, and what runs hold, by their versions."""

    number: int
    runs: str


async def news(session: AsyncSession) -> News:
    """What is newest."""
    row = (await session.execute(_NEWS)).one()
    return News(row.number, row.runs)


async def changed(session: AsyncSession, since: int, until: int) -> Sequence[UUID]:
    """Offerings with a referral that changed after a number, up to another."""
    found = await session.scalars(_CHANGED, {"since": since, "until": until})
    return found.all()


async def of(session: AsyncSession, ids: Sequence[UUID], today: date) -> Sequence[Row[Any]]:
    """What is taken of some offerings, by offering and period."""
    return (await session.execute(_OF, {"ids": ids, "today": today})).all()


async def everything(session: AsyncSession, today: date) -> AsyncIterator[Sequence[Row[Any]]]:
    """What is taken of all offerings, portion by portion; all rows of one are in the same."""
    found = await session.stream(_ALL, {"today": today})
    begun: list[Row[Any]] = []  # the offering whose rows may go on in the next portion
    async for rows in found.partitions(PORTION):
        known = [*begun, *rows]
        end = bisect_left(known, known[-1].offering_id, key=attrgetter("offering_id"))
        yield known[:end]
        begun = known[end:]
    yield begun
