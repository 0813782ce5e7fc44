"""The index in memory follows the database: own changes at once, others' with the feed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from common import feed
from common.clock import city_day
from common.db import Database, database
from deploy.local.environment import Urls
from registry.searching import following
from registry.tables import DictionaryEntry, Offering
from tests.harness import Apps
from tests.registry.crowd import CENTRE, crowd

PATIENCE_S = 20


@pytest.fixture
async def opened(fresh_database: Urls) -> AsyncIterator[Database]:
    """Another process's way to the database of `live_client`."""
    async with database(fresh_database.app, pool_size=2) as made:
        async with made.sessions.begin() as session:
            await crowd(session, venues=20, offerings=120)
            feed.mark_many(session, "offering", list(await session.scalars(select(Offering.id))))
        yield made


@pytest.fixture
async def calls(
    apps: Apps, opened: Database, fresh_database: Urls
) -> AsyncIterator[httpx.AsyncClient]:
    """The service, started when the crowd was there."""
    async with apps.live("registry", fresh_database) as client:
        yield client


async def listed(calls: httpx.AsyncClient, **asked: object) -> list[str]:
    answer = await calls.get("/v1/offerings", params={**asked, "limit": 200})
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["Age"]) >= 0
    return [str(item["name"]) for item in answer.json()["items"]]


async def some(opened: Database) -> Offering:
    async with opened.sessions() as session:
        statement = select(Offering).where(Offering.status == "published").limit(1)
        return (await session.scalars(statement)).one()


async def found_in_time(calls: httpx.AsyncClient, words: str) -> list[str]:
    """What is found once something is."""
    async with asyncio.timeout(PATIENCE_S):
        while not (names := await listed(calls, q=words)):
            await asyncio.sleep(0.1)
    return names


async def followed(calls: httpx.AsyncClient) -> None:
    """Once the index has heard of each of its offerings by the feed."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            index = (await calls.get("/readyz")).json()["index"]
            if index["positions"].get("offering", 0) >= index["records"]:
                return
            await asyncio.sleep(0.1)


async def test_what_another_process_writes_is_found_with_the_feed(
    calls: httpx.AsyncClient, opened: Database
) -> None:
    row = await some(opened)
    before = len(await listed(calls))

    async with opened.sessions.begin() as session:
        await session.execute(
            update(Offering).where(Offering.id == row.id).values(name="夜间护送队")
        )
        feed.mark(session, "offering", row.id)

    assert await found_in_time(calls, "夜间护送") == ["夜间护送队"]
    assert len(await listed(calls)) == before


LANE = {"X-Request-Id": "the-same-for-both"}
ROAD = LANE | {"Content-Encoding": "identity"}  # a header that makes a question no plain one


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"q": "助餐", "limit": 3},
        {"lon": CENTRE[0], "lat": CENTRE[1], "radius_m": 5_000},
        {"price": "free", "open_at": "2026-03-02T10:00:00+08:00"},
        {"coordtype": "gcj02"},
        {"lon": CENTRE[0]},
        {"radius_m": 10},
        {"limit": 0},
        {"after": "no token"},
        {"open_at": "2199-01-01T00:00:00Z"},
        {"status": "draft"},
        {"colour": "red"},
    ],
)
async def test_lane_and_road_answer_alike(
    calls: httpx.AsyncClient, asked: dict[str, str | int]
) -> None:
    for path in ("/v1/offerings", "/v1/offerings/facets"):
        by_road = await calls.get(path, params=asked, headers=ROAD)
        by_lane = await calls.get(path, params=asked, headers=LANE)

        assert by_lane.status_code == by_road.status_code
        assert by_lane.json() == by_road.json()


async def test_pages_on_the_lane_follow_each_other(calls: httpx.AsyncClient) -> None:
    whole = (await calls.get("/v1/offerings", params={"limit": 200})).json()["items"]

    pages, after = [], None
    while True:
        asked = {"limit": 7} | ({"after": after} if after else {})
        page = (await calls.get("/v1/offerings", params=asked)).json()
        pages += page["items"]
        after = page["next"]
        if after is None:
            break

    assert pages == whole


async def test_the_probe_tells_how_far_the_index_is(calls: httpx.AsyncClient) -> None:
    found = await listed(calls)
    index = (await calls.get("/readyz")).json()["index"]

    assert index["is_ready"] is True
    assert index["records"] == len(found)
    assert set(index["positions"]) <= {"offering", "venue", "dictionary_entry", "area"}
    assert index["age_s"] >= 0


async def test_what_is_no_longer_published_is_no_longer_found(
    calls: httpx.AsyncClient, opened: Database
) -> None:
    row = await some(opened)
    before = len(await listed(calls))

    async with opened.sessions.begin() as session:
        await session.execute(
            update(Offering).where(Offering.id == row.id).values(status="suspended")
        )
        feed.mark(session, "offering", row.id)

    async with asyncio.timeout(PATIENCE_S):
        while len(await listed(calls)) == before:
            await asyncio.sleep(0.1)
    assert len(await listed(calls)) == before - 1


async def test_offerings_are_found_by_the_new_name_of_their_category(
    calls: httpx.AsyncClient, opened: Database
) -> None:
    row = await some(opened)
    before = await listed(calls, category=row.category)
    assert not await listed(calls, q="晨昏照应")

    async with opened.sessions.begin() as session:
        named = DictionaryEntry.code == row.category
        statement = (
            update(DictionaryEntry)
            .where(DictionaryEntry.dictionary == "service_category", named)
            .values(name_zh="晨昏照应")
            .returning(DictionaryEntry.id)
        )
        feed.mark(session, "dictionary_entry", (await session.scalars(statement)).one())

    assert sorted(await found_in_time(calls, "晨昏照应")) == sorted(before)


async def test_a_name_that_is_read_as_the_day_turns_finds_its_offerings_too(
    calls: httpx.AsyncClient, opened: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words are read anew then, before the feed has told that one of them changed."""
    row = await some(opened)
    before = await listed(calls, category=row.category)
    await followed(calls)  # else the feed of offerings brings the new name along
    async with opened.sessions.begin() as session:
        named = DictionaryEntry.code == row.category
        category = update(DictionaryEntry).where(
            DictionaryEntry.dictionary == "service_category", named
        )
        await session.execute(category.values(name_zh="晨昏照应"))
    monkeypatch.setattr(following, "city_day", lambda now: city_day(now) + timedelta(days=1))

    assert sorted(await found_in_time(calls, "晨昏照应")) == sorted(before)


async def test_pages_near_a_point_tell_the_distance_and_go_on(calls: httpx.AsyncClient) -> None:
    asked = {"lon": CENTRE[0], "lat": CENTRE[1], "radius_m": 50_000, "limit": 30}
    seen: list[float] = []
    after: dict[str, str] = {}
    while True:
        page = (await calls.get("/v1/offerings", params={**asked, **after})).json()
        seen += [item["distance_m"] for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}

    assert seen == sorted(seen)
    assert len(seen) == len(await listed(calls))


async def test_another_system_of_points_moves_the_points(calls: httpx.AsyncClient) -> None:
    plain = (await calls.get("/v1/offerings", params={"limit": 5})).json()["items"]
    moved = (await calls.get("/v1/offerings", params={"limit": 5, "coordtype": "gcj02"})).json()

    assert [item["id"] for item in moved["items"]] == [item["id"] for item in plain]
    assert all(
        a["venue"]["lon"] != b["venue"]["lon"] for a, b in zip(plain, moved["items"], strict=True)
    )
