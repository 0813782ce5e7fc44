"""Auditors read the log over HTTP; refusals at the door are in it."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from common.audit.refusals import Trickle
from common.auth import portal_app
from common.auth.client import SignedAuth
from common.auth.roles import ADMINISTRATORS, Role
from common.clock import utc_now
from common.crypto.keyring import KeyRing
from common.crypto.keys import Keys
from common.db import database
from deploy.local.environment import Secrets, Urls


@pytest.fixture
async def auditor(live_client: httpx.AsyncClient, bearer) -> httpx.AsyncClient:
    live_client.headers.update(bearer(Role.AUDITOR, subject="shen"))
    return live_client


async def lines(client: httpx.AsyncClient, at_least: int = 1, **filters) -> list[dict]:
    """The lines that fit, as soon as there are enough: the chain follows within a second."""
    for _ in range(60):
        response = await client.get("/v1/audit", params=filters)
        assert response.status_code == 200, response.text
        if len(response.json()["items"]) >= at_least:
            return response.json()["items"]
        await asyncio.sleep(0.1)
    raise AssertionError("the entries did not come")


async def test_reading_the_log_is_itself_in_the_log(auditor):
    await auditor.get("/v1/audit", params={"target_kind": "offering"})

    *_, line = await lines(auditor, action="audit.read", target_kind="audit", actor="shen")
    assert line["outcome"] == "read"
    assert line["after"] == {"target_kind": "offering", "limit": 50}
    assert len(line["hash"]) == 64


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.AUDITOR, Role.PUBLIC}))
async def test_nobody_but_the_auditor_reads_the_log(client, bearer, role):
    response = await client.get("/v1/audit", headers=bearer(role, area="31"))

    assert (response.status_code, response.json()["type"]) == (403, "permission-missing")


async def test_a_refusal_is_in_the_log_with_its_rule(auditor, bearer):
    for role in sorted(ADMINISTRATORS - {Role.AUDITOR}):
        await auditor.get("/v1/audit", headers=bearer(role))

    found = await lines(auditor, 2, outcome="refused")

    assert {line["roles"][0] for line in found} == {"system_admin", "security_admin"}
    assert {line["reason"] for line in found} == {"permission-missing"}
    assert {line["target_id"] for line in found} == {"/v1/audit"}


async def test_a_bad_credential_is_in_the_log_and_no_credential_is_not(auditor):
    known = auditor.headers.pop("Authorization")
    for _ in range(3):
        assert (await auditor.get("/v1/audit")).status_code == 401
    forged = {"Authorization": "Bearer forged", "X-Request-Id": "forged-1"}
    assert (await auditor.get("/v1/audit", headers=forged)).status_code == 401

    auditor.headers["Authorization"] = known
    [line] = await lines(auditor, outcome="refused")
    assert (line["reason"], line["kind"], line["request_id"]) == (
        *("token-invalid", "anonymous"),
        "forged-1",
    )


async def retired_secret(urls: Urls, secrets: Secrets) -> str:
    """The secret of an app that was replaced because somebody had stolen it."""
    keys, now = Keys.of(KeyRing.from_directory(secrets.keys)), utc_now()
    async with database(urls.app, pool_size=1) as opened, opened.sessions.begin() as session:
        stolen = await portal_app.register(
            session, keys, "portal-demo", name="x", area=None, now=now
        )
        await portal_app.rotate(session, keys, "portal-demo", now=now, overlap=timedelta(0))
    return stolen


async def test_a_theft_stands_in_the_log_whatever_flood_comes_with_it(
    auditor, fresh_database, secrets
):
    stolen = await retired_secret(fresh_database, secrets)
    known = auditor.headers.pop("Authorization")
    for number in range(30):
        await auditor.get("/v1/audit", headers={"X-App-Key": f"garbage-{number}"})
    theft = await auditor.get("/v1/audit", auth=SignedAuth("portal-demo", stolen))
    await asyncio.sleep(0.5)  # so that the strangers have something left again
    await auditor.get("/v1/audit", headers={"X-App-Key": "last"})
    auditor.headers["Authorization"] = known

    assert theft.json()["type"] == "secret-retired"
    (line,) = await lines(auditor, actor="portal-demo")
    assert (line["kind"], line["outcome"]) == ("app", "refused")
    assert line["reason"].startswith("secret-retired (portal-demo, ")
    while "(last," not in (await lines(auditor, outcome="refused"))[0]["reason"]:
        await asyncio.sleep(0.1)
    strangers = await lines(auditor, actor="anonymous", outcome="refused")
    left_out = sum((each["after"] or {}).get("left_out", 0) for each in strangers)
    assert len(strangers) < 31  # the flood was held back, and what was left out is counted
    assert len(strangers) + left_out == 31


async def test_the_log_is_read_page_by_page_newest_first(auditor):
    mark = uuid4().hex
    for _ in range(7):
        await auditor.get("/v1/audit", params={"actor": mark})
    await lines(auditor, 7, actor="shen")

    seen: list[int] = []
    asked: dict[str, object] = {"limit": 3, "actor": "shen", "until": "2999-01-01T00:00:00Z"}
    while True:
        page = (await auditor.get("/v1/audit", params=asked)).json()
        seen += [line["seq"] for line in page["items"]]
        if page["next"] is None:
            break
        asked["after"] = page["next"]

    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) >= 7


@pytest.mark.parametrize(
    "wrong", [{"area": "上海"}, {"after": "x"}, {"limit": 0}, {"since": "now"}, {"actor": "\x00"}]
)
async def test_a_wrong_filter_is_refused(client, bearer, wrong):
    response = await client.get("/v1/audit", params=wrong, headers=bearer(Role.AUDITOR))

    assert response.status_code == 422


def test_a_trickle_lets_a_handful_through_and_then_so_many_a_second():
    at = 0.0
    trickle = Trickle(5.0, clock=lambda: at)

    assert [trickle.lets_through() for _ in range(8)] == [True] * 5 + [False] * 3
    assert (trickle.taken_count(), trickle.taken_count()) == (3, 0)
    at = 0.5
    assert [trickle.lets_through() for _ in range(4)] == [True] * 2 + [False] * 2
