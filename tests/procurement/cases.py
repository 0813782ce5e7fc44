"""What the tests of procurement have in common: names, headers, budget lines."""

from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
STREET = "310101002000"
BUYER = "01900000-0000-7000-8000-0000000000b1"
PROVIDER = "01900000-0000-7000-8000-000000000001"
OTHER_PROVIDER = "01900000-0000-7000-8000-00000000ffff"
LINE: dict[str, Any] = {
    "code": "2080999",
    "year": 2026,
    "title": "社区社会服务",
    "area_code": STREET,
    "buyer_id": BUYER,
    "source": "government_purchase",
    "document": "南东街办〔2026〕1号",
    "planned_fen": 100_000_00,
}


def key() -> Header:
    """A fresh idempotency key."""
    return {"Idempotency-Key": str(uuid4())}


def at(record: dict[str, Any]) -> Header:
    """The version that an edit starts from."""
    return {"If-Match": f'"v{record["version"]}"'}


async def opened_line(client: httpx.AsyncClient, head: Header, **more: Any) -> dict[str, Any]:
    """A budget line that was passed."""
    wish = {**LINE, "code": f"{uuid4().int % 10**10:010d}", **more}
    answer = await client.post("/v1/budget-lines", json=wish, headers={**head, **key()})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found
