"""A place is held only for those whom the offering takes; what is unknown is left open."""

from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from sqlalchemy import text

from common import mirrors
from common.clock import city_day, utc_now
from common.contracts.feeds import Kind
from tests.matching.cases import Sessions, at, key, published, raised, refer

Header = dict[str, str]
PERSON = {
    "profile": {"age_band": "60-69", "groups": ["elderly"], "household_area": "310104"},
    "standing": [{"kind": "disability", "grade": 3}],
}


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ({"age_min": 70}, "age_min"),
        ({"age_max": 59}, "age_max"),
        ({"groups_any": ["child"]}, "groups_any"),
        ({"disability": "severe"}, "disability"),
        ({"household_areas": ["310115"]}, "household_areas"),
    ],
)
async def test_a_rule_that_is_not_met_is_named_and_no_place_is_taken(
    client: httpx.AsyncClient,
    resident: Header,
    sessions: Sessions,
    asked: dict[str, Any],
    rule: str,
) -> None:
    need = await raised(client, resident, **PERSON)
    answer = await refer(client, resident, need, await published(sessions, eligibility=asked))

    assert (answer.status_code, answer.json()["type"]) == (409, "not-eligible")
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{rule}"]
    still = await client.get(f"/v1/needs/{need['id']}", headers=resident)
    assert still.json()["status"] == "open"


@pytest.mark.parametrize(
    "asked",
    [
        {"age_min": 60, "groups_any": ["elderly", "child"]},
        {"age_min": 65},
        {"disability": "any"},
        {"hardship": ["destitute"]},
        {"household_areas": ["310104"], "residence": "registered"},
        {"household_areas": ["310101002"], "residence": "living"},
    ],
)
async def test_what_is_met_or_not_known_is_referred(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions, asked: dict[str, Any]
) -> None:
    need = await raised(client, resident, **PERSON)
    answer = await refer(client, resident, need, await published(sessions, eligibility=asked))

    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("kind", "asked", "status"),
    [
        ("minimum_living", {"hardship": ["minimum_living"]}, 409),
        ("minimum_living", {"hardship": ["minimum_living", "low_income"]}, 201),
        ("disability", {"disability": "any"}, 409),
    ],
)
async def test_what_was_looked_at_and_is_not_so_is_no_more_open(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    sessions: Sessions,
    kind: str,
    asked: dict[str, Any],
    status: int,
) -> None:
    need = await raised(client, resident, standing=[{"kind": kind}])
    found = {"confirmed": False, "source": "民政核对", "determined_on": str(city_day(utc_now()))}
    await client.post(
        f"/v1/needs/{need['id']}/standing/{kind}/verification",
        json=found,
        headers={**clerk, **key(), **at(need["version"])},
    )

    answer = await refer(client, clerk, need, await published(sessions, eligibility=asked))

    assert answer.status_code == status, answer.text


async def test_a_need_goes_to_offerings_of_its_category_and_those_under_it(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    need = await raised(client, resident, category="meal")
    other = await published(sessions, category="repair", category_path="everyday/repair")

    refused = await refer(client, resident, need, other)
    made = await refer(client, resident, need, await published(sessions))

    assert refused.json()["errors"][0]["pointer"] == "/category"
    assert made.status_code == 201


@pytest.mark.parametrize(
    ("status", "channels", "is_refused"),
    [
        ("suspended", ["on_site"], True),
        ("closed", ["on_site"], True),
        ("suspended", None, True),
        ("active", ["on_site"], False),
        ("suspended", ["on_site", "at_home"], False),
        (None, ["on_site"], False),  # the venue is not known here yet
    ],
)
async def test_nobody_is_referred_to_a_venue_that_is_shut(
    client: httpx.AsyncClient,
    resident: Header,
    sessions: Sessions,
    status: str | None,
    channels: list[str] | None,
    is_refused: bool,
) -> None:
    venue_id = str(uuid4())
    if status is not None:
        told = {"id": venue_id, "opening_hours": None, "status": status}
        async with sessions.begin() as session:
            await mirrors.put(session, Kind.VENUE, orjson.dumps([told]).decode())
    there = {"id": venue_id, "lon": 121.481, "lat": 31.2352}
    offering_id = await published(sessions, venue=there, channels=channels or ["on_site"])
    if channels is None:  # as the release before has kept it
        async with sessions.begin() as session:
            await session.execute(text("UPDATE supply SET channels = NULL"))
    need = await raised(client, resident)
    answer = await refer(client, resident, need, offering_id)

    if is_refused:
        assert (answer.status_code, answer.json()["type"]) == (409, "not-eligible")
        [error] = answer.json()["errors"]
        assert (error["pointer"], error["value"]) == ("/venue", "closed")
    else:
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("status", "channels", "is_listed"),
    [("closed", ["on_site"], True), ("active", ["on_site"], False), ("closed", ["at_home"], False)],
)
async def test_whose_venue_shuts_before_the_day_is_on_a_list(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    sessions: Sessions,
    status: str,
    channels: list[str],
    is_listed: bool,
) -> None:
    venue_id = str(uuid4())
    there = {"id": venue_id, "lon": 121.481, "lat": 31.2352}
    offering_id = await published(sessions, venue=there, channels=channels)
    made = (await refer(client, resident, await raised(client, resident), offering_id)).json()
    told = {"id": venue_id, "opening_hours": None, "status": status}
    async with sessions.begin() as session:
        await mirrors.put(session, Kind.VENUE, orjson.dumps([told]).decode())

    for header in (resident, clerk):
        answer = await client.get("/v1/referrals", params={"venue_shut": True}, headers=header)
        assert [each["id"] for each in answer.json()["items"]] == [made["id"]] * is_listed
