"""Rows of the hand-over: five technical columns, then the record. JSON, NDJSON and CSV.

Source: the published tables of the national hand-over (`up_pro_accept`): `row_guid varchar(50)`,
`cd_operation varchar(2)` I/U/D, `cd_time datetime`, `cd_batch varchar(32)`,
`data_source varchar(3)`.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Row

from common.contracts.vocabulary import Service
from common.tabular.writing import CsvTable

COLUMNS: Final = ("row_guid", "cd_operation", "cd_time", "cd_batch", "data_source")
# Where a row comes from, in three letters; the portal's own register may give others.
SOURCES: Final[Mapping[str, str]] = {
    Service.REGISTRY: "REG",
    Service.MATCHING: "MAT",
    Service.PROCUREMENT: "PRO",
    Service.FEEDBACK: "FBK",
}
_CITY: Final = ZoneInfo("Asia/Shanghai")


def batch_name(epoch: str, last_number: int) -> str:
    """32 characters, rising within an epoch: the same batch has the same name when asked again."""
    return f"{epoch}{last_number:016d}"


def technical(row: Row[Any], base: int, batch: str, source: str) -> tuple[str, ...]:
    """The five columns of a row, for a reader that holds everything up to `base`."""
    is_new = (row.first_number or 0) > base
    operation = "D" if row.state == "deleted" else "I" if is_new else "U"
    moment = row.modified_at.astimezone(_CITY).strftime("%Y-%m-%d %H:%M:%S")
    return (str(row.record_id), operation, moment, batch, source)


def json_row(kind: str, row: Row[Any], columns: Sequence[str]) -> bytes:
    """A row as JSON: the columns, and the record in `data` as the feed rendered it."""
    head = orjson.dumps(dict(zip(COLUMNS, columns, strict=True)))[:-1]
    return b'%b,"data":%b}' % (head, record_of(kind, row) or b"null")


def record_of(kind: str, row: Row[Any]) -> bytes | None:
    """The JSON of `data` cut out of the RPDE item, whose start is known; None when deleted."""
    if row.state == "deleted":
        return None
    start = (
        f'{{"state":"updated","kind":"{kind}","id":"{row.record_id}",'
        f'"modified":{row.change_number},"data":'
    )
    return bytes(row.body)[len(start.encode()) : -1]


def csv_of(
    kind: str, rows: Sequence[tuple[Row[Any], Sequence[str]]], items: Sequence[str]
) -> bytes:
    """A table: the five columns, then each item of the record; lists and objects as JSON text."""
    file = io.BytesIO()
    table = CsvTable(file, [*COLUMNS, *items])
    for row, columns in rows:
        record = orjson.loads(record_of(kind, row) or b"{}")
        table.write([*columns, *_cells(record, items)])
    table.close()
    return file.getvalue()


def _cells(record: Mapping[str, Any], items: Sequence[str]) -> Iterator[str]:
    for item in items:
        value = record.get(item)
        if value is None:
            yield ""
        else:
            yield value if isinstance(value, str) else orjson.dumps(value).decode()
