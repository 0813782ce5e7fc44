"""Tables for the tests: files made on the spot, uploads, and waiting for what becomes of them."""

import asyncio
import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import xlsxwriter

from registry.domain.forms import FORMS
from tests.registry.small_city import key

Record = Mapping[str, object]

ORGANISATIONS: list[Record] = [
    {
        "编码": "ORG-MZ",
        "名称": "黄浦区民政局（演示数据）",
        "类型": "政府部门",
        "所在区划": "黄浦区",
        "条线": "民政",
    },
    {
        "编码": "ORG-1",
        "名称": "上海某某社区服务中心（演示数据）",
        "类型": "社会服务机构",
        "统一社会信用代码": "52310101555555555B",
        "所在区划": "黄浦区/南京东路街道",
        "业务主管单位": "ORG-MZ",
    },
]
VENUES: list[Record] = [
    {
        "编码": "V-1",
        "名称": "南京东路社区食堂（演示数据）",
        "载体类型": "助餐点",
        "所在区划": "310101002001",
        "地址": "某某路 1 号",
        "经度": 121.4837,
        "纬度": 31.2365,
        "运营单位": "上海某某社区服务中心（演示数据）",
        "开放时间": "周一至周五 09:00-11:30,13:00-17:00；周六 09:00-12:00；节假日 休息",
    },
]


def offering(number: int, **more: object) -> Record:
    """An offering that can be published."""
    return {
        "编码": f"FW-{number:04d}",
        "名称": f"午餐助餐 {number}（演示数据）",
        "服务类目": "助餐",
        "提供机构": "ORG-1",
        "所在载体编码": "V-1",
        "服务方式": "到点",
        "服务对象": "老年人",
        "收费类型": "公益",
        "价格（元）": "12.5",
        "计价单位": "份",
        "责任部门": "ORG-MZ",
        "状态": "已发布",
        **more,
    }


def rows_of(records: Iterable[Record]) -> list[list[object]]:
    """Headings and cells."""
    listed = list(records)
    headings = list(dict.fromkeys(name for record in listed for name in record))
    return [headings, *([record.get(name, "") for name in headings] for record in listed)]


def as_csv(records: Iterable[Record]) -> bytes:
    """The records as Excel saves them for China."""
    text = io.StringIO()
    csv.writer(text).writerows(rows_of(records))
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(records: Iterable[Record]) -> bytes:
    """The records as a workbook."""
    return sheet(rows_of(records))


def sheet(rows: Iterable[Iterable[object]]) -> bytes:
    """A workbook of one sheet; numbers stay numbers."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"strings_to_formulas": False})
    page = book.add_worksheet("数据")
    for at, cells in enumerate(rows):
        page.write_row(at, 0, list(cells))
    book.close()
    return file.getvalue()


async def send(
    client: httpx.AsyncClient,
    caller: Mapping[str, str],
    kind: str,
    content: bytes,
    name: str = "table.csv",
    **form: object,
) -> httpx.Response:
    """Upload a table."""
    fields = {"kind": kind, **{k: str(v) for k, v in form.items()}}
    files = {"file": (name, content, "application/octet-stream")}
    return await client.post(
        "/v1/imports", headers={**caller, **key()}, data=fields, files=files, timeout=60
    )


async def finished(
    client: httpx.AsyncClient, caller: Mapping[str, str], import_id: str
) -> dict[str, Any]:
    """The import when it has ended."""
    for _ in range(600):
        answer = await client.get(f"/v1/imports/{import_id}", headers=dict(caller))
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        if told["finished_at"] is not None:
            return told
        await asyncio.sleep(0.05)
    raise AssertionError(told)


async def imported(
    client: httpx.AsyncClient,
    caller: Mapping[str, str],
    kind: str,
    content: bytes,
    **form: object,
) -> dict[str, Any]:
    """Upload a table and wait for its end."""
    answer = await send(client, caller, kind, content, **form)
    assert answer.status_code == 202, answer.text
    return await finished(client, caller, answer.json()["id"])


async def errors(
    client: httpx.AsyncClient, caller: Mapping[str, str], told: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The errors of an import."""
    answer = await client.get(
        f"/v1/imports/{told['id']}/errors", headers=dict(caller), params={"limit": 200}
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def headings(kind: str) -> list[str]:
    """The headings of a kind's template."""
    return [column.zh for column in FORMS[kind].columns]
