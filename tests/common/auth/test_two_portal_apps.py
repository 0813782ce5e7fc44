"""Two apps of the portal and a thief, against a running service: each attack meets its own word.

What the thief is told is the word and nothing else; what the auditor reads is who and from where.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from common.auth import portal_app
from common.auth.client import SignedAuth
from common.auth.roles import Role
from common.auth.signing import Call, SignMethod, Stamp, signed_headers
from common.clock import utc_now
from common.db import database

PATH = "/exchange/v1/agenda"
HOME = "127.0.0.1/32"  # where the calls of these tests come from


@dataclass(frozen=True)
class Apps:
    """Both apps with what they hold, one of them with a secret that was replaced."""

    http: httpx.AsyncClient
    citizen: str
    stolen: str
    gateway: str

    async def signed(self, app_key: str, secret: str, **options: Any) -> httpx.Response:
        return await self.http.get(PATH, auth=SignedAuth(app_key, secret, **options))


@pytest.fixture
async def portals(live_client, fresh_database, keys) -> Apps:
    now = utc_now()
    admitted = {"area": "31", "now": now, "allow_list": [HOME]}
    async with database(fresh_database.app, pool_size=2) as opened:
        async with opened.sessions.begin() as session:
            stolen = await portal_app.register(
                session, keys, "citizen", name="一网通办", **admitted
            )
            gateway = await portal_app.register(
                session, keys, "gateway", name="网关", quota_per_minute=20, **admitted
            )
        async with opened.sessions.begin() as session:
            citizen = await portal_app.rotate(
                session, keys, "citizen", now=now, overlap=timedelta(0)
            )
    return Apps(live_client, citizen, stolen, gateway)


async def logged(client: httpx.AsyncClient, auditor: dict[str, str], wanted: int) -> list[str]:
    """The reasons of the refusals, as soon as the chain has them."""
    reasons: list[str] = []
    for _ in range(60):
        answer = await client.get("/v1/audit", params={"outcome": "refused"}, headers=auditor)
        reasons = [line["reason"] for line in answer.json()["items"]]
        if len(reasons) >= wanted:
            break
        await asyncio.sleep(0.1)
    return sorted(reasons)


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


def without_request(answer: httpx.Response) -> dict[str, Any]:
    """All that is told, but for the id of the request."""
    return {name: value for name, value in answer.json().items() if name != "instance"}


def stamped(secret: str, body: bytes, nonce: str) -> dict[str, str]:
    stamp = Stamp("gateway", int(utc_now().timestamp() * 1000), nonce, SignMethod.HMAC_SM3)
    return signed_headers(Call("POST", "/v1/cases", "", body), stamp, secret.encode())


async def test_each_attack_is_refused_by_its_own_word_and_logged(
    portals: Apps, bearer: Callable[..., dict[str, str]]
) -> None:
    http = portals.http
    signed = stamped(portals.gateway, b'{"text":"a"}', "nonce-of-the-body-1")
    kept = httpx.Request("GET", f"http://service.test{PATH}")
    kept = next(SignedAuth("citizen", portals.citizen).auth_flow(kept))

    def slow() -> Any:
        return utc_now() - timedelta(minutes=10)

    assert (await http.send(kept)).status_code == 200
    attacks = {
        "secret-retired": await portals.signed("citizen", portals.stolen),
        "nonce-replayed": await http.send(kept),
        "clock-skew": await portals.signed("citizen", portals.citizen, clock=slow),
        "signature-mismatch": await http.post(
            "/v1/cases",
            content=b'{"text":"b"}',
            headers={**signed, "Idempotency-Key": "a-key-of-a-thief"},
        ),
    }

    for slug, answer in attacks.items():
        assert told(answer) == (401, slug)
        assert set(answer.json()) == {"type", "title", "status", "detail", "instance", "errors"}
        for secret in ("citizen", "gateway", "一网通办", portals.citizen, portals.gateway, HOME):
            assert secret not in answer.text, slug
    assert await logged(http, bearer(Role.AUDITOR), len(attacks)) == [
        "clock-skew (citizen, 127.0.0.1)",
        "nonce-replayed (citizen, 127.0.0.1)",
        "secret-retired (citizen, 127.0.0.1)",
        "signature-mismatch (gateway, 127.0.0.1)",
    ]


async def test_one_app_cannot_speak_for_the_other(portals: Apps) -> None:
    crossed = await portals.signed("gateway", portals.citizen)
    unknown = await portals.signed("nobody", portals.citizen)

    assert told(crossed) == told(unknown) == (401, "signature-mismatch")
    assert without_request(crossed) == without_request(unknown)


async def test_a_call_sent_twenty_times_at_once_counts_once(portals: Apps) -> None:
    request = httpx.Request("GET", f"http://service.test{PATH}")
    signed = dict(next(SignedAuth("gateway", portals.gateway).auth_flow(request)).headers)

    answers = await asyncio.gather(*(portals.http.get(PATH, headers=signed) for _ in range(20)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 19}
    assert {told(a)[1] for a in answers if a.status_code == 401} == {"nonce-replayed"}


async def test_calls_that_meet_do_not_slip_through_the_quota(
    portals: Apps, bearer: Callable[..., dict[str, str]]
) -> None:
    await within_a_minute()
    answers = await asyncio.gather(*(portals.signed("gateway", portals.gateway) for _ in range(30)))
    other = await portals.signed("citizen", portals.citizen)

    assert Counter(answer.status_code for answer in answers) == {200: 20, 429: 10}
    assert {told(a)[1] for a in answers if a.status_code == 429} == {"quota-exceeded"}
    assert other.status_code == 200
    reasons = await logged(portals.http, bearer(Role.AUDITOR), 1)
    assert set(reasons) == {"quota-exceeded (gateway, 127.0.0.1)"}
    assert len(reasons) < 10  # a few a second: who hammers cannot fill the log


async def within_a_minute() -> None:
    """Wait for the next minute where this one is nearly over: the quota starts anew with it."""
    left_s = 60 - utc_now().timestamp() % 60
    if left_s < 10:
        await asyncio.sleep(left_s + 0.1)


async def test_a_token_of_an_app_meets_its_networks_and_its_quota(
    portals: Apps, fresh_database, keys, bearer: Callable[..., dict[str, str]]
) -> None:
    async with (
        database(fresh_database.app, pool_size=1) as opened,
        opened.sessions.begin() as session,
    ):
        away = {"area": "31", "allow_list": ["10.9.0.0/16"]}
        await portal_app.register(session, keys, "away", name="异地", now=utc_now(), **away)
    tokens = {
        subject: bearer(Role.PORTAL_APP, subject=subject, area="31")
        for subject in ("away", "gateway", "unregistered")
    }

    refused = await portals.http.get(PATH, headers=tokens["away"])
    unknown = await portals.http.get(PATH, headers=tokens["unregistered"])
    answers = [await portals.http.get(PATH, headers=tokens["gateway"]) for _ in range(41)]

    assert told(refused) == (403, "address-not-allowed")
    assert unknown.status_code == 200
    assert answers[0].status_code == 200
    assert told(answers[-1]) == (429, "quota-exceeded")  # 20 a minute, and two minutes at most
