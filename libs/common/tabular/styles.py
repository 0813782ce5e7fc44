"""Number formats of a workbook: which cells are dates, which show leading zeros.

Excel keeps a date as a day count and a code such as 0012 as the number 12 with the format "0000";
only the style of the cell tells. Source: ECMA-376 part 1, 18.8.30 (built-in formats), 18.17.4.1
(the 1900 and 1904 date systems; 1900 is counted as a leap year).
"""

import re
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from common.tabular.xml_parts import local

_DATE_IDS: Final = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h|m|s)[^\]]*\]', re.IGNORECASE)
_DATE_MARK = re.compile(r"[ymdhs年月日]", re.IGNORECASE)
_ZEROS = re.compile(r"0{2,}")


class Format(NamedTuple):
    """How a number is shown: as a date, or padded to a width (0: as it is)."""

    is_date: bool
    width: int


PLAIN: Final = Format(False, 0)


def format_of(identity: int, code: str | None) -> Format:
    """The meaning of a number format."""
    if identity in _DATE_IDS:
        return Format(True, 0)
    if code is None:
        return PLAIN
    bare = _LITERAL.sub("", code).split(";")[0]
    if _ZEROS.fullmatch(bare):
        return Format(False, len(bare))
    return Format(bool(_DATE_MARK.search(bare)) and bare.lower() != "general", 0)


class StyleSheet:
    """Handlers for styles.xml; afterwards `formats` holds a format per cell style."""

    def __init__(self) -> None:
        self._codes: dict[int, str] = {}
        self._ids: list[int] = []
        self._inside = False

    @property
    def formats(self) -> list[Format]:
        """The format of each cell style, by its index."""
        return [format_of(identity, self._codes.get(identity)) for identity in self._ids]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Collect the custom codes and the cell styles."""
        name = local(name)
        if name == "cellXfs":
            self._inside = True
        elif name == "numFmt":
            self._codes[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif name == "xf" and self._inside:
            self._ids.append(int(attributes.get("numFmtId", 0)))

    def end(self, name: str) -> None:
        """Leave the cell styles."""
        if local(name) == "cellXfs":
            self._inside = False

    def text(self, text: str) -> None:
        """Styles have no text."""


def shown_date(serial: float, *, from_1904: bool) -> str:
    """The date, time or both that a day count stands for, in ISO form."""
    if serial < 1 and not from_1904:
        return _moment(datetime(1900, 1, 1), serial).strftime("%H:%M")  # noqa: DTZ001  # local
    epoch = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30)  # noqa: DTZ001  # local
    if not from_1904 and serial < 60:
        epoch += timedelta(days=1)  # before the 29 February 1900 that never was
    moment = _moment(epoch, serial)
    midnight = moment.hour == moment.minute == 0
    return moment.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M")


def _moment(epoch: datetime, serial: float) -> datetime:
    return epoch + timedelta(seconds=round(serial * 86_400))
