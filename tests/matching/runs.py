"""Runs as tests ask for them over a street, and the offerings that they share out."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common import mirrors
from common.clock import city_day, utc_now
from common.contracts.feeds import Kind
from common.db import Database
from common.feed.client import Change
from common.following import applying
from matching.consumers import FOLLOWED
from matching.tables import Capacity
from matching.usecases import allocating
from tests.matching.cases import HOME, at, key

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
PATH = "/v1/allocation-runs"
SEED = "2026-12-01 福彩3D 第1期"


def offering(lon: float, capacity: int | None, **more: Any) -> dict[str, Any]:
    """A published offering as the registry's feed tells it."""
    asked = {"age_min": 60, "age_max": None, "groups_any": [], "hardship": []}
    asked |= {"disability": None, "household_areas": [], "residence": "either"}
    return {
        "id": str(uuid4()),
        "name": "演示数据 送餐",
        "category": "meal_delivery",
        "category_path": "eldercare/meal/meal_delivery",
        "provider_id": str(uuid4()),
        "service_item_id": None,
        "venue": {"id": str(uuid4()), "lon": lon, "lat": 31.2352},
        "area_code": HOME,
        "target_groups": ["elderly"],
        "eligibility": asked,
        "schedule": None,
        "price_fen": 800,
        "capacity": capacity,
        "capacity_period": "day" if capacity else None,
        "funding_source": None,
        "status": "published",
        **more,
    }


async def publish(sessions: Sessions, *states: dict[str, Any]) -> None:
    """As if the registry's feed had told it; with the words it needs."""
    word = {"id": str(uuid4()), "dictionary": "service_category", "code": "meal_delivery"}
    word["path"] = "eldercare/meal/meal_delivery"
    async with sessions.begin() as session:
        await mirrors.put(session, Kind.DICTIONARY_ENTRY, orjson.dumps([word]).decode())
        changes = [
            Change("offering", UUID(each["id"]), n, each) for n, each in enumerate(states, 1)
        ]
        await applying(FOLLOWED[Kind.OFFERING])(session, changes)


def tomorrow() -> date:
    return city_day(utc_now()) + timedelta(days=1)


async def asked(calls: httpx.AsyncClient, head: Header, **more: Any) -> dict[str, Any]:
    """A run over the street tomorrow, not computed yet."""
    body = {"area": "310101002", "session_on": str(tomorrow()), "seed": SEED, **more}
    answer = await calls.post(PATH, json=body, headers={**head, **key()})
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def computed(
    calls: httpx.AsyncClient, head: Header, opened: Database, run: dict[str, Any]
) -> dict[str, Any]:
    """The run after its process has taken it up."""
    assert await allocating.take_one(opened)
    found: dict[str, Any] = (await calls.get(f"{PATH}/{run['id']}", headers=head)).json()
    return found


async def step(
    calls: httpx.AsyncClient, head: Header, run: dict[str, Any], name: str
) -> httpx.Response:
    """The answer to a step of a run: `commit`, `cancellation`."""
    return await calls.post(
        f"{PATH}/{run['id']}/{name}", headers={**head, **key(), **at(run["version"])}
    )


async def taken(opened: Database) -> dict[str, int]:
    """How many places are taken, by offering."""
    async with opened.sessions() as session:
        rows = await session.scalars(select(Capacity))
        return {str(row.offering_id): row.taken for row in rows}
