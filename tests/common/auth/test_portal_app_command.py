"""Admitting an app by command, and calling a running service with the secret it prints."""

import asyncio

import asyncpg
import httpx
import orjson
import pytest

from common.auth.__main__ import main
from common.auth.client import SignedAuth
from common.db import direct_url


@pytest.fixture
def run(fresh_database, secrets, monkeypatch):
    monkeypatch.setenv("FEEDBACK_DATABASE_URL", fresh_database.app)
    monkeypatch.setenv("FEEDBACK_KEY_RING", str(secrets.keys))

    async def command(name: str, *options: str) -> int:
        arguments = [name, "feedback", "portal-demo", *options]
        return await asyncio.to_thread(main, arguments)

    return command


def printed(capsys) -> str:
    return capsys.readouterr().out.strip().splitlines()[-1].split()[-1]


async def test_an_admitted_app_calls_until_it_is_switched_off(run, live_client, capsys):
    async def asked(secret: str) -> httpx.Response:
        return await live_client.get("/v1/audit", auth=SignedAuth("portal-demo", secret))

    assert await run("register", "--area", "31", "--by", "shen") == 0
    first = printed(capsys)
    response = await asked(first)
    # A portal app is let in as itself, and still is no auditor.
    assert (response.status_code, response.json()["type"]) == (403, "permission-missing")

    assert await run("rotate", "--overlap-hours", "0") == 0
    second = printed(capsys)
    assert (await asked(first)).json()["type"] == "secret-retired"
    assert (await asked(second)).json()["type"] == "permission-missing"

    assert await run("disable") == 0
    assert (await asked(second)).json()["type"] == "app-disabled"


async def test_every_step_is_audited_without_the_secret(run, fresh_database, capsys):
    await run("register", "--by", "shen")
    await run("disable", "--by", "shen")
    secret = capsys.readouterr().out.split()[2]

    owner = await asyncpg.connect(direct_url(fresh_database.owner))
    rows = [row["entry"] for row in await owner.fetch("SELECT entry FROM audit_inbox")]
    await owner.close()
    entries = [orjson.loads(row) for row in rows]

    assert [entry["action"] for entry in entries] == ["app.register", "app.disable"]
    assert {entry["actor"] for entry in entries} == {"shen"}
    assert secret not in "".join(rows)


async def test_mistakes_are_refused_in_words(run, capsys):
    assert await run("rotate") == 1
    assert await run("register", "--area", "310") == 1
    assert await run("register") == 0
    assert await run("register") == 1
    assert "registered already" in capsys.readouterr().out
