"""A past period replayed under another policy; the course of a run as an event stream."""

from datetime import date, timedelta
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import text

from common.auth.roles import Role
from common.clock import city_day, utc_now
from common.db import Database
from matching.usecases import allocating
from tests.matching.cases import at, key, raised
from tests.matching.runs import PATH, SEED, offering, publish

Header = dict[str, str]


def today() -> date:
    return city_day(utc_now())


def replay(**more: Any) -> dict[str, Any]:
    """A replay of the last three days."""
    first = today() - timedelta(days=2)
    body = {"area": "310101002", "session_on": str(today()), "replay_from_on": str(first)}
    return {**body, "seed": SEED, "dry_run": True, **more}


async def computed(
    calls: httpx.AsyncClient, head: Header, opened: Database, body: dict[str, Any]
) -> dict[str, Any]:
    answer = await calls.post(PATH, json=body, headers={**head, **key()})
    assert answer.status_code == 202, answer.text
    assert await allocating.take_one(opened)
    found: dict[str, Any] = (await calls.get(f"{PATH}/{answer.json()['id']}", headers=head)).json()
    return found


async def test_a_replay_serves_whoever_came_however_their_need_ended(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    await publish(opened.sessions, offering(121.481, 1))
    people = [await raised(calls, clerk) for _ in range(5)]
    moved = await calls.post(
        f"/v1/needs/{people[0]['id']}/status",
        json={"status": "withdrawn"},
        headers={**clerk, **key(), **at(people[0]["version"])},
    )
    async with opened.sessions.begin() as session:  # one came before the period
        await session.execute(
            text("UPDATE need SET created_at = created_at - interval '9 days' WHERE id = :id"),
            {"id": people[1]["id"]},
        )
    run = await computed(calls, head, opened, replay())

    assert moved.status_code == 200, moved.text
    assert (run["needs"], run["places"]) == (4, 3)  # one place a day, for three days
    assert sum(run["served_by_tier"]) == 3
    assert run["replay_from_on"] == str(today() - timedelta(days=2))


async def test_two_policies_tell_which_groups_and_tiers_gain_and_lose(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    await publish(opened.sessions, offering(121.495, 10))
    near = {"profile": {"age_band": "80+", "groups": ["elderly"]}}
    far = {"profile": {"age_band": "80+", "groups": ["disabled"]}, "lon": 121.46}
    await raised(calls, clerk, **near)
    await raised(calls, clerk, **far)
    wide = await computed(calls, head, opened, replay())
    narrow = await computed(calls, head, opened, replay(reach_minutes=35, is_tiered=False))
    found = await calls.get(
        f"{PATH}/{wide['id']}/comparison", headers=head, params={"other": narrow["id"]}
    )

    changed = found.json()
    assert narrow["policy"]["reach_minutes"] == 35
    assert narrow["policy"]["is_tiered"] is False
    assert (changed["gained"], changed["lost"]) == (0, 1)
    assert changed["groups"]["elderly"] == {
        "needs": 1,
        "first": 1,
        "second": 1,
        "gained": 0,
        "lost": 0,
    }
    assert changed["groups"]["disabled"]["lost"] == 1
    assert sum(each["needs"] for each in changed["tiers"].values()) == 2


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"session_on": str(today() + timedelta(days=1))}, "/session_on"),
        ({"replay_from_on": str(today() - timedelta(days=31))}, "/replay_from_on"),
        ({"replay_from_on": str(today() + timedelta(days=1))}, "/replay_from_on"),
    ],
)
async def test_a_replay_lies_in_the_past_and_is_short(
    calls: httpx.AsyncClient, head: Header, more: dict[str, str], pointer: str
) -> None:
    answer = await calls.post(PATH, json=replay(**more), headers={**head, **key()})

    assert (answer.status_code, answer.json()["type"]) == (422, "wrong-run")
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


async def test_a_policy_is_tried_without_binding_anybody(
    calls: httpx.AsyncClient, head: Header
) -> None:
    body = {"area": "310101002", "session_on": str(today()), "seed": SEED, "reach_minutes": 90}
    answer = await calls.post(PATH, json=body, headers={**head, **key()})

    assert answer.status_code == 422
    assert "试算" in answer.text


async def test_a_listener_hears_how_a_run_goes_and_how_it_ends(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header, bearer: Any
) -> None:
    await publish(opened.sessions, offering(121.481, 1))
    await raised(calls, clerk)
    run = await computed(calls, head, opened, replay())
    heard = await calls.get(f"{PATH}/{run['id']}/progress", headers=head)
    stranger = bearer(Role.STREET_HEAD, area="310104003", line="*")
    elsewhere = await calls.get(f"{PATH}/{run['id']}/progress", headers=stranger)

    kinds, events = zip(
        *(block.split("\n") for block in heard.text.strip().split("\n\n")), strict=True
    )
    assert heard.headers["content-type"].startswith("text/event-stream")
    assert set(kinds) == {"event: progress"}
    last = orjson.loads(events[-1].removeprefix("data: "))
    assert (last["status"], last["done"]) == ("drafted", 1.0)
    assert elsewhere.status_code == 403
