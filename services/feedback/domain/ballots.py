"""Ballots and urns: a ballot is a row of bits, an urn is many of them, shuffled and sealed as one.

Pure but for randomness. An urn's ciphertext tells how many ballots it holds, nothing else.
"""

import os
import secrets
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
BALLOTS_PER_URN: Final = 400  # what one ballot more costs stays below a millisecond
MOST_URNS: Final = 512

Choices = tuple[int, ...]


class UrnBrokenError(ValueError):
    """An urn was altered or moved, or its key is another. An attack or a bug, never input."""


def urns_for(electors: int) -> int:
    """How many urns a vote gets: enough that casting is quick, few so that each mixes many."""
    return min(max(electors // BALLOTS_PER_URN, 1), MOST_URNS)


def new_key() -> bytes:
    """A key for the urns of one vote."""
    return os.urandom(KEY_BYTES)


def written(choices: Iterable[int], options: int) -> bytes:
    """A ballot as bits, equally long whatever is chosen: bit 0 is option 1."""
    bits = sum(1 << number - 1 for number in set(choices))
    return bits.to_bytes(_length(options), "little")


def read(ballot: bytes) -> Choices:
    """The options that a ballot names, ascending."""
    bits = int.from_bytes(ballot, "little")
    return tuple(at + 1 for at in range(bits.bit_length()) if bits >> at & 1)


class UrnLock:
    """Opens and closes the urns of one vote."""

    def __init__(self, key: bytes, vote_id: UUID, options: int) -> None:
        self._cipher = AESGCM(key)
        self._vote_id = vote_id
        self._length = _length(options)

    def closed(self, number: int, ballots: Sequence[bytes]) -> bytes:
        """An urn of these ballots, in random order, bound to its vote and number."""
        mixed = list(ballots)
        secrets.SystemRandom().shuffle(mixed)
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, b"".join(mixed), self._place(number))

    def opened(self, number: int, sealed: bytes) -> list[bytes]:
        """The ballots of an urn. Raises `UrnBrokenError`."""
        nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            plain = self._cipher.decrypt(nonce, body, self._place(number))
        except InvalidTag:
            raise UrnBrokenError(f"urn {number} of vote {self._vote_id} does not open") from None
        return [plain[at : at + self._length] for at in range(0, len(plain), self._length)]

    def _place(self, number: int) -> bytes:
        return self._vote_id.bytes + number.to_bytes(2, "big")


def _length(options: int) -> int:
    return -(-options // 8)
