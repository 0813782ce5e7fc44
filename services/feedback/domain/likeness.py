"""How alike two texts are, without keeping them: a keyed fingerprint of 64 bits (SimHash).

Pure. Alike texts have fingerprints that differ in few bits. Under a key, so that nobody who holds
the database alone can try out what was written. Source: Charikar (2002), similarity estimation.
"""

from collections.abc import Mapping
from hashlib import blake2b
from itertools import pairwise
from typing import Final
from uuid import UUID

import numpy as np

from common.text.folding import fold

BITS: Final = 64
ALIKE_BITS: Final = 12  # a word changed in some dozen; strangers differ in 32, give or take 4
SHORTEST: Final = 6  # characters: 很好 and 谢谢 are everybody's words


def fingerprint(words: str, key: bytes) -> int | None:
    """The fingerprint as a signed 64-bit integer; None for what is too short to tell anything."""
    plain = "".join(sign for sign in fold(words) if sign.isalnum())
    if len(plain) < SHORTEST:
        return None
    hashed = b"".join(
        blake2b("".join(pair).encode(), key=key, digest_size=BITS // 8).digest()
        for pair in pairwise(plain)
    )
    bits = np.unpackbits(np.frombuffer(hashed, np.uint8).reshape(-1, BITS // 8), axis=1)
    found = np.packbits(2 * bits.sum(axis=0, dtype=np.int64) > len(bits))
    return int.from_bytes(found.tobytes(), signed=True)


def distance(one: int, other: int) -> int:
    """In how many bits two fingerprints differ."""
    return ((one ^ other) & ((1 << BITS) - 1)).bit_count()


def alike(fingerprints: Mapping[UUID, int]) -> list[list[UUID]]:
    """Groups of texts that are alike, each with two members at least, in a stable order.

    A group is what hangs together by likeness. Compares each pair: meant for one body's texts of
    some weeks, not for a city's.
    """
    ids = sorted(fingerprints)
    bits = np.array([fingerprints[each] for each in ids], dtype=np.int64).view(np.uint64)
    groups = {each: each for each in ids}

    def head(each: UUID) -> UUID:
        while groups[each] != each:
            groups[each] = groups[groups[each]]
            each = groups[each]
        return each

    for at, one in enumerate(ids):
        near = np.bitwise_count(bits[at + 1 :] ^ bits[at]) <= ALIKE_BITS
        for other in np.flatnonzero(near).tolist():
            groups[head(ids[at + 1 + other])] = head(one)
    found: dict[UUID, list[UUID]] = {}
    for each in ids:
        found.setdefault(head(each), []).append(each)
    return [group for group in found.values() if len(group) > 1]
