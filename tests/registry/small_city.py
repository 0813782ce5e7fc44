"""A small city of real codes for the registry's tests: two districts, three towns, some 居村."""

from typing import Any
from uuid import uuid4

import httpx

HEADING = "区划代码,名称,类别,原代码"
DIVISIONS = (
    "310000000000,上海市,市,",
    "310100000000,市辖区,市辖区汇总码,",
    "310101000000,黄浦区,区,",
    "310101002000,南京东路街道,街道,",
    "310101002001,云中居委会,居委会,",
    "310101002002,贵州居委会,居委会,",
    "310101002003,承兴居委会,居委会,",
    "310101013000,外滩街道,街道,",
    "310101013001,中山东一路居委会,居委会,",
    "310105000000,长宁区,区,",
    "310105001000,华阳路街道,街道,",
    "310105001001,光明居委会,居委会,",
)


def listing(
    *lines: str, without: tuple[str, ...] = (), instead: dict[str, str] | None = None
) -> str:
    """The list as CSV, with lines added, left out or put in place of others by code."""
    instead = instead or {}
    kept = [
        instead.get(line[:12], line) for line in DIVISIONS if not line.startswith(without or ("-",))
    ]
    return "\n".join([HEADING, *kept, *lines]) + "\n"


def key() -> dict[str, str]:
    """A fresh idempotency key."""
    return {"Idempotency-Key": str(uuid4())}


async def upload(
    client: httpx.AsyncClient, header: dict[str, str], content: str | bytes, **form: Any
) -> httpx.Response:
    """Import an edition through the public API."""
    fields = {"name": "2023", "valid_from": "2023-06-30", "source": "test", **form}
    body = content.encode() if isinstance(content, str) else content
    files = {"file": ("divisions.csv", body, "text/csv")}
    return await client.post(
        "/v1/area-editions", headers={**header, **key()}, data=fields, files=files, timeout=60
    )


async def area(client: httpx.AsyncClient, code: str, **query: str) -> dict[str, Any]:
    """An area by its code."""
    answer = await client.get(f"/v1/areas/by-code/{code}", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
