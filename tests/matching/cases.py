"""Needs and referrals as tests make them through the API; offerings as the feed tells them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common import mirrors
from common.clock import city_day, utc_now
from common.contracts.feeds import Kind
from common.feed.client import Change
from matching.consumers import FOLLOWED

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


PROVIDER = "01900000-0000-7000-8000-000000000001"
Sessions = async_sessionmaker[AsyncSession]


def state(offering_id: UUID, **more: Any) -> dict[str, Any]:
    """An offering's state in the registry's feed, as far as referrals read it."""
    return {
        "id": str(offering_id),
        "provider_id": PROVIDER,
        "service_item_id": None,
        "venue": {"id": "01900000-0000-7000-8000-000000000002"},
        "category": "meal_delivery",
        "category_path": "eldercare/meal/meal_delivery",
        "eligibility": {},
        "area_code": "310101002000",
        "funding_source": "government_purchase",
        "price_fen": 1200,
        "capacity": 2,
        "capacity_period": "day",
        "status": "published",
        **more,
    }


async def published(
    sessions: Sessions, offering_id: UUID | None = None, *, now: datetime | None = None, **more: Any
) -> UUID:
    """An offering that the registry's feed has told, anew or changed."""
    offering = offering_id or uuid4()
    await told(sessions, Change("offering", offering, 1, state(offering, **more)), now=now)
    return offering


async def told(sessions: Sessions, change: Change, *, now: datetime | None = None) -> None:
    """A change of an offering in the registry's feed, taken over."""
    async with sessions.begin() as session:
        for effect in FOLLOWED[Kind.OFFERING]:
            await effect(session, [change], now=now or utc_now())


async def venue(sessions: Sessions, hours: dict[str, Any]) -> dict[str, str]:
    """A venue with its hours that the registry's feed has told, as an offering names it."""
    told = {"id": str(uuid4()), "opening_hours": hours}
    async with sessions.begin() as session:
        await mirrors.apply(session, Kind.VENUE, [Change("venue", UUID(told["id"]), 1, told)])
    return {"id": told["id"]}


def tomorrow(days: int = 1) -> str:
    """A day to come, in the city."""
    return str(city_day(utc_now()) + timedelta(days=days))


async def refer(
    client: httpx.AsyncClient, header: Header, need: dict[str, Any], offering: UUID, **more: Any
) -> httpx.Response:
    """The answer to a referral for tomorrow."""
    wish = {"need_id": need["id"], "offering_id": str(offering), "session_on": tomorrow(), **more}
    return await client.post("/v1/referrals", json=wish, headers={**header, **key()})


async def referred(
    client: httpx.AsyncClient, header: Header, offering: UUID, **more: Any
) -> dict[str, Any]:
    """A new need, referred."""
    answer = await refer(client, header, await raised(client, header), offering, **more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def step(
    client: httpx.AsyncClient, header: Header, referral: dict[str, Any], what: str, **body: Any
) -> httpx.Response:
    """The answer to a step of a referral: `answer`, `withdrawal` or `transfer`."""
    return await client.post(
        f"/v1/referrals/{referral['id']}/{what}",
        json=body or None,
        headers={**header, **key(), **at(referral["version"])},
    )


async def seen(client: httpx.AsyncClient, header: Header, referral: dict[str, Any]) -> Any:
    """A referral as it is now."""
    return (await client.get(f"/v1/referrals/{referral['id']}", headers=header)).json()


async def places(
    client: httpx.AsyncClient, header: Header, offering: UUID, **query: str
) -> list[dict[str, Any]]:
    """The places of an offering by period."""
    wanted = {"offering_id": str(offering), **query}
    answer = await client.get("/v1/capacities", params=wanted, headers=header)
    rows: list[dict[str, Any]] = answer.json()["items"]
    return rows
