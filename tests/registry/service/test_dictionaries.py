"""Dictionaries: shipped words, extended and ended by staff."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.clock import city_day, utc_now
from registry.searching.reading import read_words
from tests.registry import inventory
from tests.registry.inventory import street, venue
from tests.registry.small_city import key

Header = dict[str, str]
VENUES = "/v1/dictionaries/venue_kind"


async def test_the_papers_kinds_of_venues_are_there(client: httpx.AsyncClient) -> None:
    names = {entry["name_zh"] for entry in (await client.get(VENUES)).json()["items"]}

    assert names >= {
        "党群服务中心",
        "社区综合体",
        "邻里汇",
        "睦邻中心",
        "四堂间",
        "社工站",
        "日间照料中心",
        "助餐点",
        "慈善救助站",
        "居民自治互助站",
        "养老服务驿站",
    }


async def test_every_dictionary_has_words(client: httpx.AsyncClient) -> None:
    for name in (await client.get("/v1/dictionaries")).json():
        page = (await client.get(f"/v1/dictionaries/{name}", params={"limit": 1})).json()
        assert page["items"], name


async def test_staff_extend_a_dictionary(client: httpx.AsyncClient, clerk: Header) -> None:
    word = {"code": "bookshop", "name_zh": "社区书房", "name_en": "Community bookshop"}

    made = await client.post(VENUES, json=word, headers={**clerk, **key()})
    twice = await client.post(VENUES, json=word, headers={**clerk, **key()})

    assert made.status_code == 201, made.text
    assert made.json()["is_seed"] is False
    assert (twice.status_code, twice.json()["type"]) == (409, "word-exists")
    assert (await client.get(f"{VENUES}/bookshop")).json()["name_zh"] == "社区书房"


async def test_a_word_stands_under_its_parent(client: httpx.AsyncClient, clerk: Header) -> None:
    address = "/v1/dictionaries/service_category"
    word = {"code": "meal_club", "name_zh": "餐友会", "name_en": "Meal club", "parent_code": "meal"}

    made = await client.post(address, json=word, headers={**clerk, **key()})
    orphan = await client.post(
        address, json={**word, "code": "x1", "parent_code": "nothing"}, headers={**clerk, **key()}
    )
    below = (await client.get(address, params={"parent": "meal"})).json()["items"]

    assert made.json()["path"] == "eldercare/meal/meal_club"
    assert (orphan.status_code, orphan.json()["type"]) == (422, "unknown-word")
    assert {entry["code"] for entry in below} >= {"meal_delivery", "meal_canteen", "meal_club"}


async def test_a_word_ends_only_when_nothing_hangs_under_it(
    client: httpx.AsyncClient, clerk: Header
) -> None:
    address = "/v1/dictionaries/service_category"
    header = {**clerk, "If-Match": '"v1"'}
    end = {"valid_to": "2026-06-01"}

    parent = await client.patch(f"{address}/mental_health", json=end, headers=header)
    leaf = await client.patch(f"{address}/mental_support", json=end, headers=header)
    then = await client.patch(f"{address}/mental_health", json=end, headers=header)

    assert (parent.status_code, parent.json()["type"]) == (409, "word-has-children")
    assert leaf.status_code == 200, leaf.text
    assert then.status_code == 200, then.text
    chosen = await client.get(address, params={"on": "2026-06-01", "parent": "health"})
    assert "mental_health" not in {entry["code"] for entry in chosen.json()["items"]}


@pytest.mark.parametrize("body", [{"code": "new"}, {"name_zh": ""}, {"name_zh": None, "sort": -1}])
async def test_what_cannot_change_is_refused(
    client: httpx.AsyncClient, clerk: Header, body: dict[str, object]
) -> None:
    answer = await client.patch(
        f"{VENUES}/library", json=body, headers={**clerk, "If-Match": '"v1"'}
    )

    assert answer.status_code == 422


async def test_synonyms_count_on_their_days_alone(
    client: httpx.AsyncClient, clerk: Header, sessions: async_sessionmaker[AsyncSession]
) -> None:
    path, today = "/v1/dictionaries/synonym", city_day(utc_now())
    tomorrow = today + timedelta(days=1)
    for code, name, days in (
        ("canteen_of_old", "共享灶间", {}),
        ("canteen_till_today", "邻里灶间", {}),
        ("canteen_to_come", "睦邻灶间", {"valid_from": str(tomorrow)}),
    ):
        above = {} if code == "canteen_of_old" else {"parent_code": "canteen_of_old"}
        word = {"code": code, "name_zh": name, "name_en": code, **above, **days}
        made = await client.post(path, json=word, headers={**clerk, **key()})
        assert made.status_code == 201, made.text
    ended = await client.patch(
        f"{path}/canteen_till_today",
        json={"valid_to": str(tomorrow)},
        headers={**clerk, "If-Match": '"v1"'},
    )
    async with sessions() as session:
        now, then = [(await read_words(session, on=day)).synonyms for day in (today, tomorrow)]

    assert ended.status_code == 200, ended.text
    assert now["共享灶间"] == ("共享灶间", "邻里灶间")
    assert then["共享灶间"] == ("共享灶间", "睦邻灶间")


async def test_words_that_staff_add_find_venues_items_and_bodies(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    house = await venue(small_city, clerk, name="云中共享灶间")
    body = await street(small_city, clerk, name="共享灶间志愿队")
    item = {"name": "共享灶间", "category": "meal_canteen", "area_code": "310101002000"}
    promised = {"responsible_department_id": body["id"], "valid_from": "2026-01-01"}
    draft = await inventory.made(small_city, clerk, "/v1/service-items", {**item, **promised})
    step = {"status": "published"}
    address = f"/v1/service-items/{draft['id']}/status"
    shown = await small_city.post(
        address, json=step, headers={**clerk, **key(), "If-Match": '"v1"'}
    )
    assert shown.is_success, shown.text
    for code, name in (("kitchen", "共享灶间"), ("kitchen_too", "睦邻灶间")):
        above = {} if code == "kitchen" else {"parent_code": "kitchen"}
        word = {"code": code, "name_zh": name, "name_en": code, **above}
        await inventory.made(small_city, clerk, "/v1/dictionaries/synonym", word)

    async def found(path: str, name: str = "items", **asked: str) -> list[str]:
        answer = await small_city.get(path, params=asked)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()[name]]

    assert await found("/v1/venues", q="睦邻灶间") == [house["id"]]
    assert await found("/v1/service-items", q="睦邻灶间") == [draft["id"]]
    assert await found("/hsds/organizations", "contents", search="睦邻灶间") == [body["id"]]


async def test_the_public_reads_but_does_not_write(client: httpx.AsyncClient) -> None:
    word = {"code": "x", "name_zh": "某", "name_en": "x"}

    assert (await client.get(VENUES)).status_code == 200
    assert (await client.post(VENUES, json=word, headers=key())).status_code == 401
