"""Case plans through the API: several needs, one lead worker, steps, reviews, a summary."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from common.auth.roles import Role
from common.clock import utc_now
from matching.usecases import cases, places, profiles
from tests.matching.cases import Sessions, at, key, moved, published, raised, refer, tomorrow

Header = dict[str, str]
GOALS = "三个月内解决午餐与独居探访"
SUMMARY = "午餐已稳定，志愿者每周探访一次。"


@pytest.fixture
def worker(bearer: Callable[..., Header]) -> Header:
    """The house's head, who leads cases."""
    return bearer(Role.VENUE_HEAD, area="310101002", line="civil_affairs", subject="lead-1")


async def opened(
    client: httpx.AsyncClient, header: Header, *needs: dict[str, Any], **more: Any
) -> httpx.Response:
    plan = {"need_ids": [need["id"] for need in needs], "goals": GOALS, "review_on": tomorrow(60)}
    return await client.post("/v1/case-plans", json={**plan, **more}, headers={**header, **key()})


async def done(
    client: httpx.AsyncClient, header: Header, plan: dict[str, Any], what: str, **body: Any
) -> httpx.Response:
    return await client.post(
        f"/v1/case-plans/{plan['id']}/{what}",
        json=body,
        headers={**header, **key(), **at(plan["version"])},
    )


async def patched(
    client: httpx.AsyncClient, header: Header, plan: dict[str, Any], path: str = "", **body: Any
) -> httpx.Response:
    return await client.patch(
        f"/v1/case-plans/{plan['id']}{path}", json=body, headers={**header, **at(plan["version"])}
    )


async def test_a_case_goes_from_its_opening_to_its_summary(
    client: httpx.AsyncClient, resident: Header, worker: Header, sessions: Sessions
) -> None:
    meals = await raised(client, resident)
    visits = await raised(client, resident, category="visiting")
    plan = (await opened(client, worker, meals, visits)).json()
    referral = (await refer(client, worker, meals, await published(sessions))).json()

    plan = (
        await done(client, worker, plan, "steps", kind="referral", referral_id=referral["id"])
    ).json()
    plan = (await done(client, worker, plan, "steps", kind="volunteer", note="王阿姨结对")).json()
    step = plan["steps"][1]
    plan = (await patched(client, worker, plan, f"/steps/{step['id']}", done_on=tomorrow(0))).json()
    early = await done(client, worker, plan, "closure", outcome="goals_met", summary=SUMMARY)
    ended = await done(client, worker, plan, "closure", outcome="partly_met", summary=SUMMARY)
    again = await done(client, worker, ended.json(), "steps", kind="visit")

    assert plan["number"].startswith("GA")
    assert (plan["goals"], plan["lead"], plan["line"]) == (GOALS, "lead-1", "civil_affairs")
    assert [need["status"] for need in plan["needs"]] == ["referred", "open"]
    assert (step["note"], plan["steps"][1]["done_on"]) == ("王阿姨结对", tomorrow(0))
    assert (early.status_code, early.json()["type"]) == (409, "needs-still-open")
    assert (ended.json()["status"], ended.json()["summary"]) == ("closed", SUMMARY)
    assert again.json()["type"] == "case-closed"


async def test_what_people_write_in_a_case_is_sealed(
    client: httpx.AsyncClient, resident: Header, worker: Header, sessions: Sessions
) -> None:
    plan = (await opened(client, worker, await raised(client, resident))).json()
    plan = (await done(client, worker, plan, "steps", kind="visit", note="老人情绪低落")).json()
    await done(client, worker, plan, "closure", outcome="withdrawn", summary=SUMMARY)

    async with sessions() as session:
        for table in ("case_plan", "case_step"):
            rows = await session.execute(text(f"SELECT t::text FROM {table} t"))
            said = " ".join(row[0] for row in rows)
            assert not any(word in said for word in ("午餐", "低落", "志愿者每周"))


async def test_needs_of_one_person_stand_in_one_case(
    client: httpx.AsyncClient, resident: Header, neighbour: Header, worker: Header
) -> None:
    mine, other = await raised(client, resident), await raised(client, neighbour)

    mixed = await opened(client, worker, mine, other)
    first = await opened(client, worker, mine)
    second = await opened(client, worker, mine)
    unknown = await opened(client, worker, {"id": str(uuid4())})

    assert (mixed.status_code, mixed.json()["errors"][0]["pointer"]) == (422, "/need_ids")
    assert first.status_code == 201
    assert (second.status_code, second.json()["type"]) == (409, "need-in-another-case")
    (error,) = second.json()["errors"]
    assert (error["pointer"], error["value"]) == ("/need_ids/0", mine["id"])
    assert mine["number"] in error["message"]
    assert first.json()["number"] in error["message"]
    assert unknown.status_code == 404


async def test_a_need_that_a_closed_case_left_open_stands_in_a_new_one(
    client: httpx.AsyncClient, resident: Header, worker: Header
) -> None:
    need = await raised(client, resident)
    plan = (await opened(client, worker, need)).json()
    await done(client, worker, plan, "closure", outcome="partly_met", summary=SUMMARY)
    later = await opened(client, worker, need)
    before = (await client.get(f"/v1/case-plans/{plan['id']}", headers=worker)).json()

    assert later.status_code == 201, later.text
    for each in (before, later.json()):
        assert [row["id"] for row in each["needs"]] == [need["id"]]


async def test_of_two_who_open_a_case_for_one_need_one_does(
    live_client: httpx.AsyncClient, resident: Header, worker: Header
) -> None:
    need = await raised(live_client, resident)
    both = await asyncio.gather(*(opened(live_client, worker, need) for _ in range(2)))

    assert sorted(each.status_code for each in both) == [201, 409]
    assert {each.json()["type"] for each in both if each.status_code == 409} == {
        "need-in-another-case"
    }


async def test_whoever_joins_a_case_of_nobody_known_is_its_person(
    client: httpx.AsyncClient,
    resident: Header,
    neighbour: Header,
    clerk: Header,
    worker: Header,
) -> None:
    hotline = await raised(client, clerk, raised_by="hotline")
    mine, other = await raised(client, resident), await raised(client, neighbour)
    plan = (await opened(client, worker, hotline)).json()
    joined = await patched(client, worker, plan, need_ids=[mine["id"]])
    mixed = await patched(client, worker, joined.json(), need_ids=[other["id"]])
    read = await client.get(f"/v1/case-plans/{plan['id']}", headers=resident)

    assert joined.status_code == 200
    assert (mixed.status_code, mixed.json()["errors"][0]["pointer"]) == (422, "/need_ids")
    assert [each["id"] for each in read.json()["needs"]] == [hotline["id"], mine["id"]]


async def test_more_needs_join_at_a_review(
    client: httpx.AsyncClient, resident: Header, worker: Header
) -> None:
    first, later = await raised(client, resident), await raised(client, resident)
    plan = (await opened(client, worker, first)).json()

    reviewed = await patched(
        *(client, worker, plan),
        need_ids=[first["id"], later["id"]],
        lead="lead-2",
        review_on=tomorrow(0),
    )
    far = await patched(client, worker, reviewed.json(), review_on=tomorrow(200))
    due = await client.get("/v1/case-plans", params={"review_due": "true"}, headers=worker)

    assert [need["id"] for need in reviewed.json()["needs"]] == [first["id"], later["id"]]
    assert (reviewed.json()["lead"], reviewed.json()["is_review_due"]) == ("lead-2", True)
    assert far.json()["errors"][0]["pointer"] == "/review_on"
    assert [row["id"] for row in due.json()["items"]] == [plan["id"]]


async def test_a_step_names_a_referral_of_the_case(
    client: httpx.AsyncClient, resident: Header, worker: Header, sessions: Sessions
) -> None:
    mine, other = await raised(client, resident), await raised(client, resident)
    plan = (await opened(client, worker, mine)).json()
    stranger = (await refer(client, worker, other, await published(sessions))).json()

    refused = await done(client, worker, plan, "steps", kind="referral", referral_id=stranger["id"])
    grant = await done(client, worker, plan, "steps", kind="charity_grant", amount_fen=50000)

    assert refused.status_code == 404
    assert grant.json()["steps"][0]["amount_fen"] == 50000


async def test_a_case_is_read_by_its_people_only(
    client: httpx.AsyncClient,
    resident: Header,
    neighbour: Header,
    worker: Header,
    other_line: Header,
    other_street: Header,
    bearer: Callable[..., Header],
) -> None:
    plan = (await opened(client, worker, await raised(client, resident), lead="lead-9")).json()
    path = f"/v1/case-plans/{plan['id']}"
    lead = bearer(Role.CLERK, area="310104003", line="women", subject="lead-9")

    for friend in (resident, worker, lead):
        assert (await client.get(path, headers=friend)).status_code == 200
    for stranger in (neighbour, other_line, other_street):
        assert (await client.get(path, headers=stranger)).status_code == 404
        assert (await client.get("/v1/case-plans", headers=stranger)).json()["items"] == []
    assert (await done(client, resident, plan, "steps", kind="visit")).status_code == 403


async def test_a_profile_stays_as_long_as_a_case_needs_it(
    client: httpx.AsyncClient, resident: Header, worker: Header, sessions: Sessions
) -> None:
    need = await raised(client, resident)
    plan = (await opened(client, worker, need)).json()
    await moved(client, resident, need, "withdrawn")

    async def erased() -> int:
        async with sessions.begin() as session:
            later = utc_now() + timedelta(days=60)
            return await profiles.erase(session, by=places.CLOCKWORK, now=later, limit=10)

    kept = await erased()
    await done(client, worker, plan, "closure", outcome="withdrawn", summary=SUMMARY)

    assert (kept, await erased()) == (0, 1)


async def test_what_was_written_in_a_case_is_forgotten_a_year_after_its_end(
    client: httpx.AsyncClient, resident: Header, worker: Header, sessions: Sessions
) -> None:
    plan = (await opened(client, worker, await raised(client, resident))).json()
    running = (await opened(client, worker, await raised(client, resident))).json()
    plan = (await done(client, worker, plan, "steps", kind="volunteer", note="王阿姨结对")).json()
    await done(client, worker, plan, "closure", outcome="partly_met", summary=SUMMARY)

    async def forgotten(days: int) -> int:
        async with sessions.begin() as session:
            at_that_time = utc_now() + timedelta(days=days)
            return await cases.forget(session, by=places.CLOCKWORK, now=at_that_time, limit=10)

    assert [await forgotten(days) for days in (364, 366, 367)] == [0, 1, 0]
    over, still = [
        (await client.get(f"/v1/case-plans/{each['id']}", headers=worker)).json()
        for each in (plan, running)
    ]
    assert (over["goals"], over["summary"], over["steps"][0]["note"]) == (None, None, None)
    assert (over["outcome"], still["goals"]) == ("partly_met", GOALS)
