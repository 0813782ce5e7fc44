"""What the exchange says and is asked: batches, rows, reconciliation, parameters."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from fastapi import Query
from pydantic import AwareDatetime, Field

from common.contracts.base import Model
from common.contracts.written import IN_DIGITS

_MOST: Final = 2000


class Form(StrEnum):
    """How a batch is written."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


TYPES: Final = {
    Form.JSON: "application/json",
    Form.NDJSON: "application/x-ndjson",
    Form.CSV: "text/csv; charset=utf-8",
}


class ExchangeResource(Model):
    """A resource that can be pulled."""

    kind: str = Field(description="资源名称，与变更流相同 / name, the same as the feed's")
    title: str = Field(description="资源中文名称 / its Chinese name")
    address: str = Field(description="首批地址 / address of the first batch")
    access: Literal["public", "private"] = Field(description="是否需授权 / open or by permission")
    data_source: str = Field(description="数据来源代码，3 位 / code of the source, 3 letters")


class ExchangeRow(Model):
    """A record at its latest change, under the five columns of the national hand-over."""

    row_guid: str = Field(description="记录唯一标识 / id of the record", max_length=50)
    cd_operation: Literal["I", "U", "D"] = Field(
        description="同步类型：I 新增、U 修改、D 删除；I 与 U 均按 row_guid 覆盖写入 / "
        "insert, update, delete; write I and U alike, over row_guid"
    )
    cd_time: str = Field(
        description="同步时间，北京时间 yyyy-MM-dd HH:mm:ss / when it was numbered, Asia/Shanghai"
    )
    cd_batch: str = Field(description="批次号，32 位 / name of the batch", max_length=32)
    data_source: str = Field(description="数据来源代码 / code of the source", max_length=3)
    cd_area: str | None = Field(
        description="所在区划编码，对账分组用；不属于任何区划或已删除为 null / area that it lies in"
    )
    cd_sm3: str | None = Field(
        description="data 原文（UTF-8 字节）的 SM3，64 位十六进制；删除时为 null / "
        "SM3 of the text of `data` as sent; null when deleted",
        max_length=64,
    )
    data: dict[str, Any] | None = Field(description="记录全文；删除时为 null / null when deleted")


class ExchangeBatch(Model):
    """A batch. At the end `has_more` is false; keep `cursor` and come again with it."""

    kind: str = Field(description="资源名称 / name of the resource")
    count: int = Field(description="本批行数 / rows in this batch")
    has_more: bool = Field(description="其后是否还有 / whether there is more at once")
    batch: str = Field(description="本批批次号，空批亦有 / name of this batch", max_length=32)
    cursor: str = Field(description="下一批的 cursor，原样保存 / keep it as it is")
    next: str = Field(description="下一批的完整地址 / absolute address of the next batch")
    license: str = Field(description="数据许可 / licence of the data")
    rows: list[ExchangeRow] = Field(description="按变更序号排列 / in order of change")


class DigestCell(Model):
    """The records that were last numbered on a day, and lie in an area."""

    on: date = Field(description="cd_time 的日期，北京时间 / day of cd_time, Asia/Shanghai")
    area: str = Field(description="cd_area 的前几位；空串为无区划 / first digits; empty: none")
    count: int = Field(description="现存记录数，不含已删除 / records that stand", ge=1)
    sm3: str = Field(
        description="按 row_guid 升序，每条 `row_guid,cd_sm3` 加换行，连接后取 SM3 / "
        "SM3 of `row_guid,cd_sm3` and a line feed for each, in order of row_guid",
        max_length=64,
    )


class Reconciliation(Model):
    """What a reader that missed nothing holds now. `at` says of which moment it speaks."""

    kind: str = Field(description="资源名称 / name of the resource")
    at: str = Field(
        description="对账时点，形如 cd_batch；拉取到末尾的 cursor 同处此点时逐格可比 / "
        "moment, in the form of cd_batch: compare when the last batch ended there",
        max_length=32,
    )
    digits: int = Field(description="分组所用区划位数 / digits of an area that cells go by")
    count: int = Field(description="所列各格记录总数 / records in all cells listed")
    sm3: str = Field(
        description="各格 `on,area,count,sm3` 加换行，连接后取 SM3 / "
        "SM3 of `on,area,count,sm3` and a line feed for each cell",
        max_length=64,
    )
    cells: list[DigestCell] = Field(description="按日期、区划升序 / in order of day and area")


CursorToken = Annotated[
    str | None,
    Query(
        max_length=300,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="上一批返回的游标；不带则从头 / the last batch's cursor; left out: from zero",
    ),
]
Since = Annotated[
    AwareDatetime | None,
    Query(
        description="首次增量的起始时间（含），ISO 8601 带时区；早于保留期则 410 / "
        "first call only: changes numbered at or after this instant; 410 beyond what is kept"
    ),
]
BatchName = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9a-f]{16}[0-9]{16}$",
        description="代替 cursor：已收到的最后一个 cd_batch，从其后继续 / "
        "instead of a cursor: the last cd_batch that was received; goes on after it",
    ),
]
Day = Annotated[
    date | None,
    Query(
        ge=date(2000, 1, 1),
        le=date(2999, 12, 31),
        description="日期（含），北京时间 / day, inclusive",
    ),
]
Digits = Annotated[
    int, Query(ge=2, le=12, description="按区划前几位分组 / digits of an area"), IN_DIGITS
]
Limit = Annotated[int, Query(ge=1, le=_MOST, description="每批行数 / rows of a batch"), IN_DIGITS]
Area = Annotated[
    str | None,
    Query(
        pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$",
        description="区划编码前缀：只取其下的记录；不分区划的资源拒绝此参数 / "
        "digits of an area: records under it alone; refused where records lie in none",
    ),
]
FormOf = Annotated[Form, Query(alias="format", description="输出格式 / form of the batch")]
