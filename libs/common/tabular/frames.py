"""Messages between a service and the process that parses for it: a length, then JSON."""

import struct
from asyncio import IncompleteReadError, StreamReader
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import orjson

_LENGTH: Final = struct.Struct(">I")
_LONGEST: Final = 256 * 1024 * 1024


def packed(message: Any) -> bytes:  # whatever JSON can say
    """A message as bytes."""
    body = orjson.dumps(message)
    return _LENGTH.pack(len(body)) + body


async def next_frame(stream: StreamReader) -> Any | None:
    """The next message; None when the other side has closed, even in the middle of one."""
    try:
        (length,) = _LENGTH.unpack(await stream.readexactly(_LENGTH.size))
        return orjson.loads(await stream.readexactly(min(length, _LONGEST)))
    except IncompleteReadError:
        return None


def frames(stream: BinaryIO) -> Iterator[Any]:
    """The messages of a blocking stream until it closes."""
    while len(head := stream.read(_LENGTH.size)) == _LENGTH.size:
        (length,) = _LENGTH.unpack(head)
        yield orjson.loads(stream.read(min(length, _LONGEST)))
