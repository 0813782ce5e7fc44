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


async def test_what_is_changed_of_an_app_holds_for_its_next_call(run, live_client, capsys):
    assert await run("register", "--area", "31", "--network", "198.51.100.0/24") == 0
    auth = SignedAuth("portal-demo", printed(capsys))

    async def asked() -> str:
        return (await live_client.get("/v1/audit", auth=auth)).json()["type"]

    assert await asked() == "address-not-allowed"
    assert await run("change", "--network", "198.51.100.0/24", "--network", "127.0.0.1") == 0
    assert await asked() == "permission-missing"
    assert await run("change", "--network", "198.51.100.0/24") == 0
    assert await asked() == "address-not-allowed"
    assert await run("change", "--any-network") == 0
    assert await asked() == "permission-missing"


async def test_what_an_app_was_and_is_is_written_down(run, fresh_database):
    assert await run("register", "--area", "31", "--network", "198.51.100.9/24") == 0
    assert await run("change", "--quota", "2", "--area", "3101", "--by", "shen") == 0

    owner = await asyncpg.connect(direct_url(fresh_database.owner))
    rows = await owner.fetch("SELECT entry FROM audit_inbox")
    kept = await owner.fetchrow("SELECT area, quota_per_minute, allow_list FROM portal_app")
    await owner.close()
    steps = {(entry := orjson.loads(row["entry"]))["action"]: entry for row in rows}
    changed = steps["app.change"]
    assert tuple(kept) == ("3101", 2, ["198.51.100.0/24"])
    assert changed["actor"] == "shen"
    assert changed["before"] == {"area": "31", "quota_per_minute": 600}
    assert changed["after"] == {"area": "3101", "quota_per_minute": 2}


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--network", "203.0.113.16/28", "--network", "203.0.113.0/33"), "203.0.113.0/33"),
        (("--area", "310"), "--area 310"),
        (("--quota", "0"), "--quota 0"),
        (("--network", "10.0.0.0/8", "--any-network"), "--any-network"),
    ],
)
async def test_what_cannot_be_is_refused_by_its_value_at_both_commands(run, capsys, options, named):
    assert await run("register", *options) == 1
    assert named in capsys.readouterr().out
    assert await run("register") == 0
    assert await run("change", *options) == 1
    assert named in capsys.readouterr().out
    assert await run("change") == 1
    assert "--network" in capsys.readouterr().out


async def test_mistakes_are_refused_in_words(run, capsys):
    assert await run("rotate") == 1
    assert await run("register", "--area", "310") == 1
    assert await run("register") == 0
    assert await run("register") == 1
    assert "registered already" in capsys.readouterr().out
