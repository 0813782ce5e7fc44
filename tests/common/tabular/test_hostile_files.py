"""Files that staff and strangers send: each is read for what it is, or refused by name."""

import io
import struct
import zipfile
from datetime import date
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from common.tabular import faults
from common.tabular.limits import MIB, Limits
from common.tabular.reading import reading

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CONTENT_TYPES = "[Content_Types].xml"


def workbook(rows: list[list[Any]]) -> io.BytesIO:
    """A workbook with one sheet."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return file


def rewritten(file: io.BytesIO, name: str, content: bytes) -> io.BytesIO:
    """The same archive with one entry replaced or added."""
    made = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, content)
    return made


def streamed(file: io.BytesIO, *, aside: int = 0) -> io.BytesIO:
    """The same archive with the ZIP64 end record of a writer that streams."""
    whole = file.getvalue()
    at = len(whole) - 22
    entries, size, offset = struct.unpack_from("<HLL", whole, at + 10)
    end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, size, offset)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, at + aside, 1)
    short = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 46, 0, 0)
    return io.BytesIO(whole[:at] + end + locator + short)


def crowded(entries: int) -> io.BytesIO:
    """A workbook with that many entries more than it needs."""
    file = workbook([["a"]])
    with zipfile.ZipFile(file, "a") as archive:
        for number in range(entries):
            archive.writestr(f"xl/{number}", b"")
    return file


def cells_of(file: io.BytesIO, limits: Limits | None = None) -> list[list[str]]:
    with reading(file, limits) as table:
        return [list(row.cells) for row in table.rows]


def refusal(file: io.BytesIO, limits: Limits | None = None) -> type[Exception]:
    with pytest.raises(faults.FileFault) as caught:
        cells_of(file, limits)
    return caught.type


def test_an_old_excel_file_under_a_new_name_is_named() -> None:
    assert refusal(io.BytesIO(OLE + b"\0" * 4096)) is faults.OldExcel


def test_an_encrypted_workbook_is_named() -> None:
    stream = OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600

    assert refusal(io.BytesIO(stream)) is faults.EncryptedFile


@pytest.mark.parametrize("head", [b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"<html><table>"])
def test_what_is_no_table_is_named(head: bytes) -> None:
    assert refusal(io.BytesIO(head + b" " * 100)) is faults.NotTable


def test_an_empty_file_is_named() -> None:
    assert refusal(io.BytesIO()) is faults.EmptyFile


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "hello")

    assert issubclass(refusal(file), faults.FileFault)


def test_a_file_over_the_limit_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(faults.FileTooLarge):
        cells_of(io.BytesIO(b"x" * (2 * MIB)), Limits(file_bytes=MIB))


def test_a_zip_bomb_is_refused_before_it_grows() -> None:
    bomb = rewritten(workbook([["a"]]), "xl/worksheets/sheet1.xml", b" " * (64 * MIB))

    assert refusal(bomb) is faults.ZipBomb


def test_a_bomb_that_lies_about_its_size_is_refused_while_it_grows() -> None:
    bomb = rewritten(workbook([["a"]]), "xl/worksheets/sheet1.xml", b" " * (64 * MIB))
    honest = (64 * MIB).to_bytes(4, "little")
    lying = io.BytesIO(bomb.getvalue().replace(honest, (1000).to_bytes(4, "little")))

    assert issubclass(refusal(lying), faults.FileFault)


def test_a_directory_too_large_to_parse_is_refused_by_either_end_record() -> None:
    """Python believes the ZIP64 one, whatever the other says."""
    small = Limits(directory_bytes=2_000)

    assert cells_of(crowded(0), small) == cells_of(streamed(crowded(0)), small) == [["a"]]
    for file in (crowded(50), streamed(crowded(50))):
        with pytest.raises(faults.ZipBomb, match="directory"):
            cells_of(file, small)


def test_a_zip64_record_is_looked_for_at_one_place_only() -> None:
    assert refusal(streamed(workbook([["a"]]), aside=-1)) is faults.BrokenWorkbook


def test_entries_are_counted_and_not_believed() -> None:
    limits = Limits(entries=40)
    whole = crowded(50).getvalue()
    lying = io.BytesIO(whole[:-14] + struct.pack("<2H", 1, 1) + whole[-10:])

    with pytest.raises(faults.ZipBomb, match="entries"):
        cells_of(lying, limits)


def test_entities_are_never_expanded() -> None:
    evil = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData>'
        b"</worksheet>"
    )

    assert refusal(rewritten(workbook([["a"]]), "xl/worksheets/sheet1.xml", evil)) is (
        faults.UnsafeXml
    )


def test_a_path_out_of_the_archive_is_refused() -> None:
    assert refusal(rewritten(workbook([["a"]]), "../../etc/passwd", b"x")) is faults.UnsafePath


def test_a_truncated_workbook_is_refused() -> None:
    whole = workbook([["编码", "名称"]] * 100).getvalue()

    assert issubclass(refusal(io.BytesIO(whole[: len(whole) // 2])), faults.FileFault)


def test_too_many_columns_and_rows_are_named() -> None:
    assert refusal(workbook([["x"] * 101])) is faults.TooManyColumns
    assert refusal(workbook([["x"]] * 60), Limits(rows=20)) is faults.TooManyRows


def test_values_are_read_as_a_person_sees_them() -> None:
    file = workbook([["编码", "数", "日"], ["007", 12.5, date(2026, 3, 2)], ["繁體", 3, "ＡＢ１"]])

    assert cells_of(file)[1] == ["007", "12.5", "2026-03-02"]
    assert cells_of(file)[2][:2] == ["繁體", "3"]


def test_text_is_read_as_another_library_reads_it() -> None:
    rows = [[f"第{row}行 {column}" for column in range(12)] for row in range(200)]
    file = workbook(rows)
    book = openpyxl.load_workbook(io.BytesIO(file.getvalue()), read_only=True)
    theirs = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    book.close()

    assert cells_of(file) == theirs == rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_of_either_encoding_is_read(encoding: str) -> None:
    file = io.BytesIO("编码,名称\r\nA1,外滩街道\r\n".encode(encoding))

    assert cells_of(file) == [["编码", "名称"], ["A1", "外滩街道"]]


def test_a_formula_is_marked_and_not_taken_for_its_value() -> None:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["编码", "价格"])
    sheet.write(1, 0, "A1")
    sheet.write_formula(1, 1, "=1+1", value=2)
    book.close()

    with reading(file) as table:
        row = list(table.rows)[1]

    assert row.flaws
