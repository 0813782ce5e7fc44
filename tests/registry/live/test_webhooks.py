"""A webhook from its registration to the address that is told, all of it real but the portal."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from common.auth.roles import Role
from common.auth.signing import Call, read_headers, signature
from tests.loopback import on_loopback
from tests.portal_clients import by_name, free_port
from tests.registry.inventory import patched, venue

Header = dict[str, str]


@pytest.fixture
def service() -> str:
    return "registry"


@pytest.fixture
def app(bearer: Callable[..., Header]) -> Header:
    return bearer(Role.PORTAL_APP, area="31", subject="citizen")


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


async def registered(client: httpx.AsyncClient, by: Header, **wish: str) -> httpx.Response:
    headers = {**by, "Idempotency-Key": str(uuid4())}
    return await client.post("/v1/webhooks", json={"kind": "venue", **wish}, headers=headers)


async def test_a_change_arrives_signed_within_seconds(
    live_city: httpx.AsyncClient, clerk: Header, app: Header, bearer: Callable[..., Header]
) -> None:
    got: list[dict[str, Any]] = []
    secret, verdicts, sample = b"", set(), by_name()

    async def take(request: Request) -> Response:
        body = await request.body()
        stamp, sign = read_headers(request.headers) or pytest.fail("no signature")
        if sign != signature(Call("POST", "/in", "", body), stamp, secret):
            return Response(status_code=401)
        asked = sample["Hook"](hook["id"], hook["secret"], hook["url"])
        now = int(time.time() * 1000)
        verdicts.add(sample["verdict"](request.headers, body, asked, now))
        got.append(json.loads(body))
        return Response(status_code=204)

    async def told(count: int) -> None:
        async with asyncio.timeout(20):
            while len(got) < count:
                await asyncio.sleep(0.05)

    portal = Starlette(routes=[Route("/in", take, methods=["POST"])])
    async with on_loopback(portal, free_port()) as address:
        hook = (await registered(live_city, app, url=f"{address}/in")).json()
        secret = hook["secret"].encode()
        there = await venue(live_city, clerk)
        await told(1)
        await patched(live_city, clerk, "/v1/venues", there, {"name": "新食堂"})
        await told(2)

    path, operator = f"/v1/webhooks/{hook['id']}", bearer(Role.SYSTEM_ADMIN)
    seen = (await live_city.get(path, headers=operator)).json()
    assert [message["data"]["name"] for message in got][1:] == ["新食堂"]
    assert got[0]["row_guid"] == got[1]["row_guid"] == there["id"]
    assert got[0]["change_number"] < got[1]["change_number"]
    assert (seen["dead"], seen["failures"]) == (0, 0)
    assert "secret" not in seen
    assert verdicts == {"genuine"}
    replay = {**operator, "Idempotency-Key": str(uuid4())}
    assert (await live_city.post(f"{path}/replay", headers=replay)).json() == {"replayed": 0}


async def test_a_webhook_is_its_apps_own(
    client: httpx.AsyncClient, app: Header, bearer: Callable[..., Header]
) -> None:
    hook = (await registered(client, app, url="http://127.0.0.1:9/in")).json()
    path, other = f"/v1/webhooks/{hook['id']}", bearer(Role.PORTAL_APP, area="31", subject="b")

    assert slug(await client.get(path, headers=other)) == (404, "not-found")
    assert slug(await client.delete(path, headers=other)) == (404, "not-found")
    assert (await client.get("/v1/webhooks", headers=other)).json()["items"] == []
    assert [h["id"] for h in (await client.get("/v1/webhooks", headers=app)).json()["items"]] == [
        hook["id"]
    ]
    waiting = await client.get(f"{path}/deliveries", params={"state": "dead"}, headers=app)
    assert waiting.json() == {"items": [], "next": None}
    assert (await client.delete(path, headers=app)).status_code == 204
    assert slug(await client.get(path, headers=app)) == (404, "not-found")


async def test_who_operates_the_system_removes_any_webhook_and_registers_none(
    client: httpx.AsyncClient, app: Header, bearer: Callable[..., Header]
) -> None:
    hook = (await registered(client, app, url="http://127.0.0.1:9/in")).json()
    path, operator = f"/v1/webhooks/{hook['id']}", bearer(Role.SYSTEM_ADMIN, subject="wang")
    asked = await registered(client, operator, url="http://127.0.0.1:9/in")

    assert slug(asked) == (403, "permission-missing")
    assert (await client.delete(path, headers=operator)).status_code == 204
    assert slug(await client.get(path, headers=app)) == (404, "not-found")


async def test_what_cannot_be_sent_is_refused_at_once(
    client: httpx.AsyncClient, app: Header
) -> None:
    public = "https://portal.example/in"
    inside = await registered(client, app, url="https://10.0.0.1/in")
    assert slug(inside) == (422, "address-not-public")
    assert inside.json()["errors"][0]["pointer"] == "/url"
    assert slug(await registered(client, app, url=public, kind="need")) == (404, "no-such-feed")
    asked = await registered(client, app, url=public, kind="fund")
    assert slug(asked) == (403, "subscription-needed")
    never = await registered(client, app, url=public, kind="booking")
    assert slug(never) == (422, "not-shared-on-condition")
    answers = [await registered(client, app, url=public) for _ in range(21)]
    assert slug(answers[-1]) == (409, "too-many-webhooks")
