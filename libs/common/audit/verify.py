"""Walk the log from its first entry and name the first broken link; compare with the anchors."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from common.audit.anchor import Anchor
from common.audit.chain import START, Break, Fault, Head, Link, first_break

BATCH: Final = 5000
_BATCH_OF_LINKS = (
    "SELECT seq, entry, prev_hash, hash, actor, action, target_kind, target_id, area, outcome,"
    """ to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at"""
    " FROM audit_entry WHERE seq > $1 ORDER BY seq LIMIT $2"
)
_RIGHTFUL = "SELECT seq FROM audit_entry WHERE prev_hash = $1 ORDER BY seq LIMIT 1"


@dataclass(frozen=True, slots=True)
class Report:
    """What a walk found: the last good entry, and the first broken one if there is one."""

    head: Head
    broken: Break | None


async def verify(connection: asyncpg.Connection, anchors: Sequence[Anchor] = ()) -> Report:
    """Check every entry and every anchor. Memory stays at one batch."""
    head = START
    due = sorted(anchors, key=lambda anchor: anchor.head.seq)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        async for links in _batches(connection):
            before = head
            head, broken = first_break(head, links)
            rewritten = _contradicted(due, [before, *(Head(i.seq, i.hash) for i in links)], head)
            if rewritten is not None:
                return Report(head, rewritten)
            if broken is not None:
                return Report(head, await _refined(connection, head, broken))
    last = due[-1] if due else None
    if last is not None and last.head.seq > head.seq:
        return Report(head, _cut(head, last))
    return Report(head, None)


async def _batches(connection: asyncpg.Connection) -> AsyncIterator[list[Link]]:
    after = 0
    while rows := await connection.fetch(_BATCH_OF_LINKS, after, BATCH):
        yield [_link(row) for row in rows]
        after = rows[-1]["seq"]


def _link(row: asyncpg.Record) -> Link:
    copies = dict(row)
    seq, entry, before, own = (copies.pop(n) for n in ("seq", "entry", "prev_hash", "hash"))
    return Link(seq, entry, before, own, copies)


def _contradicted(due: Sequence[Anchor], heads: Sequence[Head], good: Head) -> Break | None:
    """An anchor whose entry is whole in itself, but not the one that was anchored."""
    known = {head.seq: head.hash for head in heads if head.seq <= good.seq}
    for anchor in due:
        if known.get(anchor.head.seq, anchor.head.hash) != anchor.head.hash:
            word = f"it is not the entry that was anchored at {anchor.at}"
            return Break(anchor.head.seq, Fault.REWRITTEN, word)
    return None


def _cut(head: Head, last: Anchor) -> Break:
    word = f"entries up to {last.head.seq} were anchored at {last.at} and are gone"
    return Break(head.seq + 1, Fault.CUT, word)


async def _refined(connection: asyncpg.Connection, head: Head, broken: Break) -> Break:
    """Whether the entry that belongs here stands somewhere else."""
    elsewhere = await connection.fetchval(_RIGHTFUL, head.hash)
    if elsewhere is None or elsewhere == broken.seq:
        return broken
    word = f"the entry that belongs here stands at {elsewhere}"
    return Break(broken.seq, Fault.REORDERED, word)
