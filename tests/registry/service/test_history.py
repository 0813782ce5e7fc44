"""Every change of a record: who, when, from what to what; and the record as it was."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.roles import Role
from common.clock import city_day, utc_now
from tests.registry.inventory import patched, published, slug, venue
from tests.registry.small_city import area

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]


async def history(
    client: httpx.AsyncClient, header: Header, kind: str, record: dict[str, Any], **query: Any
) -> dict[str, Any]:
    answer = await client.get(f"/v1/history/{kind}/{record['id']}", headers=header, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_edit_tells_who_changed_what_from_what_to_what(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    new = await venue(small_city, clerk)
    await patched(small_city, clerk, "/v1/venues", new, {"name": "新食堂", "phone": "021-63210000"})

    found = await history(small_city, clerk, "venue", new)

    edit, making = found["items"]
    assert (edit["version"], making["version"]) == (2, 1)
    assert edit["by"] == making["by"] != ""
    assert {(c["name"], c["before"], c["after"]) for c in edit["changes"]} == {
        ("name", "云中社区食堂", "新食堂"),
        ("phone", None, "021-63210000"),
    }
    assert {c["label"] for c in edit["changes"]} == {"名称", "对外电话"}
    assert {"name", "kind", "area_code", "address", "hours"} <= {
        c["name"] for c in making["changes"]
    }
    assert found["next"] is None


async def test_pages_of_changes_hang_together(small_city: httpx.AsyncClient, clerk: Header) -> None:
    record = await venue(small_city, clerk, name="第1名")
    for n in range(2, 6):
        answer = await patched(small_city, clerk, "/v1/venues", record, {"name": f"第{n}名"})
        record = answer.json()

    walked: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        query = {"limit": 2} | ({"after": after} if after else {})
        page = await history(small_city, clerk, "venue", record, **query)
        walked += page["items"]
        if (after := page["next"]) is None:
            break

    assert [each["version"] for each in walked] == [5, 4, 3, 2, 1]
    assert [each["changes"][0]["before"] for each in walked[:-1]] == [
        f"第{n}名" for n in (4, 3, 2, 1)
    ]


async def test_an_offering_that_follows_its_venue_says_so(
    small_city: httpx.AsyncClient, city: Header
) -> None:
    offering = await published(small_city, city)
    place = (await small_city.get(f"/v1/venues/{offering['venue']['id']}")).json()
    await patched(small_city, city, "/v1/venues", place, {"area_code": "310101002002"})

    newest = (await history(small_city, city, "offering", offering))["items"][0]

    moved = [c for c in newest["changes"] if c["name"] == "area_code"]
    assert [(c["before"], c["after"]) for c in moved] == [("310101002001", "310101002002")]


async def test_a_record_is_shown_as_it_was_on_a_day(
    small_city: httpx.AsyncClient, clerk: Header, sessions: Sessions
) -> None:
    record = await venue(small_city, clerk)
    async with sessions.begin() as session:
        await session.execute(text("UPDATE venue SET updated_at = now() - interval '2 days'"))
    await patched(small_city, clerk, "/v1/venues", record, {"name": "后来的名称"})

    def day(back: int) -> dict[str, str]:
        return {"on": str(city_day(utc_now()) - timedelta(days=back))}

    path = f"/v1/history/venue/{record['id']}/state"
    now = (await small_city.get(path, headers=clerk)).json()
    then = (await small_city.get(path, headers=clerk, params=day(1))).json()
    before = await small_city.get(path, headers=clerk, params=day(4))

    assert (now["record"]["name"], now["version"], now["is_current"]) == ("后来的名称", 2, True)
    assert (then["record"]["name"], then["version"]) == ("云中社区食堂", 1)
    assert then["is_current"] is False
    assert (before.status_code, slug(before)) == (404, "not-yet-there")


async def test_history_is_for_the_desks_of_the_area(
    small_city: httpx.AsyncClient, clerk: Header, bearer: Callable[..., Header]
) -> None:
    record = await venue(small_city, clerk)
    path = f"/v1/history/venue/{record['id']}"
    elsewhere = bearer(Role.CLERK, area="310105001", line="civil_affairs")
    provider = bearer(Role.PROVIDER, org="0198c0de-0000-7000-8000-000000000001")

    answers = [
        await small_city.get(path + end, headers=who)
        for who in (elsewhere, provider, {})
        for end in ("", "/state")
    ]

    assert [a.status_code for a in answers] == [403, 403, 403, 403, 401, 401]


async def test_an_area_tells_its_changes_and_an_unknown_record_is_not_found(
    small_city: httpx.AsyncClient, city: Header
) -> None:
    town = await area(small_city, "310101002000")
    found = await history(small_city, city, "area", town)
    missing = await small_city.get(f"/v1/history/venue/{town['id']}", headers=city)

    assert found["items"][-1]["version"] == 1
    assert (missing.status_code, slug(missing)) == (404, "not-found")


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM record_version", "UPDATE record_version SET made_by = 'x'"],
)
async def test_nobody_rewrites_history(
    small_city: httpx.AsyncClient, clerk: Header, sessions: Sessions, statement: str
) -> None:
    record = await venue(small_city, clerk)
    await patched(small_city, clerk, "/v1/venues", record, {"name": "新名"})

    with pytest.raises(DBAPIError, match="only grows"):
        async with sessions.begin() as session:
            await session.execute(text(statement))
    assert (await history(small_city, clerk, "venue", record))["items"][0]["version"] == 2
