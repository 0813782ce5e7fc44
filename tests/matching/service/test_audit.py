"""What the audit log tells of personal data: who read it and why, never the data."""

from typing import Any

import asyncpg
import orjson

from common.db import direct_url
from deploy.local.environment import Urls
from tests.harness import Apps
from tests.matching.cases import raised

Header = dict[str, str]


async def entries(urls: Urls) -> list[dict[str, Any]]:
    """What waits to be chained, read as the owner."""
    owner = await asyncpg.connect(direct_url(urls.owner))
    try:
        rows = await owner.fetch("SELECT entry FROM audit_inbox")
    finally:
        await owner.close()
    return sorted((orjson.loads(row["entry"]) for row in rows), key=lambda entry: entry["at"])


async def test_reading_a_contact_is_written_down_with_its_reason_and_without_the_contact(
    apps: Apps,
    fresh_database: Urls,
    resident: Header,
    clerk: Header,
) -> None:
    async with apps.live("matching", fresh_database, worker="false") as client:
        need = await raised(client, resident)
        path = f"/v1/needs/{need['id']}"
        await client.get(f"{path}/profile", headers=clerk)
        await client.post(f"{path}/contact", json={"reason": "联系送餐时间"}, headers=clerk)

    written = await entries(fresh_database)
    said = orjson.dumps(written).decode()

    assert [entry["action"] for entry in written] == [
        "need.raise",
        "profile.read",
        "profile.unmask",
    ]
    assert [entry["reason"] for entry in written] == [None, None, "联系送餐时间"]
    assert not any(word in said for word in ("13800008000", "王小明", "resident-1", "独居，"))


async def test_a_look_for_a_telephone_number_names_what_it_found_and_not_the_number(
    apps: Apps,
    fresh_database: Urls,
    resident: Header,
    clerk: Header,
) -> None:
    async with apps.live("matching", fresh_database, worker="false") as client:
        need = await raised(client, resident)
        for phone in ("13800008000", "13900009000"):
            await client.post("/v1/needs/by-phone", json={"phone": phone}, headers=clerk)

    looked = [
        (entry["target_id"], entry["area"])
        for entry in await entries(fresh_database)
        if entry["action"] == "need.find_by_phone"
    ]
    said = orjson.dumps(await entries(fresh_database)).decode()

    assert looked[0] == (need["id"], need["area_code"])
    assert [target for target, _ in looked] == [need["id"], None]
    assert not any(phone in said for phone in ("13800008000", "13900009000"))
