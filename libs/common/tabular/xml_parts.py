"""Streaming XML without document types: the one way in which this package parses XML.

expat is in the standard library, streams, and tells of every document type before it acts on it.
"""

from typing import Protocol
from xml.parsers import expat

from common.tabular.faults import BrokenWorkbook, UnsafeXml

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Handlers(Protocol):
    """What a part wants to hear of."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins; the name carries the producer's prefix, mostly none."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """Text inside the current element."""


class Source(Protocol):
    """Where the bytes of a part come from."""

    def read(self) -> bytes:
        """The next bytes; empty at the end."""


class XmlPart:
    """One XML entry, parsed block by block."""

    def __init__(self, source: Source, name: str, handlers: Handlers) -> None:
        self._source = source
        self._name = name
        self._fresh = True
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = handlers.start
        parser.EndElementHandler = handlers.end
        parser.CharacterDataHandler = handlers.text
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        parser.XmlDeclHandler = self._declared
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self._parser = parser

    def step(self) -> bool:
        """Parse one more block; False at the end."""
        try:
            block = self._source.read()
            if self._fresh and block.startswith(_UTF16_MARKS):
                raise ValueError("UTF-16")  # no producer writes it; scanners miss it
            self._fresh = False
            self._parser.Parse(block, not block)
        except (expat.ExpatError, ValueError, IndexError, KeyError) as error:
            raise BrokenWorkbook(reason=self._name) from error
        return bool(block)

    def run(self) -> None:
        """Parse to the end."""
        while self.step():
            pass

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding and encoding.upper() not in {"UTF-8", "US-ASCII"}:
            raise BrokenWorkbook(reason=self._name)


def _refuse(*_: object) -> None:
    raise UnsafeXml


def local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2]
