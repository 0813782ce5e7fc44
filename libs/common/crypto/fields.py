"""Field encryption: one cell at a time, bound to its place, under the active key of the ring.

Text envelope `v1|algorithm|key id|iv|ciphertext and tag`, the last two in Base64 (URL-safe). The
head and the cell's context are authenticated: a value moved to another row or column does not open.
"""

import base64
import binascii
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from common.crypto.keyring import Key, KeyRing, KeyUse

VERSION: Final = "v1"
# Random 96-bit nonces are safe for 2^32 messages under a key (NIST SP 800-38D, 8.3).
IV_BYTES: Final = 12
TAG_BYTES: Final = 16


class Algorithm(StrEnum):
    """Authenticated ciphers that a field may use."""

    SM4_GCM = "sm4-gcm"
    AES_256_GCM = "aes-256-gcm"


_CIPHERS: Final[dict[Algorithm, tuple[int, Callable[[bytes], AES | SM4]]]] = {
    Algorithm.SM4_GCM: (16, SM4),
    Algorithm.AES_256_GCM: (32, AES),
}


class CannotOpenError(ValueError):
    """The ciphertext was altered, moved, or its key is gone. A bug or an attack, never input."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """An envelope taken apart."""

    algorithm: Algorithm
    key_id: str
    iv: bytes
    sealed: bytes

    @property
    def head(self) -> str:
        """What stands in front, in clear and authenticated."""
        return _head(self.algorithm, self.key_id)


@lru_cache(maxsize=64)
def _head(algorithm: Algorithm, key_id: str) -> str:
    return f"{VERSION}|{algorithm}|{key_id}"


class FieldCipher:
    """Encrypts and opens fields with the data keys of a ring."""

    def __init__(self, ring: KeyRing, algorithm: Algorithm = Algorithm.SM4_GCM) -> None:
        self._ring = ring
        self._algorithm = algorithm

    def seal(self, plain: str, *, context: str) -> str:
        """Encrypt a text. `context` is its place, see `place`."""
        parts = self._sealed(plain.encode(), context)
        return f"{parts.head}|{_text(parts.iv)}|{_text(parts.sealed)}"

    def open(self, envelope: str, *, context: str) -> str:
        """Decrypt what `seal` made for the same context. Raises `CannotOpenError`."""
        return self._opened(_taken_apart(envelope), context).decode()

    def seal_bytes(self, plain: bytes, *, context: str) -> bytes:
        """As `seal`, in a binary envelope: the head, a bar, then iv, ciphertext and tag as is."""
        parts = self._sealed(plain, context)
        return parts.head.encode() + b"|" + parts.iv + parts.sealed

    def open_bytes(self, envelope: bytes, *, context: str) -> bytes:
        """Decrypt what `seal_bytes` made for the same context. Raises `CannotOpenError`."""
        *head, rest = envelope.split(b"|", 3)
        names = [part.decode("ascii", "replace") for part in head]
        return self._opened(_parts(names, rest[:IV_BYTES], rest[IV_BYTES:]), context)

    def _sealed(self, plain: bytes, context: str) -> _Parts:
        key = self._ring.active[KeyUse.DATA]
        iv = os.urandom(IV_BYTES)
        encryptor = _cipher(self._algorithm, key, GCM(iv)).encryptor()
        head = _head(self._algorithm, key.id)
        encryptor.authenticate_additional_data(f"{head}|{context}".encode())
        body = encryptor.update(plain) + encryptor.finalize()
        return _Parts(self._algorithm, key.id, iv, body + encryptor.tag)

    def _opened(self, parts: _Parts, context: str) -> bytes:
        key = self._ring.all[KeyUse.DATA].get(parts.key_id)
        if key is None:
            raise CannotOpenError(f"the data key {parts.key_id} is not in the ring")
        body, tag = parts.sealed[:-TAG_BYTES], parts.sealed[-TAG_BYTES:]
        decryptor = _cipher(parts.algorithm, key, GCM(parts.iv, tag)).decryptor()
        decryptor.authenticate_additional_data(f"{parts.head}|{context}".encode())
        try:
            return decryptor.update(body) + decryptor.finalize()
        except InvalidTag:
            raise CannotOpenError("the ciphertext is not what was sealed here") from None


def place(table: str, column: str, row_id: object) -> str:
    """The context of a cell."""
    return f"{table}.{column}|{row_id}"


@lru_cache(maxsize=64)
def _keyed(material: bytes, algorithm: Algorithm) -> AES | SM4:
    """A cipher with its key, derived from the ring's key, so that two ciphers never share one."""
    length, keyed = _CIPHERS[algorithm]
    derive = HKDF(hashes.SM3(), length=length, salt=None, info=f"field|{algorithm}".encode())
    return keyed(derive.derive(material))


def _cipher(algorithm: Algorithm, key: Key, mode: GCM) -> Cipher[GCM]:
    return Cipher(_keyed(key.material, algorithm), mode)


def _taken_apart(envelope: str) -> _Parts:
    try:
        *head, iv, sealed = envelope.split("|")
        return _parts(head, _bytes(iv), _bytes(sealed))
    except (ValueError, binascii.Error):
        raise CannotOpenError("this is not a sealed field") from None


def _parts(head: list[str], iv: bytes, sealed: bytes) -> _Parts:
    fits = len(head) == 3 and head[0] == VERSION and head[1] in set(Algorithm)
    if not fits or len(iv) != IV_BYTES or len(sealed) < TAG_BYTES:
        raise CannotOpenError("this is not a sealed field")
    return _Parts(Algorithm(head[1]), head[2], iv, sealed)


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode()


def _bytes(value: str) -> bytes:
    content = base64.b64decode(value, altchars=b"-_", validate=True)
    if _text(content) != value:
        raise ValueError("one value has one envelope: unused bits are zero")
    return content
