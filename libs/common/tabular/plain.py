"""Pieces of a part that all producers write alike, read without an event for each element.

A table is mostly rows of numbers and shared strings, and expat calls five functions for each of its
cells. Such a row is taken from the bytes by one pattern; expat, which judges all the rest, goes on
as if it had not been there. That is sound as long as no comment, instruction or marked section can
hide a piece: at the first of them, expat reads the part to its end.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from common.tabular.xml_parts import Source

_LONGEST: Final = 1 << 20  # without the end of a piece: expat tells what it is
_MARKS: Final = (b"<!", b"<?")
_HEAD: Final = rb"(?:\xef\xbb\xbf)?(?:<\?xml [^<>?]*\?>)?(?:[^<]|<(?![!?]))*?"


@dataclass(frozen=True, slots=True)
class Pieces:
    """What to look for: the tag that they stand in, the pattern of one or more, how each ends."""

    inside: str
    pattern: re.Pattern[bytes]
    end: bytes

    def head(self) -> re.Pattern[bytes]:
        """A part up to where its pieces begin, with nothing in it that hides what is written."""
        return re.compile(_HEAD + rb"<" + self.inside.encode() + rb"(?: [^<>]*)?(?<!/)>")


ROWS: Final = Pieces(
    "sheetData",
    re.compile(
        rb'\s*+<row r="(\d{1,7}+)"(?: [A-Za-z][\w:]{1,24}+="[^"<&]*+")*+>'
        rb'((?:<c r="[A-Z]{1,3}+\d{1,7}+"(?: s="\d{1,6}+")?+(?: t="[ns]")?+'
        rb"(?:/>|>(?:<v>[-+.\dEe]{1,32}+</v>)?+</c>))*+)</row>"
    ),
    b"</row>",
)
CELL: Final = re.compile(r'<c r="([A-Z]++)\d++"([^>]*+)>(?:<v>([^<]++)</v>)?+')
STYLE: Final = re.compile(r's="(\d+)"')
STRINGS: Final = Pieces(
    "sst",
    re.compile(
        rb'(?:<si><t(?: xml:space="preserve")?+>[^<>&\x00-\x08\x0b-\x1f]*+</t></si>)++',
    ),
    b"</si>",
)
TEXT: Final = re.compile(rb"<t[^>]*>([^<]*)</t>")


class Shortened:
    """A part as expat shall see it: without the plain pieces, which go to `take` in their turn."""

    def __init__(
        self, source: Source, pieces: Pieces, take: Callable[[re.Match[bytes]], None]
    ) -> None:
        self._source = source
        self._pieces = pieces
        self._take = take
        self._rest, self._at = b"", 0
        self._begun = self._over = False

    def read(self) -> bytes:
        """What comes next for expat; empty at the end."""
        if not self._begun:
            return self._begin()
        if self._over:
            return self._left() or self._source.read()
        while (end := self._upto()) < 0 and len(self._rest) - self._at < _LONGEST:
            block = self._source.read()
            if not block:
                break
            self._rest = self._left() + block
        self._over = end < 0
        return self._left() if end < 0 else self._passed(end)

    def _begin(self) -> bytes:
        self._rest = self._source.read()
        head = self._pieces.head().match(self._rest)
        self._begun, self._over = True, head is None
        self._at = len(self._rest) if head is None else head.end()
        return self._rest[: self._at]

    def _upto(self) -> int:
        """Take the plain pieces that come now; the end of the next other one, -1 for none."""
        match, taken = self._pieces.pattern.match, self._at
        while found := match(self._rest, taken):
            self._take(found)
            taken = found.end()
        self._at = taken
        end = self._rest.find(self._pieces.end, taken)
        return end if end < 0 else end + len(self._pieces.end)

    def _passed(self, end: int) -> bytes:
        passed, self._at = self._rest[self._at : end], end
        self._over = any(mark in passed for mark in _MARKS)
        return passed

    def _left(self) -> bytes:
        left, self._rest, self._at = self._rest[self._at :], b"", 0
        return left
