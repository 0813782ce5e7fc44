"""Many texts side by side in one buffer: they are chosen and joined as columns of numbers are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from matching.shelf.compiled import IS_READY, compiled

Array = NDArray[Any]

_AT_ONCE: Final = 10_000  # texts that are moved before other threads have their turn
_COMMA: Final = ord(",")


@dataclass(frozen=True, slots=True)
class Texts:
    """Bytes, and where each text begins and ends among them. What is chosen shares the bytes."""

    buffer: Array
    starts: Array
    ends: Array

    @classmethod
    def of(cls, texts: Sequence[bytes]) -> "Texts":
        """Some texts."""
        bounds = np.fromiter(accumulate(map(len, texts), initial=0), np.int64, len(texts) + 1)
        return cls(np.frombuffer(b"".join(texts), np.uint8), bounds[:-1], bounds[1:])

    @classmethod
    def of_numbers(cls, numbers: Array) -> "Texts":
        """Numbers as they stand in JSON."""
        told = orjson.dumps(numbers, option=orjson.OPT_SERIALIZE_NUMPY)
        buffer = np.frombuffer(told, np.uint8)
        bounds = np.empty(len(numbers) + 1, np.int64)
        bounds[0], bounds[-1] = 0, len(told) - 1
        bounds[1:-1] = np.flatnonzero(buffer == _COMMA)
        return cls(buffer, bounds[:-1] + 1, bounds[1:])

    @classmethod
    def joined(cls, parts: Sequence["Texts"]) -> "Texts":
        """The texts of several, one after another."""
        sizes = accumulate((len(part.buffer) for part in parts), initial=0)
        moves = list(zip(parts, sizes, strict=False))
        return cls(
            np.concatenate([part.buffer for part in parts]),
            np.concatenate([part.starts + moved for part, moved in moves]),
            np.concatenate([part.ends + moved for part, moved in moves]),
        )

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, places: Array | slice) -> "Texts":
        """Some of them, in an order."""
        return Texts(self.buffer, self.starts[places], self.ends[places])

    def __iter__(self) -> Iterator[bytes]:
        """Each as bytes."""
        view = self.buffer.data
        spans = zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        return (bytes(view[start:end]) for start, end in spans)

    def at(self, place: int) -> bytes:
        """One of them."""
        return bytes(self.buffer.data[self.starts[place] : self.ends[place]])

    @property
    def columns(self) -> tuple[Array, Array, Array]:
        """Its bytes, beginnings and ends, as machine code takes them."""
        return self.buffer, self.starts, self.ends

    @property
    def nbytes(self) -> int:
        """How many bytes they take, with what says where they are."""
        return self.buffer.nbytes + self.starts.nbytes + self.ends.nbytes

    def packed(self) -> "Texts":
        """The same in their order, and nothing between them."""
        bounds = np.append(0, np.cumsum(self.ends - self.starts))
        buffer = np.empty(bounds[-1], np.uint8)
        if IS_READY.is_set():
            self.move(buffer, bounds)
        else:
            self._join(buffer, bounds)
        return Texts(buffer, bounds[:-1], bounds[1:])

    def move(self, buffer: Array, bounds: Array) -> None:
        """Put them between some bounds, in machine code, which leaves the interpreter to others."""
        source = self.buffer if self.buffer.flags.writeable else self.buffer.copy()
        _move(source, self.starts, buffer, bounds)

    def _join(self, buffer: Array, bounds: Array) -> None:
        for first in range(0, len(self), _AT_ONCE):
            some = self[slice(first, first + _AT_ONCE)]
            last = first + len(some)
            buffer[bounds[first] : bounds[last]] = np.frombuffer(b"".join(some), np.uint8)


@compiled
def _move(source: Any, starts: Any, target: Any, bounds: Any) -> None:
    for number in range(len(starts)):
        start, first = np.uint64(starts[number]), np.uint64(bounds[number])
        for place in range(np.uint64(bounds[number + 1] - bounds[number])):
            target[first + place] = source[start + place]
