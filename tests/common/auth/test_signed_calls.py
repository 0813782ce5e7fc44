"""Signed calls against the real database: each refusal has its own word and says no more."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from structlog.testing import capture_logs

from common.auth import portal_app
from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.auth.signed_apps import SignedApps
from common.auth.signing import Call, SignMethod, Stamp, signed_headers
from common.auth.tables import PortalApp, RequestNonce
from common.auth.trust import Trust
from common.errors import Problem
from common.heads import Heads
from common.problem_details import answer

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
BODY = '{"name":"助餐"}'.encode()


@dataclass(frozen=True)
class Portal:
    """A portal app that calls; each call may be bent before it is sent."""

    http: httpx.AsyncClient
    app_key: str
    secret: str
    at: datetime = NOW
    method: SignMethod = SignMethod.HMAC_SM3
    nonce: str = "nonce-nonce-nonce-1"
    prefix: str = "/registry"

    async def call(self, *, sent: bytes = BODY, path: str = "/v1/x", **headers) -> httpx.Response:
        stamp = Stamp(self.app_key, int(self.at.timestamp() * 1000), self.nonce, self.method)
        signed = signed_headers(
            Call("POST", self.prefix + path, "q=%E5%8A%A9&a=1", BODY), stamp, self.secret.encode()
        )
        return await self.http.post(f"{path}?a=1&q=助", content=sent, headers={**signed, **headers})

    def again(self, number: int) -> "Portal":
        return replace(self, nonce=f"nonce-nonce-nonce-{number:05d}")


@pytest.fixture
async def http(sessions, keys, monkeypatch) -> AsyncIterator[httpx.AsyncClient]:
    apps = SignedApps(sessions, keys, "https://linli.example/registry")
    monkeypatch.setattr("common.auth.edge.utc_now", lambda: NOW)
    app = FastAPI(exception_handlers={Problem: answer})
    app.add_middleware(Heads)

    @app.get("/v1/x")
    @app.post("/v1/x")
    async def read(
        request: Request, actor: Annotated[Actor, needs(Permission.EXCHANGE_READ)]
    ) -> dict:
        return {"who": actor.subject, "area": actor.area, "said": (await request.body()).decode()}

    async def served(scope, receive, send) -> None:
        await app({**scope, "state": {"trust": Trust(signatures=apps)}}, receive, send)

    transport = httpx.ASGITransport(served, client=("10.1.2.3", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://registry") as client:
        yield client


@pytest.fixture
async def portal(http, sessions, keys) -> Portal:
    async with sessions.begin() as session:
        secret = await portal_app.register(
            session, keys, "portal-demo", name="一网通办", area="31", now=NOW, quota_per_minute=5
        )
    return Portal(http, "portal-demo", secret)


def slug(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["type"]


async def change(sessions: async_sessionmaker[AsyncSession], **fields) -> None:
    async with sessions.begin() as session:
        app = await portal_app.app_for_update(session, "portal-demo")
        for name, value in fields.items():
            setattr(app, name, value)


@pytest.mark.parametrize("method", list(SignMethod))
async def test_a_signed_call_comes_in_as_the_app_with_its_body_intact(portal, method):
    response = await replace(portal, method=method).call()

    assert response.status_code == 200
    assert response.json() == {"who": "portal-demo", "area": "31", "said": BODY.decode()}


@pytest.mark.parametrize(("signed_for", "status"), [("HEAD", 200), ("GET", 401)])
async def test_a_call_for_the_head_is_signed_as_such(portal, signed_for, status):
    stamp = Stamp(portal.app_key, int(NOW.timestamp() * 1000), portal.nonce, portal.method)
    call = Call(signed_for, "/registry/v1/x", "", b"")
    headers = signed_headers(call, stamp, portal.secret.encode())
    head = await portal.http.head("/v1/x", headers=headers)

    assert (head.status_code, head.content) == (status, b"")


async def test_a_nonce_counts_once(portal):
    assert (await portal.call()).status_code == 200
    assert slug(await portal.call()) == (401, "nonce-replayed")
    assert (await portal.again(2).call()).status_code == 200


async def test_a_body_changed_after_signing_does_not_fit(portal):
    assert slug(await portal.call(sent=BODY + b" ")) == (401, "signature-mismatch")


async def test_a_call_signed_for_another_service_does_not_fit(portal):
    other = replace(portal, prefix="/matching")

    assert slug(await other.call()) == (401, "signature-mismatch")
    assert slug(await replace(portal, prefix="").call()) == (401, "signature-mismatch")


@pytest.mark.parametrize("minutes", [10, -10, 5.1, -5.1])
async def test_a_clock_that_is_off_is_told_so(portal, minutes):
    off = replace(portal, at=NOW + timedelta(minutes=minutes))

    assert slug(await off.call()) == (401, "clock-skew")


async def test_a_clock_nearly_off_still_passes_and_its_nonce_is_kept_long_enough(portal, sessions):
    ahead = replace(portal, at=NOW + timedelta(minutes=4.9))

    assert (await ahead.call()).status_code == 200
    async with sessions.begin() as session:
        await portal_app.purge(session, now=NOW + timedelta(minutes=9.8))
        assert (await session.scalars(select(RequestNonce.nonce))).all() == [ahead.nonce]
        await portal_app.purge(session, now=NOW + timedelta(minutes=12))
        assert (await session.scalars(select(RequestNonce.nonce))).all() == []


async def test_two_secrets_are_valid_while_rotating_and_the_old_one_ends(portal, sessions, keys):
    async with sessions.begin() as session:
        new = await portal_app.rotate(
            session, keys, "portal-demo", now=NOW, overlap=timedelta(days=1)
        )

    assert (await portal.call()).status_code == 200
    assert (await replace(portal, secret=new).again(2).call()).status_code == 200
    await change(sessions, previous_until=NOW)
    assert slug(await portal.again(3).call()) == (401, "secret-retired")
    assert (await replace(portal, secret=new).again(4).call()).status_code == 200


async def test_a_stranger_learns_nothing_about_which_apps_exist(portal, sessions):
    unknown = await replace(portal, app_key="no-such-app").call()
    wrong = await replace(portal, secret="00" * 32).call()
    await change(sessions, active=False, allow_list=["192.0.2.0/24"], quota_per_minute=0)
    closed = await replace(portal, secret="00" * 32).again(2).call()

    assert unknown.json() == wrong.json() == closed.json()
    assert slug(unknown) == (401, "signature-mismatch")


async def test_an_app_that_is_switched_off_is_refused(portal, sessions):
    await change(sessions, active=False)

    assert slug(await portal.call()) == (403, "app-disabled")


async def test_only_listed_networks_may_call(portal, sessions):
    await change(sessions, allow_list=["192.0.2.0/24", "2001:db8::/32"])
    assert slug(await portal.call()) == (403, "address-not-allowed")

    await change(sessions, allow_list=["192.0.2.0/24", "10.1.0.0/16"])
    assert (await portal.again(2).call()).status_code == 200


async def test_a_list_that_judges_the_front_door_is_warned_of_once(portal, sessions):
    await change(sessions, allow_list=["10.1.0.0/16"])
    with capture_logs() as lines:
        for number in (2, 3):
            forwarded = {"X-Forwarded-For": "203.0.113.9"}
            assert (await portal.again(number).call(**forwarded)).status_code == 200

    warned = [(line["log_level"], line["app_key"]) for line in lines]
    assert warned == [("warning", portal.app_key)]


async def test_the_quota_holds_and_refused_calls_do_not_refill_it(portal):
    answers = [await portal.again(number).call() for number in range(8)]

    assert [a.status_code for a in answers] == [200] * 5 + [429] * 3
    assert slug(answers[-1]) == (429, "quota-exceeded")
    assert answers[-1].headers["retry-after"]


async def test_a_missing_header_is_named_as_such(portal):
    assert slug(await portal.call(**{"X-Sign": "short"})) == (401, "signature-incomplete")


async def test_a_token_beside_a_signature_is_refused(portal):
    doubled = await portal.call(Authorization="Bearer x")

    assert slug(doubled) == (401, "credentials-ambiguous")


async def test_the_database_holds_no_secret_in_clear(portal, sessions):
    async with sessions() as session:
        app = await session.get_one(PortalApp, "portal-demo")

    assert portal.secret not in repr(vars(app))
    assert app.secret.startswith("v1|sm4-gcm|")


async def test_an_app_without_area_covers_nothing(portal, sessions):
    await change(sessions, area=None)

    assert (await portal.call()).json()["area"] is None
