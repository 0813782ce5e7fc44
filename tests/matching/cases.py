"""Needs as tests raise them through the API."""

from typing import Any
from uuid import uuid4

import httpx

Header = dict[str, str]
HOME = "310101002001"
NEED: dict[str, Any] = {
    "category": "meal_delivery",
    "words": "母亲八十二岁，独居，午饭不便",
    "area_code": HOME,
    "lon": 121.4801,
    "lat": 31.2352,
    "raised_by": "family",
    "profile": {"age_band": "80+", "groups": ["elderly", "living_alone"]},
    "contact": {"name": "王小明", "phone": "138 0000 8000", "address": "南京东路某弄三号"},
}


def key() -> Header:
    """A fresh idempotency key."""
    return {"Idempotency-Key": str(uuid4())}


def at(version: int) -> Header:
    """The version that an edit starts from."""
    return {"If-Match": f'"v{version}"'}


async def raised(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    """A need that was raised."""
    answer = await client.post("/v1/needs", json={**NEED, **more}, headers={**header, **key()})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def moved(
    client: httpx.AsyncClient, header: Header, need: dict[str, Any], status: str, **more: Any
) -> httpx.Response:
    """The answer to a step of a need."""
    return await client.post(
        f"/v1/needs/{need['id']}/status",
        json={"status": status, **more},
        headers={**header, **key(), **at(need["version"])},
    )
