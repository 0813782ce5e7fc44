"""Record ids: UUIDv7 (RFC 9562), ordered by the millisecond of their making; few are timeless."""

import os
import time
from datetime import datetime
from random import getrandbits
from struct import unpack
from typing import Final
from uuid import UUID, uuid4

_STAMP: Final = (1 << 48) - 1
_TAIL: Final = (1 << 62) - 1


def uuid7() -> UUID:
    """A new id. The first 48 bits are the Unix time in milliseconds, the rest is random."""
    return UUID(int=_number(int.from_bytes(os.urandom(10))))


def timeless_id() -> UUID:
    """A random id and nothing else, for what must not tell when it was made."""
    return uuid4()


def uuid7_text() -> str:
    """A new id that is only ever read as text and no secret, for a sixth of the price."""
    digits = f"{_number(getrandbits(74)):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _number(random: int) -> int:
    stamp = time.time_ns() // 1_000_000
    return (
        (stamp & _STAMP) << 80
        | 0x7 << 76
        | (random >> 62 & 0xFFF) << 64
        | 0b10 << 62
        | random & _TAIL
    )


def uuid7s(count: int) -> list[UUID]:
    """Ids for many records made at once, ascending, for half the price of one by one.

    The 12 bits behind the time count them (RFC 9562, 6.2); more than 4,096 take milliseconds that
    are still to come.
    """
    stamp = time.time_ns() // 1_000_000
    tails = unpack(f">{count}Q", os.urandom(8 * count))
    return [
        UUID(
            int=(stamp + (at >> 12) & _STAMP) << 80
            | (0x7000 | at & 0xFFF) << 64
            | 0b10 << 62
            | tail & _TAIL
        )
        for at, tail in enumerate(tails)
    ]


def first_id(at: datetime) -> UUID:
    """The smallest id that could have been made at an instant: what is not less was made since."""
    return UUID(int=(int(at.timestamp() * 1000) & _STAMP) << 80)
