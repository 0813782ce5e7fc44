"""From the registry's feeds and the needs of a street to its coverage and gaps."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common import mirrors
from common.clock import CITY_ZONE, utc_now
from common.contracts.feeds import Kind
from common.db import database
from matching import worker
from matching.usecases.coverage import Outcome, survey_city
from tests.harness import Databases
from tests.matching.cases import moved, published, raised, referred, step

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
NEAR, FAR = "310101002001", "310101002002"


def area(code: str, lon: float, lat: float) -> dict[str, Any]:
    place = {"lon": lon, "lat": lat, "valid_to": None}
    return {"id": str(uuid4()), "code": code, "kind": "neighbourhood", **place}


def people(of: dict[str, Any], **counts: int) -> dict[str, Any]:
    figures = [
        {"age_band": band, "group": None, "count": count}
        for band, count in {"80+": counts.get("old", 0), "35-59": counts.get("young", 0)}.items()
    ]
    return {"id": of["id"], "area_code": of["code"], "people": figures}


def word(dictionary: str, code: str, path: str) -> dict[str, Any]:
    return {"id": str(uuid4()), "dictionary": dictionary, "code": code, "path": path}


def meal(lon: float, lat: float, **more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "area_code": NEAR,
        "category_path": "eldercare/meal/meal_delivery",
        "target_groups": ["elderly"],
        "venue": {"lon": lon, "lat": lat},
        "capacity": 40,
        "capacity_period": "day",
        **more,
    }


@pytest.fixture
async def city(sessions: Sessions) -> None:
    """Two neighbourhoods of a street; the one near a canteen, the other two kilometres away."""
    near, far = area(NEAR, 121.480, 31.235), area(FAR, 121.505, 31.235)
    words = [
        word("service_category", "eldercare", "eldercare"),
        word("service_category", "meal_delivery", "eldercare/meal/meal_delivery"),
        word("target_group", "elderly", "elderly"),
        word("target_group", "living_alone", "elderly/living_alone"),
    ]
    states = {
        Kind.AREA: [near, far],
        Kind.POPULATION: [people(near, old=200, young=800), people(far, old=300, young=700)],
        Kind.DICTIONARY_ENTRY: words,
        Kind.OFFERING: [meal(121.481, 31.235)],
    }
    async with sessions.begin() as session:
        for kind, each in states.items():
            await mirrors.put(session, kind, orjson.dumps(each).decode())


async def surveyed(sessions: Sessions) -> Outcome | None:
    return await survey_city(sessions, now=utc_now())


async def test_who_reaches_what_is_told_by_neighbourhood(
    client: httpx.AsyncClient, city: None, sessions: Sessions
) -> None:
    outcome = await surveyed(sessions)
    query = {"area": "310101002", "category": "eldercare", "target_group": "elderly"}
    found = (await client.get("/v1/coverage", params=query)).json()
    unknown = await client.get("/v1/coverage", params={**query, "category": "law"})

    assert outcome == Outcome(units=2, kinds=5, gaps=2)
    near, far = found["units"]
    assert (near["covered"], near["people"], near["supply_index"]) == (True, 200, 200.0)
    assert (far["covered"], far["people"], far["one_more_place_serves"]) == (False, 300, 300)
    assert (found["circle_minutes"], round(found["circle_m"])) == (15, 865)
    assert (unknown.status_code, unknown.json()["type"]) == (404, "not-surveyed")


@pytest.mark.parametrize(
    ("status", "channels", "covered"),
    [("active", ["on_site"], True), ("suspended", None, False), ("suspended", ["at_home"], True)],
)
async def test_a_venue_that_is_shut_is_not_reached_but_who_comes_from_there_comes(
    client: httpx.AsyncClient,
    city: None,
    sessions: Sessions,
    status: str,
    channels: list[str] | None,
    covered: bool,
) -> None:
    venue = {"id": str(uuid4()), "lon": 121.506, "lat": 31.235}
    async with sessions.begin() as session:
        told = orjson.dumps([{**venue, "status": status}]).decode()
        await mirrors.put(session, Kind.VENUE, told)
    await published(sessions, venue=venue, channels=channels, target_groups=["elderly"])
    await surveyed(sessions)
    query = {"area": "310101002", "category": "eldercare", "target_group": "elderly"}
    _, far = (await client.get("/v1/coverage", params=query)).json()["units"]

    assert far["covered"] is covered


async def test_gaps_tell_what_a_street_lacks_and_nothing_of_the_few(
    client: httpx.AsyncClient, city: None, clerk: Header, sessions: Sessions
) -> None:
    for _ in range(12):
        await raised(client, clerk)
    for _ in range(3):
        need = await raised(client, clerk)
        answer = await moved(client, clerk, need, "unmet", reason="too_far")
        assert answer.status_code == 200, answer.text
    await surveyed(sessions)
    listed = (await client.get("/v1/gaps", params={"category": "eldercare"})).json()["items"]
    by_group = {each["target_group"]: each for each in listed}
    one = (await client.get(f"/v1/gaps/{by_group[None]['id']}")).json()

    assert set(by_group) == {None, "elderly"}
    assert by_group["elderly"]["open_needs"] == 12
    assert by_group["elderly"]["unmet_needs"] is None
    assert by_group["elderly"]["covered"] == 0.4
    assert by_group["elderly"]["unmet_by_reason"] == [{"reason": "too_far", "needs": None}]
    assert one == by_group[None]


async def test_places_are_short_for_who_has_none_and_not_for_who_has_one(
    client: httpx.AsyncClient, city: None, clerk: Header, provider: Header, sessions: Sessions
) -> None:
    wide = await published(sessions, capacity=12)
    full = await published(sessions, capacity=1)
    for _ in range(12):
        referral = await referred(client, clerk, wide)
        answer = await step(client, provider, referral, "answer", status="accepted")
        assert answer.status_code == 200, answer.text
    waiting = [await referred(client, clerk, full, wait=True) for _ in range(11)]
    for _ in range(15):
        need = await raised(client, clerk)
        await moved(client, clerk, need, "unmet", reason="too_far")
    await surveyed(sessions)
    listed = (await client.get("/v1/gaps", params={"category": "eldercare"})).json()["items"]
    everyone = next(each for each in listed if each["target_group"] is None)

    assert [each["status"] for each in waiting] == ["held", *["waitlisted"] * 10]
    assert (everyone["open_needs"], everyone["unmet_needs"]) == (10, 15)
    assert everyone["places_short"] == 25


async def test_the_best_site_for_one_more_place_is_where_most_have_none(
    client: httpx.AsyncClient, city: None, sessions: Sessions
) -> None:
    await surveyed(sessions)
    query = {"area": "310101", "category": "eldercare", "target_group": "elderly"}
    found = (await client.get("/v1/coverage/sites", params=query)).json()
    elsewhere = (await client.get("/v1/coverage/sites", params={**query, "area": "310104"})).json()
    too_many = await client.get("/v1/coverage/sites", params={**query, "count": 21})

    assert found["sites"] == [{"area_code": FAR, "adds": 300}]
    assert (found["waiting"], found["at_most"]) == (300, 300.0)
    assert (elsewhere["waiting"], elsewhere["sites"]) == (0, [])
    assert too_many.status_code == 422


async def test_inequality_of_streets_is_told(
    client: httpx.AsyncClient, city: None, sessions: Sessions
) -> None:
    await surveyed(sessions)
    query = {"category": "eldercare", "target_group": "elderly"}
    found = (await client.get("/v1/coverage/inequality", params=query)).json()

    assert (found["streets"], found["gini"], found["theil"]) == (1, 0.0, 0.0)


async def test_a_gap_keeps_its_id_through_surveys(
    client: httpx.AsyncClient, city: None, sessions: Sessions
) -> None:
    await surveyed(sessions)
    first = (await client.get("/v1/gaps")).json()["items"]
    await surveyed(sessions)
    second = (await client.get("/v1/gaps")).json()["items"]

    assert [each["id"] for each in first] == [each["id"] for each in second]
    assert all(each["unmet_needs"] in {0, None} for each in first)


async def test_demand_is_told_by_street_and_month_of_a_year(
    client: httpx.AsyncClient, city: None, clerk: Header
) -> None:
    for _ in range(12):
        await raised(client, clerk)
    year, month = utc_now().astimezone(CITY_ZONE).year, utc_now().astimezone(CITY_ZONE).month
    query = {"area": "310101", "category": "eldercare", "year": year}
    found = (await client.get("/v1/coverage/demand", params=query)).json()
    before = (await client.get("/v1/coverage/demand", params={**query, "year": year - 1})).json()

    (street,) = found["streets"]
    told = {each["month"]: (each["raised"], each["unserved"]) for each in street["months"]}
    assert street["area_code"] == "310101002000"
    assert told[month] == (12, 12)
    assert len(told) == 12
    assert before["streets"] == []


async def test_what_is_closed_unmet_stays_unserved(
    client: httpx.AsyncClient, city: None, clerk: Header
) -> None:
    async def unserved() -> int:
        query = {"area": "310101", "category": "eldercare", "year": now.year}
        found = (await client.get("/v1/coverage/demand", params=query)).json()
        told: int = found["streets"][0]["months"][now.month - 1]["unserved"]
        return told

    now = utc_now().astimezone(CITY_ZONE)
    needs = [await raised(client, clerk) for _ in range(24)]
    gone = [await raised(client, clerk) for _ in range(11)]
    for each in gone:
        assert (await moved(client, clerk, each, "withdrawn")).status_code == 200
    unmet = [(await moved(client, clerk, each, "unmet", reason="too_far")).json() for each in needs]
    assert await unserved() == 24

    for at, each in enumerate(unmet):
        ended = await moved(client, clerk, each, "closed" if at % 2 else "withdrawn")
        assert ended.status_code == 200, ended.text
    assert await unserved() == 24


async def test_of_two_who_survey_one_moment_one_writes(city: None, sessions: Sessions) -> None:
    now = utc_now()

    assert await survey_city(sessions, now=now) is not None
    assert await survey_city(sessions, now=now) is None


async def reached(session: AsyncSession, more: int) -> None:
    """The feed of areas has been followed by so many changes more."""
    await session.execute(
        text(
            "INSERT INTO feed_cursor AS c VALUES ('registry/area', '', :more, 1, false, now())"
            " ON CONFLICT (source) DO UPDATE SET position = c.position + :more"
        ),
        {"more": more},
    )


async def test_a_survey_of_what_was_half_read_does_not_stand(databases: Databases) -> None:
    """The first feed page has come when the city is looked at for the first time."""
    first, second = (
        orjson.dumps([area(code, 121.48, 31.235), *more]).decode()
        for code, more in ((NEAR, []), (FAR, [area("310101002003", 121.49, 31.24)]))
    )
    now, minute = utc_now(), timedelta(minutes=1)
    with databases.fresh("matching") as urls:
        async with database(urls.app, pool_size=1) as opened:
            seen = []
            for states, at in ((first, now), (second, now + minute)):
                async with opened.sessions.begin() as session:
                    await mirrors.put(session, Kind.AREA, states)
                    await reached(session, len(orjson.loads(states)))
                seen += [await worker.survey_city(opened, now=at + n * minute) for n in range(2)]

    assert [each and each.units for each in seen] == [1, None, 3, None]
