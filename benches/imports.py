"""Import: offerings of 20 columns from .csv and .xlsx, upload to last commit, one service process.

Each row is a new offering with its feed mark, audit entry, status step and search words. The memory
is the peak of the service with its children, the file being some 60 MB of CSV.
"""

import asyncio
import csv
import io
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any, BinaryIO
from uuid import uuid4

import asyncpg
import httpx
import psutil
import xlsxwriter

from benches import Row
from benches.house import bring_divisions, city_office, house, migrated, serving
from common.db import direct_url
from tests.living import free_port

ROWS = int(os.environ.get("ROWS", "200000"))
VENUES = 2_000
POLL_S = 0.5
_WAITING = "SELECT EXISTS (SELECT FROM feed_outbox) OR EXISTS (SELECT FROM audit_inbox)"
BAR = "≥ 5,000 rows/s"
HEADINGS = (
    *("编码", "名称", "说明", "服务类目", "提供机构", "所在载体编码", "服务方式", "服务对象"),
    *("最低年龄", "收费类型", "价格（元）", "计价单位", "容量", "容量单位", "容量周期", "责任部门"),
    *("办理主体", "资金来源", "地方基本编码", "状态"),
)
SERVICES = ("助餐", "助浴", "日间照料", "康复指导", "心理疏导", "法律咨询", "家电维修", "理发")
FORMS = ("服务", "服务点", "上门服务", "志愿服务", "便民日", "工作坊", "驿站服务", "热线")
PEOPLE = ("辖区老年人", "独居老人", "残疾人家庭", "困难家庭", "社区居民", "新就业群体")
ORDERS = (
    "需提前一日预约",
    "凭证件到点登记",
    "每月第一个周三开放",
    "由志愿者陪同",
    "名额有限先到先得",
)
Cells = tuple[object, ...]


def rows() -> list[Row]:
    """Both formats into fresh databases' worth of codes, then a second time without change."""
    with house() as (server, secrets):
        urls = migrated(server, "registry", "registry")
        headers = city_office(secrets)
        with serving("registry", urls, secrets, free_port()) as base:
            bring_divisions(base, headers)
            for kind, records in (("organisation", bodies()), ("venue", venues())):
                with written("csv", records) as file:
                    carried(base, headers, kind, file)
            found = []
            for format_ in ("csv", "xlsx"):
                what = f"{ROWS:,} offerings, .{format_}"
                with written(format_, offerings(format_)) as file:
                    found += measured(base, headers, file, what)
                spent = asyncio.run(caught_up(urls.owner))
                found.append(Row(f"{what}: then till all is in feed and log", f"{spent:.1f} s", ""))
            with written("xlsx", offerings("xlsx")) as file:
                found += measured(base, headers, file, "the same .xlsx again, nothing changes")
            return found


def measured(base: str, headers: dict[str, str], file: BinaryIO, what: str) -> list[Row]:
    """One import: rows a second from the first byte sent to the last commit; memory."""
    with peak_memory() as peak:
        started = time.perf_counter()
        told = carried(base, headers, "offering", file)
        spent = time.perf_counter() - started
    if told["rows_failed"] or told["rows_read"] != ROWS:
        wrong = httpx.get(f"{base}/v1/imports/{told['id']}/errors", headers=headers, timeout=60)
        raise RuntimeError(f"not imported as expected: {told} {wrong.text[:500]}")
    figure = f"{ROWS / spent:,.0f} rows/s ({spent:.1f} s)"
    return [Row(what, figure, BAR), Row(f"{what}: peak memory", f"{peak[0] / 1e6:,.0f} MB", "")]


async def caught_up(url: str) -> float:
    """Wait until every change has its number and its place in the audit chain; the seconds."""
    started = time.perf_counter()
    connection = await asyncpg.connect(direct_url(url))
    try:
        while await connection.fetchval(_WAITING):  # noqa: ASYNC110 - the service does not tell
            await asyncio.sleep(POLL_S)
    finally:
        await connection.close()
    return time.perf_counter() - started


def carried(base: str, headers: dict[str, str], kind: str, file: BinaryIO) -> dict[str, Any]:
    """Upload a file and wait for the end of its import."""
    answer = httpx.post(
        f"{base}/v1/imports",
        headers={**headers, "Idempotency-Key": str(uuid4())},
        files={"file": ("table", file)},
        data={"kind": kind},
        timeout=300,
    )
    answer.raise_for_status()
    address = f"{base}/v1/imports/{answer.json()['id']}"
    while True:
        told: dict[str, Any] = httpx.get(address, headers=headers, timeout=60).json()
        if told["finished_at"] is not None:
            if told["state"] != "done":
                raise RuntimeError(f"import ended otherwise: {told}")
            return told
        time.sleep(POLL_S)


@contextmanager
def peak_memory() -> Iterator[list[int]]:
    """The sum of the peaks of this process's Python children, in bytes: at least what they took.

    The kernel keeps each one's peak (Linux), so looking seldom costs little and misses nothing but
    a process that lives for less than a second.
    """
    peak = [0]
    peaks: dict[int, int] = {}
    over = threading.Event()

    def look() -> None:
        while not over.wait(1):
            peaks.update(
                (child.pid, _peak_of(child)) for child in psutil.Process().children(recursive=True)
            )
            peak[0] = sum(peaks.values())

    for child in psutil.Process().children(recursive=True):
        _forget_peak(child)
    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def _forget_peak(process: psutil.Process) -> None:
    """Let the kernel count a process's peak from now on."""
    with suppress(OSError):
        Path(f"/proc/{process.pid}/clear_refs").write_text("5")


def _peak_of(process: psutil.Process) -> int:
    try:
        if not Path(process.exe()).name.startswith("python"):
            return 0
        status = Path(f"/proc/{process.pid}/status").read_text()
    except (psutil.Error, OSError):
        return 0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(line.split()[1]) * 1024


@contextmanager
def written(format_: str, records: Iterator[Cells]) -> Iterator[BinaryIO]:
    """A file of the records, without a name."""
    with tempfile.TemporaryFile() as file:
        if format_ == "csv":
            text = io.TextIOWrapper(file, "utf-8-sig", newline="")
            csv.writer(text).writerows(records)
            text.flush()
            text.detach()
        else:
            book = xlsxwriter.Workbook(file)  # shared strings, as Excel and WPS write
            sheet = book.add_worksheet("数据")
            for at, cells in enumerate(records):
                sheet.write_row(at, 0, cells)
            book.close()
        file.seek(0)
        yield file


def bodies() -> Iterator[Cells]:
    """A department and a provider."""
    yield ("编码", "名称", "类型", "所在区划")
    yield ("ORG-MZ", "黄浦区民政局（演示数据）", "政府部门", "黄浦区")
    yield ("ORG-1", "某某志愿团队（演示数据）", "志愿团队", "黄浦区")


def venues() -> Iterator[Cells]:
    """Places for them, spread over a street."""
    yield ("编码", "名称", "载体类型", "所在区划", "地址", "经度", "纬度", "开放时间")
    for at in range(VENUES):
        place = (121.47 + at % 50 / 5_000, 31.22 + at % 40 / 4_000)
        name, address = f"社区食堂{at}（演示数据）", f"演示路{at}号"
        yield (f"V-{at}", name, "助餐点", "310101002", address, *place, "每天 09:00-17:00")


def offerings(format_: str) -> Iterator[Cells]:
    """Rows as a street would write them; names and texts differ as real ones do."""
    yield HEADINGS
    draw = Random(20260302)  # the same rows for everybody
    streets = neighbourhoods()
    for at in range(ROWS):
        here, service = draw.choice(streets), draw.choice(SERVICES)
        yield (
            f"FW-{format_}-{at:06d}",
            f"{here}{service}{draw.choice(FORMS)}（演示数据）",
            f"为{draw.choice(PEOPLE)}提供{service}，地点在{here}，第{at}号，{draw.choice(ORDERS)}",
            "助餐",
            "ORG-1",
            f"V-{draw.randrange(VENUES)}",
            "到点",
            "老年人；残疾人",
            60,
            "公益",
            draw.randrange(100, 5000) / 100,
            "份",
            at % 300 + 1,
            "人次",
            "每日",
            "ORG-MZ",
            "黄浦区民政局（演示数据）",
            "政府购买服务",
            f"310101{at:08d}",
            "已发布",
        )


def neighbourhoods() -> list[str]:
    """Real names of 居村, so that texts are as different as in a city."""
    path = Path("services/registry/data/divisions_shanghai_2023.csv")
    return [line.split(",")[1] for line in path.read_text("utf-8").splitlines()[260:]]
