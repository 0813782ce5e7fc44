"""Rosters that change: what is refused anew, what is counted anew, who cannot be in two places."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.clock import utc_now
from common.db import database
from deploy.local.environment import Urls
from registry.worker import remind
from tests.registry.inventory import made, patched, pointers, slug
from tests.registry.rooms import ALWAYS, at, day_after, house, roster
from tests.registry.service.test_duties import away, refuse
from tests.registry.small_city import key, listing, upload

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
POST = {"title": "值班社工", "phone": "021-63210002"}
LONG = {"weekly": [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "06:00", "closes": "22:00"}]}


@pytest.fixture
async def venue(small_city: httpx.AsyncClient, clerk: Header) -> dict[str, Any]:
    return await house(small_city, clerk)


async def person(client: httpx.AsyncClient, header: Header, name: str) -> str:
    body = {"kind": "staff", "name": name, "area_code": "310101002000"}
    return str((await made(client, header, "/v1/people", body))["id"])


async def test_a_rule_that_refuses_gaps_refuses_no_step_that_opens_none(
    small_city: httpx.AsyncClient, clerk: Header, venue: dict[str, Any], sessions: Sessions
) -> None:
    duty = await made(small_city, clerk, "/v1/duties", roster(venue["id"], b=POST))
    for day in (1, 3):
        times = {"starts_at": at("09:00", day), "ends_at": at("10:00", day)}
        for post in "ab":
            assert (await away(small_city, clerk, duty, post=post, **times)).status_code == 201
    await refuse(sessions)
    address = f"/v1/duties/{duty['id']}"
    first = (await small_city.get(f"{address}/substitutions", headers=clerk)).json()[0]
    back = await small_city.delete(f"{address}/substitutions/{first['id']}", headers=clerk)
    now = (await small_city.get(address)).json()
    phone = await patched(small_city, clerk, "/v1/duties", now, {"a": {**POST, "title": "站长"}})
    times = {"starts_at": at("11:00", 5), "ends_at": at("12:00", 5)}
    one = await away(small_city, clerk, duty, **times)
    both = await away(small_city, clerk, duty, post="b", **times)

    assert [back.status_code, phone.status_code, one.status_code] == [204, 200, 201]
    assert now["uncovered_minutes"] == 60
    assert slug(both) == "duty-uncovered"
    told = [each["value"] for each in both.json()["errors"]]
    assert told == [f"{day_after(5)} 11:00–12:00"]


async def test_hours_that_grow_are_counted_in_rosters_that_stand(
    small_city: httpx.AsyncClient, clerk: Header, venue: dict[str, Any]
) -> None:
    week = {"weekly": ALWAYS["weekly"]}
    posts = {"a": {**POST, "hours": week}, "b": {**POST, "hours": week}}
    duty = await made(small_city, clerk, "/v1/duties", roster(venue["id"], days=2, **posts))
    longer = {**LONG, "on_holiday": "own_hours", "holiday_hours": ALWAYS["holiday_hours"]}
    grown = await patched(small_city, clerk, "/v1/venues", venue, {"opening_hours": longer})
    after = (await small_city.get(f"/v1/duties/{duty['id']}")).json()

    assert (duty["uncovered_minutes"], after["uncovered_minutes"]) == (0, 2 * 120)
    assert (grown.status_code, after["version"]) == (200, 2)


async def test_nobody_is_responsible_in_two_places_at_once(
    small_city: httpx.AsyncClient, clerk: Header, venue: dict[str, Any]
) -> None:
    other = await house(small_city, clerk, name="别处站", area_code="310101002003")
    one, two = [await person(small_city, clerk, name) for name in ("甲", "乙")]
    posts = {"a": {**POST, "person_id": one}, "b": {**POST, "person_id": two}}
    duty = await made(small_city, clerk, "/v1/duties", roster(venue["id"], **posts))
    there = roster(other["id"], a={**POST, "person_id": one}, b=POST)
    twice = await small_city.post("/v1/duties", json=there, headers={**clerk, **key()})
    night = [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "22:00", "closes": "23:00"}]
    hours = {"weekly": night}
    later = {**there, "a": {**there["a"], "hours": hours}, "b": {**POST, "person_id": two}}
    behind = await made(small_city, clerk, "/v1/duties", later)
    wider = await patched(small_city, clerk, "/v1/duties", behind, {"a": there["a"]})
    stand_in = {**POST, "person_id": two}
    himself = await away(small_city, clerk, duty, stand_in=stand_in)

    assert [(each.status_code, pointers(each)) for each in (twice, wider)] == [
        (422, ["/a/person_id"]),
        (422, ["/a/person_id"]),
    ]
    assert "云中社区食堂" in twice.json()["errors"][0]["message"]
    assert (himself.status_code, pointers(himself)) == (422, ["/stand_in/person_id"])


async def test_a_district_may_look_further_ahead(
    live_client: httpx.AsyncClient,
    city: Header,
    clerk: Header,
    fresh_database: Urls,
) -> None:
    assert (await upload(live_client, city, listing())).status_code == 201
    there = await house(live_client, clerk)
    await made(live_client, clerk, "/v1/duties", roster(there["id"], days=20, b=POST))
    own = (
        "INSERT INTO rule SELECT (jsonb_populate_record(r, jsonb_build_object("
        "'id', gen_random_uuid(), 'jurisdiction', '310101', 'value', '30'))).*"
        " FROM rule r WHERE code = 'duty.reminder_days'"
    )

    async with database(fresh_database.app, pool_size=1, journal=False) as opened:
        before = await remind(opened, now=utc_now())
        async with opened.sessions.begin() as session:
            await session.execute(text(own))
        after = await remind(opened, now=utc_now())

    assert (before, after) == (0, 1)
