"""One spelling for display (`normalise`) and one for search (`fold`)."""

import unicodedata
from functools import cache
from typing import Final

import opencc

# Control, format (zero-width, byte-order mark) and unassigned characters mean nothing to a reader.
_SILENT: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})


def normalise(text: str) -> str:
    """The text with half-width letters and digits, single spaces and no invisible characters."""
    plain = unicodedata.normalize("NFKC", text)
    if not plain.isprintable():
        plain = "".join(_visible(character) for character in plain)
    return " ".join(plain.split())


def fold(text: str) -> str:
    """The text as search sees it: normalised, lower case, simplified characters."""
    lower = normalise(text).lower()
    return lower if lower.isascii() else _to_simplified().convert(lower)


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in _SILENT else character


@cache
def _to_simplified() -> opencc.OpenCC:
    """The one converter. It is read-only once built, so threads share it."""
    return opencc.OpenCC("t2s")
