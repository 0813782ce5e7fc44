"""Rows of the hand-over: five technical columns and two of ours, then the record.

The two of ours are what reconciliation compares: the area that the record lies in, and the SM3 of
the record's JSON, byte for byte as it stands in `data`. JSON, NDJSON and CSV.

Source: the published tables of the national hand-over (`up_pro_accept`): `row_guid varchar(50)`,
`cd_operation varchar(2)` I/U/D, `cd_time datetime`, `cd_batch varchar(32)`,
`data_source varchar(3)`.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Row

from common.contracts.feeds import STATES, Kind
from common.contracts.handover import written
from common.contracts.vocabulary import Service
from common.crypto.digest import sm3
from common.feed.items import data_of
from common.tabular.writing import CsvTable

COLUMNS: Final = (
    *("row_guid", "cd_operation", "cd_time", "cd_batch", "data_source"),
    *("cd_area", "cd_sm3"),
)
# Where a row comes from, in three letters; the portal's own register may give others.
_SOURCES: Final[Mapping[str, str]] = {
    Service.REGISTRY: "REG",
    Service.MATCHING: "MAT",
    Service.PROCUREMENT: "PRO",
    Service.FEEDBACK: "FBK",
}
_KINDS: Final = {str(kind): kind for kind in Kind}


def source_of(service: str) -> str:
    """The code of the source in `data_source`."""
    return _SOURCES.get(service, "LNL")


def title_of(kind: str) -> str:
    """The Chinese name of a resource."""
    return _KINDS[kind].text.zh if kind in _KINDS else kind


def items_of(kind: str) -> list[str]:
    """The columns of a record in a table: the items of its model."""
    model = STATES.get(_KINDS[kind]) if kind in _KINDS else None
    return list(model.model_fields) if model else []


def is_by_area(kind: str) -> bool:
    """Whether the records of a resource name the area that they lie in."""
    return "area_code" in items_of(kind)


def technical(
    kind: str, row: Row[Any], base: int, batch: str, source: str
) -> tuple[str | None, ...]:
    """The columns of a row, for a reader that holds everything up to `base`."""
    is_new = (row.first_number or 0) > base
    operation = "D" if row.state == "deleted" else "I" if is_new else "U"
    moment = written(row.modified_at)
    own = (None, None) if operation == "D" else (row.area_code, sum_of(kind, row).hex())
    return (str(row.record_id), operation, moment, batch, source, *own)


def sum_of(kind: str, row: Row[Any]) -> bytes:
    """The SM3 of a record that stands: the kept one, when it is of this state."""
    if row.summed_number == row.change_number:
        return bytes(row.content_sm3)
    return sm3(record_of(kind, row) or b"")


def json_row(kind: str, row: Row[Any], columns: Sequence[str | None]) -> bytes:
    """A row as JSON: the columns, and the record in `data` as the feed rendered it."""
    head = orjson.dumps(dict(zip(COLUMNS, columns, strict=True)))[:-1]
    return b'%b,"data":%b}' % (head, record_of(kind, row) or b"null")


def record_of(kind: str, row: Row[Any]) -> bytes | None:
    """The JSON of `data` cut out of the RPDE item; None when deleted."""
    if row.state == "deleted":
        return None
    return data_of(kind, row.record_id, row.change_number, bytes(row.body))


def csv_of(
    kind: str, rows: Sequence[tuple[Row[Any], Sequence[str | None]]], items: Sequence[str]
) -> bytes:
    """A table: the columns, then each item of the record; lists and objects as JSON text."""
    file = io.BytesIO()
    table = CsvTable(file, [*COLUMNS, *items])
    for row, columns in rows:
        table.write(cells_of(kind, row, columns, items))
    table.close()
    return file.getvalue()


def cells_of(
    kind: str, row: Row[Any], columns: Sequence[str | None], items: Sequence[str]
) -> list[str]:
    """A row of a table: the columns, and the items as text; those are empty when it is deleted."""
    record = orjson.loads(record_of(kind, row) or b"{}")
    return [*(each or "" for each in columns), *(_cell(record.get(item)) for item in items)]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
