"""A list of words as one text, as bulk writes send it. Pure."""

from collections.abc import Iterable
from typing import Final

SEPARATOR: Final = "\x1f"  # never typed by anyone; a cell that holds it is refused


def joined(words: Iterable[str]) -> str:
    """The words as one text; texts that were joined may be joined again."""
    return SEPARATOR.join(words)
