"""Record ids: UUIDv7 (RFC 9562), ordered by the millisecond of their making."""

import os
import time
from uuid import UUID


def uuid7() -> UUID:
    """A new id. The first 48 bits are the Unix time in milliseconds, the rest is random."""
    stamp = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10))
    return UUID(
        int=(stamp & (1 << 48) - 1) << 80
        | 0x7 << 76
        | (random >> 62 & 0xFFF) << 64
        | 0b10 << 62
        | random & (1 << 62) - 1
    )
