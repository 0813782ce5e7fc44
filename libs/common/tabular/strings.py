"""The shared strings of a workbook, on disk: a city's inventory has millions of different texts.

Texts lie one after the other in an unlinked temporary file, with their ends in an array
(8 bytes each).
"""

import mmap
import re
import tempfile
from array import array

from common.tabular.cells import TOO_LONG, BadCell
from common.tabular.plain import TEXT
from common.tabular.xml_parts import local


class SharedStrings:
    """Handlers for sharedStrings.xml; afterwards a sequence of texts."""

    def __init__(self, cell_chars: int) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `close`
        self._ends = array("Q", [0])
        self._limit = cell_chars * 4
        self._parts: list[str] = []
        self._reading = False
        self._phonetic = False
        self._map: mmap.mmap | None = None

    def __len__(self) -> int:
        return len(self._ends) - 1

    def close(self) -> None:
        """Let the temporary file go."""
        if self._map is not None:
            self._map.close()
        self._file.close()

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        """A text begins, or the phonetic guide of a text, which is not part of it."""
        name = local(name)
        if name == "t":
            self._reading = not self._phonetic
        elif name == "rPh":
            self._phonetic = True

    def end(self, name: str) -> None:
        """A string is complete."""
        name = local(name)
        if name == "t":
            self._reading = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            self._keep("".join(self._parts).encode("utf-8", "surrogatepass"))
            self._parts.clear()

    def text(self, text: str) -> None:
        """Runs of a rich text are joined."""
        if self._reading:
            self._parts.append(text)

    def plain(self, run: re.Match[bytes]) -> None:
        """Texts without runs, guides and references (`plain.STRINGS`), many at once."""
        run[0].decode("utf-8")  # a ValueError when it is no text, as expat says
        for packed in TEXT.findall(run[0]):
            self._keep(packed)

    def _keep(self, packed: bytes) -> None:
        self._file.write(packed)
        self._ends.append(self._ends[-1] + len(packed))

    def seal(self) -> None:
        """Make the texts readable; there are no more to come."""
        self._file.flush()
        if self._ends[-1]:
            self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)

    def text_at(self, index: int) -> str:
        """A text by its place; the limit of its length holds."""
        if index < 0:
            raise IndexError(index)
        start, end = self._ends[index], self._ends[index + 1]
        if end - start > self._limit:
            raise BadCell(TOO_LONG)
        return str(self._map[start:end], "utf-8", "surrogatepass") if self._map else ""
