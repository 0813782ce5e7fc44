"""Within a tier a run serves who is verified before who merely says so, and says what is open."""

from typing import Any

import httpx
from sqlalchemy import text

from common.clock import city_day, utc_now
from common.db import Database
from tests.matching.cases import at, key, raised, tomorrow
from tests.matching.runs import PATH, asked, computed, offering, publish

Header = dict[str, str]
POOR = {"standing": [{"kind": "minimum_living"}]}
NEAR, OFF = {"lon": 121.4811, "lat": 31.2352}, {"lon": 121.4990, "lat": 31.2352}


def reserved(lon: float, capacity: int) -> dict[str, Any]:
    """A place for who is known to live on the minimum."""
    terms = {"age_min": None, "age_max": None, "groups_any": [], "hardship": ["minimum_living"]}
    terms |= {"disability": None, "household_areas": [], "residence": "either"}
    return offering(lon, capacity, eligibility=terms)


async def shown(calls: httpx.AsyncClient, clerk: Header, need: dict[str, Any]) -> None:
    """Somebody has looked: it is so."""
    proof = {"confirmed": True, "source": "民政低保系统", "determined_on": str(city_day(utc_now()))}
    answer = await calls.post(
        f"/v1/needs/{need['id']}/standing/minimum_living/verification",
        json={**proof, "expires_on": tomorrow(365)},
        headers={**clerk, **key(), **at(need["version"])},
    )
    assert answer.status_code == 200, answer.text


async def one_tier(opened: Database) -> None:
    """Let only the standing tell them apart."""
    async with opened.sessions.begin() as session:
        await session.execute(text("UPDATE need SET urgency = 2"))


async def chosen(
    calls: httpx.AsyncClient, head: Header, run: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    items = (await calls.get(f"{PATH}/{run['id']}/choices", headers=head)).json()["items"]
    return {each["need_id"]: each for each in items}


async def test_a_place_for_the_verified_goes_to_the_verified_though_another_is_nearer(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    await publish(opened.sessions, reserved(121.481, 1))
    verified = await raised(calls, clerk, **POOR, **OFF)
    declared = await raised(calls, clerk, **POOR, **NEAR)
    await shown(calls, clerk, verified)
    await one_tier(opened)
    run = await computed(calls, head, opened, await asked(calls, head))
    found = await chosen(calls, head, run)

    assert run["policy"]["unverified_m"] > 4_500
    assert found[declared["id"]]["reason"] == "all_places_taken"
    assert found[verified["id"]]["reason"] is None
    assert found[verified["id"]]["rule"] is None
    assert 2_000 < found[verified["id"]]["walking_m"] < 2_500


async def test_who_is_served_before_somebody_looked_is_shown_as_such(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    await publish(opened.sessions, reserved(121.481, 2))
    declared = await raised(calls, clerk, **POOR, **NEAR)
    run = await computed(calls, head, opened, await asked(calls, head))
    found = await chosen(calls, head, run)

    assert sum(run["served_by_tier"]) == 1
    assert found[declared["id"]]["rule"] == "hardship"
    assert found[declared["id"]]["walking_m"] < 50


async def test_a_place_that_only_spares_a_verification_serves_nobody_more(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    sure, open_to_all = reserved(121.481, 2), offering(121.482, 1)
    await publish(opened.sessions, sure, open_to_all)
    for _ in range(2):
        await raised(calls, clerk, **POOR, **NEAR)
    await one_tier(opened)
    run = await computed(calls, head, opened, await asked(calls, head))
    prices = (await calls.get(f"{PATH}/{run['id']}/prices", headers=head)).json()["items"]

    assert [each["offering_id"] for each in prices] == [open_to_all["id"]]
    assert prices[0]["serves_one_more"] is False
