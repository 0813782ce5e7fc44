"""What is shared on condition is asked for, granted for a time, taken up, and then flows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from common.auth.roles import Role
from common.clock import city_day, utc_now
from common.exchange.place import Place
from common.feed.cursor import Cursor

Header = dict[str, str]
WISH = {"kind": "need", "area": "310101", "purpose": "供需分析", "basis": "三定方案第二条"}


@pytest.fixture
def app(bearer: Callable[..., Header]) -> Header:
    return bearer(Role.PORTAL_APP, area="31", subject="citizen")


@pytest.fixture
def office(bearer: Callable[..., Header]) -> Header:
    return bearer(Role.DISTRICT_OFFICE, area="310101", subject="shen")


def until(days: int) -> dict[str, str]:
    return {"valid_to": str(city_day(utc_now()) + timedelta(days)), "conditions": "不得转交"}


async def asked(client: httpx.AsyncClient, app: Header, **wish: str) -> httpx.Response:
    headers = {**app, "Idempotency-Key": str(uuid4())}
    return await client.post("/v1/subscriptions", json=WISH | wish, headers=headers)


async def step(
    client: httpx.AsyncClient, by: Header, row: dict[str, Any], name: str, **said: str
) -> httpx.Response:
    headers = {**by, "Idempotency-Key": str(uuid4()), "If-Match": f'"v{row["version"]}"'}
    body = said or None
    return await client.post(f"/v1/subscriptions/{row['id']}/{name}", json=body, headers=headers)


async def passes(client: httpx.AsyncClient, by: Header, path: str = "", **query: str) -> bool:
    """Whether a reader comes past the door. Nothing is numbered here: behind it stands a 503."""
    answer = await client.get(f"/exchange/v1/need{path}", params=query, headers=by)
    assert answer.status_code == 503 or slug(answer) == (403, "subscription-needed"), answer.text
    return answer.status_code == 503


async def granted(client: httpx.AsyncClient, app: Header, office: Header) -> dict[str, Any]:
    row = (await asked(client, app)).json()
    row = (await step(client, office, row, "approval", **until(30))).json()
    answer = await step(client, app, row, "acceptance")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


async def test_data_flow_from_acceptance_to_termination_and_no_longer(
    client: httpx.AsyncClient, app: Header, office: Header
) -> None:
    row = (await asked(client, app)).json()
    assert (row["status"], row["is_in_force"]) == ("requested", False)
    assert not await passes(client, app)
    row = (await step(client, office, row, "approval", **until(30))).json()
    assert not await passes(client, app)
    row = (await step(client, app, row, "acceptance")).json()
    assert (row["status"], row["is_in_force"], row["decided_by"]) == ("active", True, "shen")
    for path in ("", "/digests", "/archive"):
        assert await passes(client, app, path)
    row = (await step(client, office, row, "termination", reason="用途已了")).json()

    assert (row["status"], row["reason"]) == ("ended", "用途已了")
    for path in ("", "/digests", "/archive"):
        assert not await passes(client, app, path)


async def test_a_subscription_reaches_no_further_than_its_area_and_its_day(
    client: httpx.AsyncClient, app: Header, office: Header, sessions: Any
) -> None:
    await granted(client, app, office)
    assert await passes(client, app, area="310101002")
    for area in ("31", "310105"):
        answer = await client.get("/exchange/v1/need", params={"area": area}, headers=app)
        assert slug(answer) == (403, "out-of-area")
    async with sessions.begin() as session:
        await session.execute(text("UPDATE data_subscription SET valid_to = current_date - 1"))

    assert not await passes(client, app)


async def test_another_app_gains_nothing_by_it(
    client: httpx.AsyncClient, app: Header, office: Header, bearer: Any
) -> None:
    row = await granted(client, app, office)
    other = bearer(Role.PORTAL_APP, area="31", subject="gateway")

    assert not await passes(client, other)
    path = f"/v1/subscriptions/{row['id']}"
    assert slug(await client.get(path, headers=other)) == (404, "not-found")
    assert slug(await step(client, other, row, "withdrawal", reason="x")) == (404, "not-found")
    assert (await client.get("/v1/subscriptions", headers=other)).json()["items"] == []


async def test_an_office_decides_only_what_lies_in_its_area(
    client: httpx.AsyncClient, app: Header, bearer: Any
) -> None:
    row = (await asked(client, app)).json()
    elsewhere = bearer(Role.DISTRICT_OFFICE, area="310105")
    city = bearer(Role.CITY_OFFICE, area="31")

    refused = await step(client, elsewhere, row, "approval", **until(30))
    assert slug(refused) == (404, "not-found")
    returned = await step(client, city, row, "return", reason="依据不足")
    assert (returned.json()["status"], returned.json()["reason"]) == ("returned", "依据不足")
    again = await asked(client, app)
    assert again.status_code == 201


async def test_what_cannot_be_asked_for_is_refused_by_name(
    client: httpx.AsyncClient, app: Header, office: Header
) -> None:
    assert slug(await asked(client, app, kind="gap")) == (422, "not-shared-on-condition")
    assert slug(await asked(client, app, kind="case")) == (422, "not-shared-on-condition")
    assert slug(await asked(client, app, kind="referral")) == (422, "not-shared-on-condition")
    assert slug(await asked(client, app, area="32")) == (403, "out-of-area")
    row = (await asked(client, app)).json()
    assert slug(await asked(client, app)) == (409, "already-requested")
    assert slug(await step(client, app, row, "acceptance")) == (409, "subscription-cannot-move")
    late = await step(client, office, row, "approval", **until(0))
    assert (slug(late), late.json()["errors"][0]["pointer"]) == ((422, "invalid"), "/valid_to")
    row["version"] = 7
    assert slug(await step(client, office, row, "approval", **until(9))) == (412, "stale-version")


async def test_a_pseudonym_by_which_raters_are_checked_goes_to_no_app(
    client: httpx.AsyncClient, app: Header
) -> None:
    answer = await client.get("/exchange/v1/referral", headers=app)

    assert slug(answer) == (403, "not-shared")


async def test_a_service_reads_without_asking(client: httpx.AsyncClient, bearer: Any) -> None:
    service = bearer(Role.SERVICE, area="31")

    assert await passes(client, service)


async def test_a_pull_takes_one_connection_at_a_time(
    apps: Any, fresh_database: Any, app: Header, office: Header
) -> None:
    alone = {"pool_size": "1", "worker": "false"}
    async with apps.live("matching", fresh_database, **alone) as client:
        await granted(client, app, office)
        answer = await client.get("/exchange/v1/need", headers=app)

    assert answer.json()["detail"].startswith("数据交换")  # not numbered: a 503 of the exchange


async def test_a_subscription_is_renewed_without_a_day_between(
    client: httpx.AsyncClient, app: Header, office: Header
) -> None:
    old = await granted(client, app, office)
    row = (await asked(client, app)).json()
    assert slug(await asked(client, app)) == (409, "already-requested")
    assert await passes(client, app)
    row = (await step(client, office, row, "approval", **until(60))).json()
    assert await passes(client, app)
    row = (await step(client, app, row, "acceptance")).json()

    assert (row["status"], row["is_in_force"]) == ("active", True)
    assert await passes(client, app)
    before = (await client.get(f"/v1/subscriptions/{old['id']}", headers=app)).json()
    assert (before["status"], row["id"] in before["reason"]) == ("ended", True)


async def test_what_has_lapsed_stands_in_nobodys_way_and_is_not_taken_up(
    client: httpx.AsyncClient, app: Header, office: Header, sessions: Any
) -> None:
    async def lapse() -> None:
        async with sessions.begin() as session:
            await session.execute(text("UPDATE data_subscription SET valid_to = current_date - 1"))

    old = await granted(client, app, office)
    await lapse()
    row = (await asked(client, app)).json()
    row = (await step(client, office, row, "approval", **until(60))).json()
    await lapse()
    late = await step(client, app, row, "acceptance")
    again = await asked(client, app)

    assert slug(late) == (409, "subscription-lapsed")
    assert again.status_code == 201
    seen = (await client.get("/v1/subscriptions", headers=app)).json()["items"]
    assert [each["status"] for each in seen] == ["ended", "ended", "requested"]
    assert seen[0]["id"] == old["id"]


async def test_a_cursor_of_an_area_that_may_be_read_no_more_says_begin_anew(
    client: httpx.AsyncClient, app: Header, office: Header, sessions: Any
) -> None:
    await granted(client, app, office)
    cursor = Place("need", Cursor(7, "f" * 16, 0, "310101"), 7).token()
    assert await passes(client, app, cursor=cursor)
    async with sessions.begin() as session:
        await session.execute(text("UPDATE data_subscription SET area = '310101002'"))
    for path in ("", "/archive"):
        answer = await client.get(
            f"/exchange/v1/need{path}", params={"cursor": cursor}, headers=app
        )
        assert slug(answer) == (410, "feed-cursor-gone")
        assert "cursor" not in answer.headers["link"]
        assert "area=" not in answer.headers["link"]

    assert await passes(client, app)
