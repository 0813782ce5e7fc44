"""Cases as tests raise them through the API; bodies and items as the registry's feeds tell them."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common import mirrors
from common.contracts.feeds import Kind

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
HOME = "310101002001"
BODY = "01900000-0000-7000-8000-000000000011"
STREET = "01900000-0000-7000-8000-000000000012"
CASE: dict[str, Any] = {
    "kind": "complaint",
    "category": "meal_delivery",
    "words": "送餐连续三天迟到，饭菜已凉，电话没人接",
    "area_code": HOME,
    "lon": 121.4801,
    "lat": 31.2352,
}
REPLY = "已联系配送单位，今日起由专人配送"


def key() -> Header:
    """A fresh idempotency key."""
    return {"Idempotency-Key": str(uuid4())}


def at(version: int) -> Header:
    """The version that an edit starts from."""
    return {"If-Match": f'"v{version}"'}


async def raise_case(client: httpx.AsyncClient, header: Header, **more: Any) -> httpx.Response:
    """The answer to a new case."""
    return await client.post("/v1/cases", json={**CASE, **more}, headers={**header, **key()})


async def raised(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    """A case that was raised."""
    answer = await raise_case(client, header, **more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def step(
    client: httpx.AsyncClient, header: Header, case: dict[str, Any], what: str, **body: Any
) -> httpx.Response:
    """The answer to a step of a case: `status`, `verdict`, `extension`, `merge` …"""
    return await client.post(
        f"/v1/cases/{case['id']}/{what}",
        json=body,
        headers={**header, **key(), **at(case["version"])},
    )


async def stepped(
    client: httpx.AsyncClient, header: Header, case: dict[str, Any], what: str, **body: Any
) -> dict[str, Any]:
    """The case after a step."""
    answer = await step(client, header, case, what, **body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def told(sessions: Sessions, kind: Kind, *states: dict[str, Any]) -> None:
    """What the registry's feed has told."""
    async with sessions.begin() as session:
        await mirrors.put(session, kind, orjson.dumps(states).decode())


def organisation(organisation_id: str, **more: Any) -> dict[str, Any]:
    """An organisation's state, as far as cases read it."""
    return {
        "id": organisation_id,
        "name": "演示机构",
        "kind": "department",
        "area_code": "310101002000",
        "line": "civil_affairs",
        "status": "active",
        "residencies": [],
        **more,
    }


def item(**more: Any) -> dict[str, Any]:
    """A service item's state, as far as cases read it."""
    return {
        "id": str(uuid4()),
        "category": "meal_delivery",
        "area_code": "310101002000",
        "responsible_department_id": None,
        "handling_body_id": BODY,
        "valid_from": None,
        "valid_to": None,
        "status": "published",
        **more,
    }


async def known_bodies(sessions: Sessions) -> None:
    """A body with an item of meals, and the office of the street."""
    await told(
        sessions,
        Kind.ORGANISATION,
        organisation(BODY, name="演示助餐中心"),
        organisation(STREET, name="演示街道办", kind="street"),
    )
    await told(sessions, Kind.SERVICE_ITEM, item())


def ids(rows: list[dict[str, Any]]) -> list[UUID]:
    """The ids of some rows."""
    return [UUID(row["id"]) for row in rows]
