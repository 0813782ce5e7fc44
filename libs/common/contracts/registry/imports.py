"""Words of imports and exports 导入导出: a file, what became of it, what is wrong with its rows."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.contracts.base import Instant, Model


class TableKind(StrEnum):
    """What a table holds."""

    AREA = "area"
    ORGANISATION = "organisation"
    INCUBATION = "incubation"
    VENUE = "venue"
    SERVICE_ITEM = "service_item"
    OFFERING = "offering"
    DICTIONARY_ENTRY = "dictionary_entry"
    PROGRAMME = "programme"
    FUND = "fund"
    SPACE = "space"
    PERSON = "person"
    BUNDLE = "bundle"
    CONCESSION = "concession"


class FileFormat(StrEnum):
    """Formats that are read and written."""

    XLSX = "xlsx"
    CSV = "csv"


class ImportMode(StrEnum):
    """What happens to the good rows of a file that also has bad ones."""

    GOOD_ROWS = "good_rows"
    ALL_OR_NOTHING = "all_or_nothing"


class ImportState(StrEnum):
    """Where an import stands. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class FileProblem(Model):
    """Why a file as a whole was not taken."""

    type: str = Field(description="稳定的错误标识 / stable slug")
    title: str
    detail: str
    errors: list[str] = Field(description="逐条说明，如有误的表头 / each fault, such as a heading")


class Import(Model):
    """An import: what was asked, how far it is, what came of it."""

    id: UUID
    kind: TableKind
    file_name: str
    format: FileFormat
    file_bytes: int
    mode: ImportMode
    dry_run: bool
    state: ImportState
    sheet: str | None = Field(description="读取的工作表 / the sheet that was read")
    unread_sheets: list[str] = Field(description="未读取的工作表 / sheets that were not read")
    rows_read: int
    rows_inserted: int
    rows_updated: int
    rows_unchanged: int
    rows_failed: int
    errors_kept: int = Field(description="可查询的错误条数（至多十万） / at most 100,000 are kept")
    percent: float = Field(description="0–100，按文件字节估计 / estimated by bytes")
    rows_per_s: float | None = Field(description="每秒行数 / rows a second")
    problem: FileProblem | None
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    file_kept_until: Instant | None = Field(
        description="此前可下载错误报告；null 为已清除 / until then the report can be had"
    )


class RowError(Model):
    """One cell, or one row, that was not taken."""

    row: int = Field(description="行号，与 Excel 显示一致 / as Excel counts")
    column: str = Field(description="列名 / heading")
    cell: str | None = Field(description="单元格，如 D17；整行错误为 null")
    value: str
    type: str = Field(description="稳定的错误标识 / stable slug")
    message: str
    remedy: str
