"""Draws through the API: bound before the list is known, and drawn again by anybody."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from common.clock import city_day, utc_now
from common.crypto.digest import sm3
from feedback.domain import sortition
from tests.feedback.polls import STREET_AREA, Sessions, send

Header = dict[str, str]
STRATA = [
    {"code": "young", "name": "60岁以下", "seats": 2},
    {"code": "old", "name": "60岁及以上", "seats": 1},
]
CANDIDATES = [{"code": f"Y{at}", "stratum": "young"} for at in range(5)] + [
    {"code": f"O{at}", "stratum": "old"} for at in range(3)
]


def wish(days: int = 1) -> dict[str, Any]:
    return {
        "title": "养老服务监督评议团",
        "area_code": STREET_AREA,
        "strata": STRATA,
        "public_source": "中国福利彩票3D第2026330期开奖号码",
        "public_on": str(city_day(utc_now()) + timedelta(days=days)),
    }


@pytest.fixture
async def draw(client: httpx.AsyncClient, clerk: Header) -> dict[str, Any]:
    """A draw with its candidates, still open."""
    made = await send(client, clerk, "/v1/draws", **wish())
    assert made.status_code == 201, made.text
    path = f"/v1/draws/{made.json()['id']}/candidates"
    listed = await send(client, clerk, path, candidates=CANDIDATES)
    found: dict[str, Any] = listed.json()
    return found


async def test_anybody_draws_the_same_again(
    client: httpx.AsyncClient, sessions: Sessions, clerk: Header, draw: dict[str, Any]
) -> None:
    path = f"/v1/draws/{draw['id']}"
    closed = (await send(client, clerk, f"{path}/closing", draw["version"])).json()
    early = await send(client, clerk, f"{path}/drawing", closed["version"], public_value="5 8 3")
    async with sessions.begin() as session:  # the day of the public number comes
        await session.execute(text("UPDATE draw SET public_on = public_on - 1"))
    drawn = await send(client, clerk, f"{path}/drawing", closed["version"], public_value="5 8 3")
    told = drawn.json()
    listed = (await client.get(f"{path}/candidates")).json()["items"]

    again = sortition.draw(
        {each["code"]: each["stratum"] for each in CANDIDATES},
        {stratum["code"]: stratum["seats"] for stratum in told["strata"]},
        bytes.fromhex(told["seed"]),
        told["public_value"],
    )
    assert draw["seed"] is None
    assert early.json()["type"] == "public-number-not-out"
    assert sm3(bytes.fromhex(told["seed"])).hex() == draw["commitment_sm3"]
    assert closed["list_sm3"] == sortition.list_digest(
        {each["code"]: each["stratum"] for each in CANDIDATES}
    )
    assert {(each["code"], each["position"], each["is_drawn"]) for each in listed} == {
        (each.code, each.position, each.is_drawn) for each in again
    }
    assert sum(each["is_drawn"] for each in listed) == 3


async def test_a_closed_list_stays_closed_and_a_short_one_is_not_drawn_from(
    client: httpx.AsyncClient, clerk: Header, other_street: Header, draw: dict[str, Any]
) -> None:
    path = f"/v1/draws/{draw['id']}"
    twice = await send(client, clerk, f"{path}/candidates", candidates=CANDIDATES[:1])
    stranger = await send(client, other_street, f"{path}/closing", draw["version"])
    closed = await send(client, clerk, f"{path}/closing", draw["version"])
    late = await send(
        client, clerk, f"{path}/candidates", candidates=[{"code": "Z", "stratum": "old"}]
    )
    short = (await send(client, clerk, "/v1/draws", **wish())).json()
    empty = await send(client, clerk, f"/v1/draws/{short['id']}/closing", 1)

    assert twice.json()["type"] == empty.json()["type"] == "wrong-draw"
    assert stranger.json()["type"] == "out-of-area"
    assert closed.json()["status"] == "closed"
    assert late.json()["type"] == "draw-cannot-move"


async def test_the_list_is_closed_before_the_public_number_comes_out(
    client: httpx.AsyncClient, sessions: Sessions, clerk: Header, draw: dict[str, Any]
) -> None:
    async with sessions.begin() as session:  # the day of the public number comes
        await session.execute(text("UPDATE draw SET public_on = public_on - 1"))
    late = await send(client, clerk, f"/v1/draws/{draw['id']}/closing", draw["version"])

    assert (late.status_code, late.json()["type"]) == (409, "closed-too-late")


@pytest.mark.parametrize("days", [0, -1])
async def test_no_draw_is_set_up_whose_list_can_never_be_closed(
    client: httpx.AsyncClient, clerk: Header, days: int
) -> None:
    refused = await send(client, clerk, "/v1/draws", **wish(days))

    assert (refused.status_code, refused.json()["type"]) == (422, "wrong-draw")
    assert refused.json()["errors"][0]["pointer"] == "/public_on"
