"""What is taken past expat is what expat would have told, however the bytes are cut."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from common.tabular.cells import Row
from common.tabular.faults import FileFault
from common.tabular.limits import Limits
from common.tabular.plain import ROWS, STRINGS, Pieces, Shortened
from common.tabular.sheet import SheetRows
from common.tabular.strings import SharedStrings
from common.tabular.styles import PLAIN, Format
from common.tabular.xml_parts import Handlers, XmlPart

PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n'
TEXTS = ("助餐", "a_x0041_b", "多行\n文字", "\x7f", "")
FORMATS = [PLAIN, Format(True, 0), Format(False, 4)]
PLAIN_ROW = '<row r="{0}" spans="1:3" x14ac:dyDescent="0.2"><c r="A{0}" t="s"><v>0</v></c></row>'
SOME_ROWS = (
    PLAIN_ROW,
    '\n<row r="{0}"><c r="B{0}" s="2"><v>12</v></c><c r="C{0}" s="1" t="n"><v>45292</v></c></row>',
    '<row r="{0}"><c r="A{0}"/><c r="D{0}" t="s"><v>1</v></c><c r="E{0}" t="s"><v>3</v></c></row>',
    '<row r="{0}"><c r="A{0}"><v>1e15</v></c><c r="B{0}" t="s"><v>2</v></c><c r="C{0}"></c></row>',
    '<row r="{0}"/>',
    '<row r="{0}"><c r="B{0}"><f>A1</f><v>2</v></c></row>',
    '<row r="{0}"><c><v>7</v></c><c t="inlineStr"><is><t>x &amp; y</t></is></c></row>',
    '<row r="{0}"><c r="A{0}" t="b"><v>1</v></c><c r="B{0}" t="e"><v>#N/A</v></c></row>',
    '<row r="{0}"><c r="B{0}"><v>1</v></c><c r="A{0}"><v>2</v></c></row>',
    '<row r="{0}"><c r="A{0}" t="s"><v>99</v></c></row>',
    '<row r="{0}"><c r="A{0}"><v>1-2</v></c></row>',
    '<row r="{0}"><c r="AAA{0}"><v>1</v></c></row>',
    "<!-- </row>" + PLAIN_ROW + " -->",
    "<![CDATA[" + PLAIN_ROW + "]]>",
    "<?hidden " + PLAIN_ROW + "?>",
    '<row r="1"><c r="A1"><v>1</v></c></row>',
    "</sheetData><sheetData>",
    "<row",
)
SOME_TEXTS = (
    "<si><t>助餐</t></si>",
    '<si><t xml:space="preserve"> a </t></si>',
    "<si><t></t></si><si><t>二\n行</t></si>",
    "<si><t>x &lt; y</t></si>",
    "<si><r><t>粗</t></r><r><t>体</t></r></si>",
    "<si><t>助</t><rPh><t>zhu</t></rPh></si>",
    "<si><t>\r\n</t></si>",
    "<!-- <si><t>藏</t></si> --><si/>",
    "<si><t>\x01</t></si>",
    "<si><t>]]></t></si>",
)


@dataclass
class Cut:
    """Bytes that come in blocks of one size."""

    content: io.BytesIO
    size: int

    def read(self) -> bytes:
        return self.content.read(self.size)


def sheet(rows: list[str]) -> bytes:
    told = "".join(row.format(at) for at, row in enumerate(rows, 1))
    return f'{PROLOGUE}<worksheet xmlns="x"><sheetData>{told}</sheetData></worksheet>'.encode()


def read(content: bytes, size: int, *, all_by_expat: bool) -> list[Row] | str:
    """The rows, or the kind of fault."""
    handlers = SheetRows(TEXTS.__getitem__, FORMATS, Limits(), from_1904=False)
    return _outcome(content, size, handlers, None if all_by_expat else ROWS, handlers.take)


def texts(content: bytes, size: int, *, all_by_expat: bool) -> list[str] | str:
    strings = SharedStrings(100)

    def told() -> list[str]:
        strings.seal()
        return [strings.text_at(at) for at in range(len(strings))]

    try:
        return _outcome(content, size, strings, None if all_by_expat else STRINGS, told)
    finally:
        strings.close()


def _outcome(
    content: bytes,
    size: int,
    handlers: Any,  # of rows or of strings
    pieces: Pieces | None,
    told: Callable[[], list[Any]],
) -> list[Any] | str:
    source = Cut(io.BytesIO(content), size)
    taken: Handlers = handlers
    try:
        short = Shortened(source, pieces, handlers.plain) if pieces else source
        XmlPart(short, "part", taken).run()
        return told()
    except FileFault as fault:
        return type(fault).__name__


@given(some.lists(some.sampled_from(SOME_ROWS), max_size=8), some.integers(60, 400))
def test_rows_are_the_same_with_and_without_the_short_way(rows: list[str], size: int) -> None:
    content = sheet(rows)

    assert read(content, size, all_by_expat=False) == read(content, size, all_by_expat=True)


@given(some.lists(some.sampled_from(SOME_TEXTS), max_size=8), some.integers(60, 400))
def test_texts_are_the_same_with_and_without_the_short_way(parts: list[str], size: int) -> None:
    content = f'{PROLOGUE}<sst xmlns="x" count="9">{"".join(parts)}</sst>'.encode()

    assert texts(content, size, all_by_expat=False) == texts(content, size, all_by_expat=True)


@pytest.mark.parametrize("hidden", ["<!-- {} -->", "<?pi {}?>"])
def test_what_is_hidden_before_the_table_stays_hidden(hidden: str) -> None:
    decoy = hidden.format("<sheetData>" + PLAIN_ROW.format(1))
    content = sheet([PLAIN_ROW]).replace(b"<sheetData>", decoy.encode() + b"<sheetData>")

    assert read(content, 400, all_by_expat=False) == read(content, 400, all_by_expat=True)


def test_text_that_is_no_utf_8_is_refused() -> None:
    content = f"{PROLOGUE}<sst><si><t>a\xff</t></si></sst>".encode("latin-1")

    assert texts(content, 400, all_by_expat=False) == "BrokenWorkbook"


def test_most_rows_of_a_plain_table_never_meet_expat() -> None:
    seen: list[bytes] = []
    source = Cut(io.BytesIO(sheet([PLAIN_ROW] * 500)), 4096)
    taken: list[bytes] = []
    short = Shortened(source, ROWS, lambda row: taken.append(row[1]))
    while block := short.read():
        seen.append(block)

    assert len(taken) == 500
    assert b"".join(seen) == sheet([])
