"""The feeds of areas, organisations and words: every change arrives, both sides of a tie move."""

import asyncio
from typing import Any

import httpx

from common.contracts.registry.areas import AreaState
from common.contracts.registry.dictionaries import Entry
from common.contracts.registry.organisations import OrganisationState
from tests.registry.small_city import DIVISIONS, area, key, listing, upload

Header = dict[str, str]


async def _harvest(
    client: httpx.AsyncClient, kind: str, after: str | None = None
) -> tuple[list[dict[str, Any]], str]:
    """All items from a place in a feed, and the address to go on from."""
    found: list[dict[str, Any]] = []
    address = after or f"/feeds/{kind}"
    while True:
        answer = await client.get(address)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        if not page["items"]:
            return found, page["next"]
        found += page["items"]
        address = page["next"]


async def _until(
    client: httpx.AsyncClient, kind: str, count: int, after: str | None = None
) -> tuple[list[dict[str, Any]], str]:
    """Harvest until so many items have come."""
    found: list[dict[str, Any]] = []
    for _ in range(100):
        items, after = await _harvest(client, kind, after)
        found += items
        if len(found) >= count:
            return found, after
        await asyncio.sleep(0.1)
    raise AssertionError(f"{len(found)} of {count} items of {kind}")


async def test_areas_words_and_ties_arrive_in_their_feeds(
    live_city: httpx.AsyncClient, city: Header
) -> None:
    areas, after = await _until(live_city, "area", len(DIVISIONS))
    assert {AreaState.model_validate(item["data"]).code for item in areas} == {
        line[:12] for line in DIVISIONS
    }
    words, _ = await _until(live_city, "dictionary_entry", 200)
    assert all(Entry.model_validate(item["data"]).is_seed for item in words)

    renamed = {"310101013000": "310101013000,新外滩街道,街道,"}
    await upload(live_city, city, listing(instead=renamed), name="2024", valid_from="2024-06-30")
    moved, _ = await _until(live_city, "area", 2, after)
    assert {item["data"]["path_name"] for item in moved} == {
        "上海市/黄浦区/新外滩街道",
        "上海市/黄浦区/新外滩街道/中山东一路居委会",
    }


async def test_an_incubation_moves_both_organisations(
    live_city: httpx.AsyncClient, city: Header
) -> None:
    body = {"kind": "volunteer_group", "area_code": "310101000000"}
    one, other = [
        (
            await live_city.post(
                "/v1/organisations", json={**body, "name": name}, headers={**city, **key()}
            )
        ).json()["id"]
        for name in ("甲队", "乙队")
    ]
    _, after = await _until(live_city, "organisation", 2)

    await live_city.post(
        f"/v1/organisations/{one}/incubations",
        json={"incubator_id": other, "valid_from": "2024-01-01"},
        headers={**city, **key()},
    )
    told, after = await _until(live_city, "organisation", 2, after)
    await live_city.patch(
        f"/v1/organisations/{other}", json={"name": "新乙队"}, headers={**city, "If-Match": '"v1"'}
    )
    renamed, _ = await _until(live_city, "organisation", 2, after)

    states = {item["id"]: OrganisationState.model_validate(item["data"]) for item in told}
    assert [tie.incubator_name for tie in states[one].incubated_by] == ["乙队"]
    assert [tie.incubated_name for tie in states[other].incubates] == ["甲队"]
    names = {
        item["data"]["incubated_by"][0]["incubator_name"] for item in renamed if item["id"] == one
    }
    assert names == {"新乙队"}


async def test_a_member_moves_its_area(live_city: httpx.AsyncClient, city: Header) -> None:
    _, after = await _until(live_city, "area", len(DIVISIONS))
    home = await area(live_city, "310101002000")
    made = await live_city.post(
        "/v1/areas",
        json={"kind": "sector", "name": "片", "parent_id": home["id"]},
        headers={**city, **key()},
    )
    inner = await area(live_city, "310101002001")
    await live_city.post(
        f"/v1/areas/{made.json()['id']}/members",
        json={"member_id": inner["id"]},
        headers={**city, **key()},
    )

    for _ in range(50):
        items, after = await _harvest(live_city, "area", after)
        if items and items[-1]["data"]["members"]:
            break
        await asyncio.sleep(0.1)

    assert items[-1]["data"]["members"][0]["member_id"] == inner["id"]
