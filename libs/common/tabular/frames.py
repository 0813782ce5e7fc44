"""Messages between a service and the process that parses for it: a length, then JSON."""

import struct
from collections.abc import Iterator
from typing import IO, Any, Final

import orjson

OUT_OF_MEMORY: Final = 3  # exit codes by which a process says so
UNREADABLE: Final = 4
_LENGTH: Final = struct.Struct(">I")
_LONGEST: Final = 256 * 1024 * 1024


def packed(message: Any) -> bytes:  # whatever JSON can say
    """A message as bytes."""
    body = orjson.dumps(message)
    return _LENGTH.pack(len(body)) + body


def frames(stream: IO[bytes]) -> Iterator[Any]:
    """The messages of a blocking stream until it closes."""
    while len(head := stream.read(_LENGTH.size)) == _LENGTH.size:
        (length,) = _LENGTH.unpack(head)
        body = stream.read(min(length, _LONGEST))
        if len(body) < length:
            return  # the other side died in the middle of it
        yield orjson.loads(body)
