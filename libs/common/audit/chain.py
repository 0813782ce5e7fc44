"""The chain itself: canonical text, link hash, and the walk that finds the first broken link. Pure.

hash(n) = SM3( hash(n-1) | n as 8 bytes, big-endian | entry(n) in UTF-8 ),   hash(0) = 32 zeros
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

import orjson

from common.crypto.digest import sm3


class Head(NamedTuple):
    """The end of a chain so far."""

    seq: int
    hash: bytes


START: Final = Head(0, bytes(32))
COPIES: Final = ("at", "actor", "action", "target_kind", "target_id", "area", "outcome")


class Link(NamedTuple):
    """A row of the log: the entry's text, its hashes, and the copies beside it."""

    seq: int
    entry: str
    prev_hash: bytes
    hash: bytes
    copies: Mapping[str, str | None]


class Fault(StrEnum):
    """How a chain can be broken."""

    ALTERED = "altered"
    MISSING = "missing"
    REORDERED = "reordered"
    CUT = "cut"
    REWRITTEN = "rewritten"
    ANCHOR_FORGED = "anchor-forged"


@dataclass(frozen=True, slots=True)
class Break:
    """The first broken link: which entry, and how."""

    seq: int
    fault: Fault
    word: str


def canonical(entry: Mapping[str, Any]) -> str:
    """The one text of an entry: sorted names, no spaces, UTF-8."""
    return orjson.dumps(entry, option=orjson.OPT_SORT_KEYS).decode()


def link_hash(prev_hash: bytes, seq: int, entry: str) -> bytes:
    """The hash that binds an entry to its place and to all that came before."""
    return sm3(prev_hash, seq.to_bytes(8, "big"), entry.encode())


def chained(head: Head, entries: Iterable[Mapping[str, Any]]) -> list[Link]:
    """The links that continue a chain with these entries."""
    links = []
    for entry in entries:
        text = canonical(entry)
        seq = head.seq + 1
        link = Link(seq, text, head.hash, link_hash(head.hash, seq, text), copies_of(entry))
        links.append(link)
        head = Head(seq, link.hash)
    return links


def copies_of(entry: Mapping[str, Any]) -> dict[str, str | None]:
    """The parts of an entry that stand in columns of their own."""
    return {name: entry.get(name) for name in COPIES}


def first_break(head: Head, links: Iterable[Link]) -> tuple[Head, Break | None]:
    """Walk on from `head`; the new head, and the first broken link if there is one."""
    for link in links:
        found = _fault(head, link)
        if found is not None:
            return head, found
        head = Head(link.seq, link.hash)
    return head, None


def _fault(head: Head, link: Link) -> Break | None:
    if link.seq != head.seq + 1:
        return Break(head.seq + 1, Fault.MISSING, f"the next entry present is {link.seq}")
    if link.prev_hash != head.hash:
        return Break(link.seq, Fault.ALTERED, "it does not continue the entry before it")
    if link.hash != link_hash(link.prev_hash, link.seq, link.entry):
        return Break(link.seq, Fault.ALTERED, "its text does not give its hash")
    if _copies_in(link.entry) != dict(link.copies):
        return Break(link.seq, Fault.ALTERED, "a look-up column differs from its text")
    return None


def _copies_in(text: str) -> dict[str, str | None] | None:
    """The copies as a text tells them; None when it is no entry at all."""
    try:
        entry = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return copies_of(entry) if isinstance(entry, dict) else None
