"""Funds and programmes of the small city, made through the public API."""

from typing import Any

import httpx

from tests.registry.inventory import made
from tests.registry.small_city import key

Header = dict[str, str]
YEAR = {"valid_from": "2026-01-01", "valid_to": "2027-01-01"}
FUND: dict[str, Any] = {
    "title": "为老服务专项经费",
    "source": "special_fund",
    "line": "civil_affairs",
    "purpose": "补贴社区助餐",
    "area_code": "310101002000",
    "amount_fen": 1_000_000,
    **YEAR,
}
MONEY: dict[str, Any] = {"booked_on": "2026-03-02", "document_number": "凭证 1"}
GRANT: dict[str, Any] = {
    "category": "meal_canteen",
    "amount_fen": 300_000,
    "document_number": "协议 1",
    **YEAR,
}
PROGRAMME: dict[str, Any] = {
    "title": "社区助餐三年行动",
    "purpose": "步行可达助餐点",
    "category": "meal",
    "line": "civil_affairs",
    "area_code": "310101002000",
    "target_groups": ["elderly"],
    "valid_from": "2026-01-01",
    "valid_to": "2029-01-01",
    "years": [{"year": 2026, "planned_fen": 100}, {"year": 2027, "planned_fen": 200}],
}


async def fund(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    """A fund of which everything has arrived."""
    new = await made(client, header, "/v1/funds", {**FUND, **more})
    answer = await book(client, header, new, "receipts", new["amount_fen"])
    assert answer.status_code == 201, answer.text
    return new


async def book(
    client: httpx.AsyncClient, header: Header, record: dict[str, Any], way: str, amount: int
) -> httpx.Response:
    """Money that arrives, goes back, is paid or refunded."""
    return await client.post(
        f"/v1/funds/{record['id']}/{way}",
        json={**MONEY, "amount_fen": amount},
        headers={**header, **key()},
    )


async def grant(
    client: httpx.AsyncClient, header: Header, record: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """A promise of a fund."""
    return await made(client, header, f"/v1/funds/{record['id']}/grants", {**GRANT, **more})


async def balances(
    client: httpx.AsyncClient, header: Header, record: dict[str, Any]
) -> tuple[int, int, int, int]:
    """What was received, is available, is committed and was spent."""
    told = (await client.get(f"/v1/funds/{record['id']}", headers=header)).json()
    return (
        told["received_fen"],
        told["available_fen"],
        told["committed_fen"],
        told["spent_fen"],
    )
