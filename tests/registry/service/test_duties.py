"""Duty through the public API: who answers, who stands in, and hours that nobody covers."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.clock import utc_now
from common.db import database
from deploy.local.environment import Urls
from registry.worker import remind
from tests.registry.inventory import made, patched, pointers, slug
from tests.registry.rooms import at, day_after, house, roster
from tests.registry.small_city import key, listing, upload

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
MORNINGS = {"weekly": [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "08:00", "closes": "12:00"}]}


@pytest.fixture
async def venue(small_city: httpx.AsyncClient, clerk: Header) -> dict[str, Any]:
    return await house(small_city, clerk)


async def on_duty(client: httpx.AsyncClient, venue: dict[str, Any], instant: str) -> Any:
    answer = await client.get(f"/v1/venues/{venue['id']}/on-duty", params={"at": instant})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def away(
    client: httpx.AsyncClient, header: Header, duty: dict[str, Any], **more: Any
) -> httpx.Response:
    asked = {"post": "a", "reason": "leave", "starts_at": at("09:00"), "ends_at": at("12:00")}
    address = f"/v1/duties/{duty['id']}/substitutions"
    return await client.post(address, json={**asked, **more}, headers={**header, **key()})


async def refuse(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        refused = "UPDATE rule SET value = 'refuse' WHERE code = 'duty.uncovered'"
        await session.execute(text(refused))


async def test_a_answers_and_b_stands_behind(
    small_city: httpx.AsyncClient, clerk: Header, venue: dict[str, Any]
) -> None:
    duty = await made(small_city, clerk, "/v1/duties", roster(venue["id"], b=_post(None)))
    open_ = await on_duty(small_city, venue, at("10:00"))
    night = await on_duty(small_city, venue, at("23:00"))
    later = await on_duty(small_city, venue, at("10:00", 40))

    assert duty["uncovered_minutes"] == 0
    assert open_["answering"] == {
        "post": "a",
        "title": "站长",
        "phone": "021-63210001",
        "is_stand_in": False,
    }
    assert open_["next_in_line"]["post"] == "b"
    assert (night["is_open"], night["answering"]) == (False, None)
    assert (later["is_open"], later["answering"]) == (True, None)


def _post(hours: Any, **more: Any) -> dict[str, Any]:
    return {"title": "值班社工", "phone": "021-63210002", "hours": hours, **more}


async def test_who_stands_in_answers_and_the_reason_stays_inside(
    small_city: httpx.AsyncClient, clerk: Header, venue: dict[str, Any]
) -> None:
    duty = await made(small_city, clerk, "/v1/duties", roster(venue["id"], b=_post(None)))
    stand_in = {"title": "副站长", "phone": "021-63210003"}
    filled = await away(small_city, clerk, duty, stand_in=stand_in)
    overlap = await away(small_city, clerk, duty, ends_at=at("11:00"))
    empty = await away(small_city, clerk, duty, starts_at=at("13:00"), ends_at=at("15:00"))
    inside = await on_duty(small_city, venue, at("10:00"))
    absent = await on_duty(small_city, venue, at("14:00"))
    address = f"/v1/duties/{duty['id']}/substitutions"
    kept = (await small_city.get(address, headers=clerk)).json()
    gone = await small_city.delete(f"{address}/{kept[0]['id']}", headers=clerk)
    after = await on_duty(small_city, venue, at("10:00"))
    history = (await small_city.get(address, headers=clerk)).json()

    assert (overlap.status_code, slug(overlap)) == (409, "substitution-overlaps")
    assert inside["answering"]["title"] == "副站长"
    assert inside["answering"]["is_stand_in"]
    assert (absent["answering"]["post"], absent["next_in_line"]) == ("b", None)
    assert "reason" not in filled.json()["substitutions"][0]
    assert empty.json()["uncovered_minutes"] == 0
    assert [each["reason"] for each in kept] == ["leave", "leave"]
    assert gone.status_code == 204
    assert after["answering"]["title"] == "站长"
    assert history[0]["cancelled_at"] is not None


async def test_uncovered_hours_are_flagged_or_refused_by_the_rule(
    small_city: httpx.AsyncClient, clerk: Header, venue: dict[str, Any], sessions: Sessions
) -> None:
    half = roster(venue["id"], days=2, a=_post(MORNINGS), b=_post(MORNINGS))
    flagged = await made(small_city, clerk, "/v1/duties", half)
    await refuse(sessions)
    shifted = {**half, "valid_from": half["valid_to"], "valid_to": str(day_after(4))}
    refused = await small_city.post("/v1/duties", json=shifted, headers={**clerk, **key()})
    mended = await patched(small_city, clerk, "/v1/duties", flagged, {"b": _post(None)})
    both_away = await away(small_city, clerk, flagged)
    nobody = await away(small_city, clerk, flagged, post="b")

    assert flagged["uncovered_minutes"] == 2 * 10 * 60
    assert (refused.status_code, slug(refused)) == (409, "duty-uncovered")
    assert refused.json()["errors"][0]["value"] == f"{day_after(2)} 12:00–22:00"
    assert mended.json()["uncovered_minutes"] == 0
    assert both_away.status_code == 201
    assert slug(nobody) == "duty-uncovered"


async def test_gaps_ahead_name_venues_without_a_roster_too(
    small_city: httpx.AsyncClient, clerk: Header, venue: dict[str, Any]
) -> None:
    bare = await house(small_city, clerk, name="空岗站", area_code="310101002003")
    duty = await made(small_city, clerk, "/v1/duties", roster(venue["id"], days=5))
    await away(small_city, clerk, duty)
    await away(small_city, clerk, duty, post="b")
    asked = {"area": "310101002", "from": str(day_after()), "days": 6}
    told = (await small_city.get("/v1/duty-gaps", params=asked, headers=clerk)).json()

    assert [(each["venue_id"], each["has_roster"]) for each in told] == [
        (venue["id"], True),
        (bare["id"], False),
    ]
    assert [each["uncovered_minutes"] for each in told] == [2 * 14 * 60 + 180, 6 * 14 * 60]
    assert [each["starts_at"] for each in told[0]["stretches"]] == [
        f"{day_after()}T01:00:00Z",  # 09:00 in the city, both away
        f"{day_after(5)}T00:00:00Z",  # 08:00, no roster any more
        f"{day_after(6)}T00:00:00Z",
    ]


async def test_reminders_name_what_is_short_once_until_it_is_covered(
    live_client: httpx.AsyncClient,
    city: Header,
    clerk: Header,
    fresh_database: Urls,
) -> None:
    assert (await upload(live_client, city, listing())).status_code == 201
    there = await house(live_client, clerk)
    await house(live_client, clerk, name="从未排班", area_code="310101002003")
    duty = await made(live_client, clerk, "/v1/duties", roster(there["id"], days=5))

    async def reminded() -> list[dict[str, Any]]:
        async with database(fresh_database.app, pool_size=1, journal=False) as opened:
            await remind(opened, now=utc_now())
        answer = await live_client.get("/v1/duty-reminders?area=310101002", headers=clerk)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    first, again = await reminded(), await reminded()
    longer = {"valid_to": str(day_after(30))}
    edited = await patched(live_client, clerk, "/v1/duties", duty, longer)
    after = await reminded()
    beyond = await live_client.get("/v1/duty-reminders?area=310104", headers=clerk)

    assert [each["venue_id"] for each in first] == [there["id"]]
    assert first[0]["first_gap_at"] == f"{day_after(5)}T00:00:00Z"
    assert again == first
    assert edited.status_code == 200
    assert after == []
    assert slug(beyond) == "out-of-area"


async def test_one_roster_at_a_time_and_two_different_persons(
    small_city: httpx.AsyncClient, clerk: Header, venue: dict[str, Any]
) -> None:
    body, person = roster(venue["id"]), str(uuid4())
    await made(small_city, clerk, "/v1/duties", body)
    twice = await small_city.post("/v1/duties", json=body, headers={**clerk, **key()})
    later = {**body, "valid_from": str(day_after(60)), "valid_to": str(day_after(90))}
    alone = {**later, "a": _post(None, person_id=person), "b": _post(None, person_id=person)}
    same = await small_city.post("/v1/duties", json=alone, headers={**clerk, **key()})
    long = {**later, "valid_to": str(day_after(60) + timedelta(days=400))}
    far = await small_city.post("/v1/duties", json=long, headers={**clerk, **key()})

    assert (twice.status_code, slug(twice)) == (409, "roster-overlaps")
    assert (same.status_code, pointers(same)) == (422, ["/b/person_id"])
    assert (far.status_code, pointers(far)) == (422, ["/valid_to"])
