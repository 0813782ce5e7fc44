"""Exact look-up of encrypted values: HMAC-SM3 under a key of its own, cut to 16 bytes.

Each column has its label, so equal values in two columns have unequal indexes.
"""

import unicodedata
from functools import lru_cache
from typing import Final

from common.crypto.digest import hmac_sm3
from common.crypto.keyring import Key, KeyRing, KeyUse

INDEX_BYTES: Final = 16
_DASHES: Final = "-\u2010\u2011\u2012\u2013\u2014"


class BlindIndex:
    """Computes blind indexes with the index keys of a ring."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def of(self, label: str, value: str) -> bytes:
        """The index to store. `label` names table and column, or a slice such as `phone.last4`."""
        return _index(self._ring.active[KeyUse.INDEX], label, value)

    def candidates(self, label: str, value: str) -> list[bytes]:
        """The indexes to look for: under the active key first, then under the older ones."""
        active = self._ring.active[KeyUse.INDEX]
        older = [k for k in self._ring.all[KeyUse.INDEX].values() if k.id != active.id]
        return [_index(key, label, value) for key in (active, *older)]


def normalise(value: str) -> str:
    """What counts as the same value: full width is half width, no spaces or dashes, upper case."""
    folded = unicodedata.normalize("NFKC", value).upper()
    return "".join(sign for sign in folded if not sign.isspace() and sign not in _DASHES)


def _index(key: Key, label: str, value: str) -> bytes:
    return hmac_sm3(_column_key(key.material, label), normalise(value).encode())[:INDEX_BYTES]


@lru_cache
def _column_key(material: bytes, label: str) -> bytes:
    return hmac_sm3(material, b"index|" + label.encode())
