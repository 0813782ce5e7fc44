"""A resident's names: keyed pseudonyms of (issuer, subject), another one for each purpose.

Who holds the database without the key can neither find a person nor join two purposes.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import cache

from common.crypto.digest import hmac_sm3


class Purpose(StrEnum):
    """What residents are written down for. Purposes cannot be joined without the key."""

    CASES = "cases"
    RATINGS = "ratings"
    COMPLAINTS = "complaints"
    PROPOSALS = "proposals"
    VOTES = "votes"
    BOOKINGS = "bookings"
    RESIDENCE = "residence"
    AUDIT = "audit"


class Pseudonyms:
    """Makes pseudonyms under one key."""

    def __init__(self, key: bytes) -> None:
        self._of_purpose = cache(lambda purpose: hmac_sm3(key, b"pseudonym|" + purpose.encode()))

    def of(self, issuer: str, subject: str, purpose: str) -> str:
        """32 hexadecimal digits, the same whenever the same person comes for the same purpose."""
        # The length in front keeps ("a", "bc") and ("ab", "c") apart.
        person = f"{len(issuer.encode())}|{issuer}|{subject}".encode()
        return hmac_sm3(self._of_purpose(purpose), person)[:16].hex()

    def veil(self, issuer: str, subject: str) -> Callable[[str], str]:
        """The pseudonyms of one person, by purpose; each is made once."""
        return cache(lambda purpose: self.of(issuer, subject, purpose))
