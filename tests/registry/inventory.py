"""Venues, items and offerings of the small city, made through the public API."""

from typing import Any

import httpx

from tests.registry.small_city import key

Header = dict[str, str]

WORKDAYS = {
    "weekly": [
        {"weekdays": [1, 2, 3, 4, 5], "opens": "09:00", "closes": "11:30"},
        {"weekdays": [1, 2, 3, 4, 5], "opens": "13:00", "closes": "17:00"},
    ]
}
VENUE: dict[str, Any] = {
    "name": "云中社区食堂",
    "kind": "meal_site",
    "area_code": "310101002001",
    "address": "南京东路 1 号",
    "lon": 121.4837,
    "lat": 31.2363,
    "opening_hours": WORKDAYS,
}
OFFERING: dict[str, Any] = {
    "name": "老年人助餐",
    "category": "meal_canteen",
    "channels": ["on_site"],
    "target_groups": ["elderly"],
    "eligibility": {"age_min": 60},
    "price_kind": "public",
    "price_fen": 1200,
    "price_unit": "份",
}


async def made(
    client: httpx.AsyncClient, header: Header, path: str, body: dict[str, Any], **query: str
) -> dict[str, Any]:
    """A new record; the answer must be 201."""
    answer = await client.post(path, json=body, headers={**header, **key()}, params=query)
    assert answer.status_code == 201, answer.text
    record: dict[str, Any] = answer.json()
    return record


async def street(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    """The office of 南京东路街道, which answers for things."""
    body = {"name": "南京东路街道办事处", "kind": "volunteer_group", "area_code": "310101002000"}
    return await made(client, header, "/v1/organisations", {**body, **more})


async def venue(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    """A canteen."""
    return await made(client, header, "/v1/venues", {**VENUE, **more})


async def draft(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    """A draft of an offering."""
    return await made(client, header, "/v1/offerings", {**OFFERING, **more})


async def published(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    """A published offering; provider, department and venue are made when none is given."""
    if "provider_id" not in more:
        office = await street(client, header)
        more |= {"provider_id": office["id"], "responsible_department_id": office["id"]}
    if "venue_id" not in more and "area_code" not in more:
        more["venue_id"] = (await venue(client, header))["id"]
    made_now = await draft(client, header, **more)
    answer = await move(client, header, made_now, "published")
    assert answer.status_code == 200, answer.text
    record: dict[str, Any] = answer.json()
    return record


async def move(
    client: httpx.AsyncClient, header: Header, record: dict[str, Any], status: str, **more: Any
) -> httpx.Response:
    """A step of an offering's life."""
    return await client.post(
        f"/v1/offerings/{record['id']}/status",
        json={"status": status, **more},
        headers={**header, **key(), "If-Match": f'"v{record["version"]}"'},
    )


async def patched(
    client: httpx.AsyncClient,
    header: Header,
    path: str,
    record: dict[str, Any],
    body: dict[str, Any],
    **query: str,
) -> httpx.Response:
    """An edit of a record that was read."""
    return await client.patch(
        f"{path}/{record['id']}",
        json=body,
        headers={**header, "If-Match": f'"v{record["version"]}"'},
        params=query,
    )


def slug(answer: httpx.Response) -> str:
    """Which refusal it is."""
    told: str = answer.json()["type"]
    return told


def pointers(answer: httpx.Response) -> list[str]:
    """The fields that a refusal names."""
    return [error["pointer"] for error in answer.json()["errors"]]
