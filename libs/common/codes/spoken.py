"""Numbers that people tell each other: kind, day, nine signs and a check sign.

`XQ260302-7F3K9-QM2A4`: spoken over the telephone, so the alphabet has no I, O, S, V, Z, and one
wrong sign or two swapped ones are noticed. They tell nothing but the day.
"""

from datetime import date
from typing import Final
from uuid import UUID

from common.codes.credit import ALPHABET

BASE: Final = len(ALPHABET)  # 31, a prime: weights below it catch every single slip
SIGNS: Final = 9
_RANK: Final = {sign: rank for rank, sign in enumerate(ALPHABET)}


def spoken(kind: str, day: date, record_id: UUID) -> str:
    """The number of a record; the random bits of its id make it unlike any other."""
    left, signs = record_id.int & ((1 << 62) - 1), ""
    for _ in range(SIGNS):
        left, rank = divmod(left, BASE)
        signs += ALPHABET[rank]
    whole = signs + check_sign(signs)
    return f"{kind}{day:%y%m%d}-{whole[:5]}-{whole[5:]}"


def check_sign(signs: str) -> str:
    """The last sign: weights 1 to 9, modulo 31."""
    return ALPHABET[sum(place * _RANK[sign] for place, sign in enumerate(signs, 1)) % BASE]


def is_spoken(told: str) -> bool:
    """Whether a number can be one of ours: the check sign fits."""
    body = told.upper().replace("-", "")[8:]
    known = len(body) == SIGNS + 1 and all(sign in _RANK for sign in body)
    return known and check_sign(body[:-1]) == body[-1]
