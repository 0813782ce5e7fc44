"""Which row numbers have which tokens. Rows are only added; what is gone is masked by the shelf."""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from pyroaring import BitMap

from common.text import Ask, Every, Token

_NOTHING: Final = BitMap()
_REMEMBERED: Final = 512  # beginnings that are kept joined
_WORTH_KEEPING: Final = 64  # tokens with one beginning, above which joining them costs time


class Postings:
    """Tokens and the rows that have them."""

    def __init__(self) -> None:
        self._rows: dict[str, BitMap | int] = {}
        self._ordered: list[str] = []
        self._is_ordered = True
        self._joined: dict[str, BitMap] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, tokens: Iterable[str], row: int) -> None:
        """Note a row under each of its tokens."""
        known = self._rows
        for token in tokens:
            stands = known.get(token)
            if stands is None:
                known[token] = row  # most tokens stand in one row only: a number is smaller
                self._ordered.append(token)
                self._is_ordered = False
            elif isinstance(stands, int):
                known[token] = BitMap((stands, row))
            else:
                stands.add(row)
        if self._joined:
            self._joined.clear()

    def add_many(self, tokens: Iterable[str], rows: BitMap) -> None:
        """Note rows that share a text under each of its tokens."""
        if len(rows) == 1:
            self.add(tokens, rows[0])
            return
        known = self._rows
        for token in tokens:
            stands = known.get(token)
            if stands is None:
                known[token] = rows.copy()
                self._ordered.append(token)
                self._is_ordered = False
            elif isinstance(stands, int):
                known[token] = rows | BitMap((stands,))
            else:
                stands |= rows
        if self._joined:
            self._joined.clear()

    def find(self, ask: Ask) -> BitMap:
        """The rows that have what is asked; of an empty question none. Not to be changed."""
        if isinstance(ask, Token):
            return self._beginning(ask.text) if ask.is_prefix else self._exactly(ask.text)
        if not ask.parts:
            return _NOTHING
        found = [self.find(part) for part in ask.parts]
        if len(found) == 1:
            return found[0]
        if not isinstance(ask, Every):
            return BitMap.union(*found)
        found.sort(key=len)
        return BitMap.intersection(*found) if found[0] else _NOTHING

    def _exactly(self, token: str) -> BitMap:
        stands = self._rows.get(token)
        if stands is None:
            return _NOTHING
        return BitMap((stands,)) if isinstance(stands, int) else stands

    def _beginning(self, prefix: str) -> BitMap:
        """All rows with a token that begins so."""
        if prefix in self._joined:
            return self._joined[prefix]
        if not self._is_ordered:
            self._ordered.sort()
            self._is_ordered = True
        first = bisect_left(self._ordered, prefix)
        last = bisect_left(self._ordered, prefix + "\U0010ffff", lo=first)
        if first == last:
            return _NOTHING
        found = _united([self._rows[token] for token in self._ordered[first:last]])
        if last - first >= _WORTH_KEEPING:
            if len(self._joined) >= _REMEMBERED:
                self._joined.clear()
            self._joined[prefix] = found
        return found


def _united(stands: list[BitMap | int]) -> BitMap:
    if len(stands) == 1 and isinstance(stands[0], BitMap):
        return stands[0]
    single = BitMap([each for each in stands if isinstance(each, int)])
    return BitMap.union(single, *(each for each in stands if isinstance(each, BitMap)))
