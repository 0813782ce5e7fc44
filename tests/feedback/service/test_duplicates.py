"""Likely duplicates: suggested with reasons, merged by a person, never in a chain or a circle."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from common.auth.actor import Actor
from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.feedback_cases import CaseIn, MergeIn
from common.crypto.keys import Keys
from common.db import Database, database
from common.errors import Problem
from common.geo import System
from feedback import tables
from feedback.usecases import cases, merging
from tests.feedback.cases import CASE, REPLY, Sessions, key, raised, step, stepped
from tests.harness import Urls

Header = dict[str, str]
FIXED = {"status": "fixed", "words": "已更换配送员", "is_upheld": True}
AGAIN = "饭菜凉了，送餐连续三天迟到，电话也没人接"


@pytest.fixture
async def first(client: httpx.AsyncClient, resident: Header) -> dict[str, Any]:
    return await raised(client, resident)


async def test_what_is_about_to_be_raised_is_compared_and_not_kept(
    client: httpx.AsyncClient, neighbour: Header, first: dict[str, Any]
) -> None:
    wish = {**CASE, "words": AGAIN, "lon": 121.4803}
    found = await client.post("/v1/cases/similar", json=wish, headers={**neighbour, **key()})
    unlike = {**wish, "words": "楼道照明损坏，老人夜间摔倒"}
    none = await client.post("/v1/cases/similar", json=unlike, headers={**neighbour, **key()})

    assert [each["number"] for each in found.json()] == [first["number"]]
    assert found.json()[0]["same_category"] is True
    assert any("相似" in reason for reason in found.json()[0]["reasons"])
    assert none.json() == []
    assert (await client.get("/v1/cases", headers=neighbour)).json()["items"] == []


async def test_nobody_learns_by_asking_who_asked_for_help_or_accused_an_official(
    client: httpx.AsyncClient, resident: Header, neighbour: Header, clerk: Header
) -> None:
    accusing = "居委干部吃拿卡要，送餐名额要送礼"
    await raised(client, resident, kind="help", words=AGAIN)
    await raised(client, resident, words=accusing)

    async def found(header: Header, words: str) -> int:
        wish = {**CASE, "words": words}
        answer = await client.post("/v1/cases/similar", json=wish, headers={**header, **key()})
        return len(answer.json())

    assert [await found(neighbour, words) for words in (AGAIN, accusing)] == [0, 0]
    assert [await found(clerk, words) for words in (AGAIN, accusing)] == [1, 1]


async def test_a_person_merges_the_later_into_the_earlier(
    client: httpx.AsyncClient,
    neighbour: Header,
    clerk: Header,
    other_street: Header,
    first: dict[str, Any],
) -> None:
    later = await raised(client, neighbour, words=AGAIN)
    listed = await client.get(f"/v1/cases/{later['id']}/duplicates", headers=clerk)
    reason = "同一地点同一配送问题"
    hidden = await step(client, other_street, later, "merge", into_id=first["id"], words=reason)
    backwards = await step(client, clerk, first, "merge", into_id=later["id"], words=reason)
    merged = await stepped(client, clerk, later, "merge", into_id=first["id"], words=reason)
    public = (await client.get(f"/v1/public-cases/{later['number']}")).json()
    steps = (await client.get(f"/v1/cases/{first['id']}/steps", headers=clerk)).json()

    assert [each["case_id"] for each in listed.json()] == [first["id"]]
    assert hidden.status_code == 404
    assert backwards.json()["type"] == "merge-keeps-the-first"
    assert (merged["status"], merged["duplicate_of_id"]) == ("duplicate", first["id"])
    assert public["duplicate_of"] == first["number"]
    assert steps[-1]["facts"] == {"from": later["number"]}


@pytest.mark.parametrize("is_confirmed", [False, True])
async def test_nobody_is_silenced_by_a_merger_into_a_case_on_which_nobody_works(
    client: httpx.AsyncClient,
    resident: Header,
    neighbour: Header,
    clerk: Header,
    first: dict[str, Any],
    *,
    is_confirmed: bool,
) -> None:
    fixed = await stepped(client, clerk, first, "status", **FIXED)
    if is_confirmed:
        await stepped(client, resident, fixed, "verdict", status="confirmed")
    anew = await raised(client, neighbour, words=AGAIN)
    refused = await step(client, clerk, anew, "merge", into_id=first["id"], words="同一配送问题")

    assert (refused.status_code, refused.json()["type"]) == (409, "not-mergeable")


async def test_nobody_withdraws_what_others_wait_for(
    client: httpx.AsyncClient,
    resident: Header,
    neighbour: Header,
    clerk: Header,
    first: dict[str, Any],
) -> None:
    later = await raised(client, neighbour, words=AGAIN)
    await stepped(client, clerk, later, "merge", into_id=first["id"], words="同一配送问题")
    merged = {**first, "version": first["version"] + 1}
    refused = await step(client, resident, merged, "verdict", status="withdrawn")
    running = (await client.get(f"/v1/cases/{first['id']}", headers=resident)).json()

    assert (refused.status_code, refused.json()["type"]) == (409, "others-wait")
    assert running["status"] == "received"


async def test_what_was_merged_into_a_case_goes_along_with_it(
    client: httpx.AsyncClient, neighbour: Header, clerk: Header, first: dict[str, Any]
) -> None:
    second = await raised(client, neighbour, words=AGAIN)
    third = await raised(client, neighbour, words=AGAIN)
    reason = "同一地点同一配送问题"
    await stepped(client, clerk, third, "merge", into_id=second["id"], words=reason)
    second["version"] += 1
    await stepped(client, clerk, second, "merge", into_id=first["id"], words=reason)
    into_duplicate = await raised(client, neighbour, words=AGAIN)
    refused = await step(client, clerk, into_duplicate, "merge", into_id=second["id"], words=reason)
    followed = (await client.get(f"/v1/cases/{third['id']}", headers=clerk)).json()

    assert followed["duplicate_of_id"] == first["id"]
    assert refused.json()["type"] == "not-mergeable"


@pytest.mark.parametrize("is_confirmed", [False, True])
async def test_who_was_merged_reads_the_answer_and_judges_it_for_themselves(
    client: httpx.AsyncClient,
    resident: Header,
    neighbour: Header,
    clerk: Header,
    first: dict[str, Any],
    *,
    is_confirmed: bool,
) -> None:
    later = await raised(client, neighbour, words=AGAIN)
    merged = await stepped(client, clerk, later, "merge", into_id=first["id"], words="同一配送问题")
    waiting = (await client.get(f"/v1/cases/{later['id']}", headers=neighbour)).json()["joined"]
    early = await step(client, neighbour, merged, "verdict", status="confirmed")
    running = (await client.get(f"/v1/cases/{first['id']}", headers=clerk)).json()
    fixed = await stepped(client, clerk, running, "status", **FIXED)
    if is_confirmed:
        await stepped(client, resident, fixed, "verdict", status="confirmed")
    told = (await client.get(f"/v1/cases/{later['id']}", headers=neighbour)).json()["joined"]
    itself = await step(client, clerk, merged, "call-back", is_reached=True, is_satisfied=True)
    pleased = await stepped(client, neighbour, merged, "verdict", status="confirmed")
    anew = await stepped(client, neighbour, pleased, "verdict", status="reopened", words="又迟到")
    untouched = (await client.get(f"/v1/cases/{first['id']}", headers=resident)).json()

    assert (waiting["number"], waiting["answer"]) == (first["number"], None)
    assert early.json()["type"] == "not-answered-yet"
    assert (told["answer"], told["answered_at"]) == (FIXED["words"], fixed["fixed_at"])
    assert itself.json()["type"] == "confirmed-by-itself"
    assert (pleased["status"], pleased["confirmed_at"] is None) == ("duplicate", False)
    assert (anew["status"], anew["duplicate_of_id"], anew["closed_at"]) == ("reopened", None, None)
    assert (anew["confirmed_at"], anew["deadline_rule"]) == (None, "case.rework")
    assert untouched["status"] == ("confirmed" if is_confirmed else "fixed")


@pytest.fixture
async def many(fresh_database: Urls) -> AsyncIterator[Database]:
    async with database(fresh_database.app, pool_size=4) as opened:
        yield opened


async def test_what_was_answered_before_a_case_was_merged_was_no_answer_to_it(
    client: httpx.AsyncClient,
    resident: Header,
    neighbour: Header,
    clerk: Header,
    sessions: Sessions,
) -> None:
    first = await raised(client, neighbour)
    answered = await stepped(client, clerk, first, "status", status="answered", words=REPLY)
    anew = await stepped(client, neighbour, answered, "verdict", status="reopened", words="仍迟到")
    mine = await raised(client, resident)
    merged = await stepped(client, clerk, mine, "merge", into_id=first["id"], words="同一配送问题")
    async with sessions.begin() as session:  # what follows comes after its deadline
        row = await session.get_one(tables.Case, mine["id"])
        row.due_at = row.received_at
    anew["version"] += 1
    fixed = await stepped(
        client, clerk, anew, "status", status="fixed", words=REPLY, is_upheld=True
    )
    await stepped(client, resident, merged, "verdict", status="reopened", words="仍然迟到")
    shown = (await client.get(f"/v1/cases/{mine['id']}", headers=resident)).json()

    assert shown["first_answered_at"] == fixed["fixed_at"] > shown["received_at"]
    assert shown["is_answered_in_time"] is False


async def test_who_was_merged_twice_keeps_the_answer_of_the_first_case(
    client: httpx.AsyncClient, resident: Header, neighbour: Header, clerk: Header
) -> None:
    first, second, third = [await raised(client, by) for by in (neighbour, neighbour, resident)]
    same = {"words": "同一配送问题"}
    await stepped(client, clerk, third, "merge", into_id=second["id"], **same)
    second["version"] += 1
    answered = await stepped(client, clerk, second, "status", status="answered", words=REPLY)
    await stepped(client, clerk, answered, "merge", into_id=first["id"], **same)
    shown = (await client.get(f"/v1/cases/{third['id']}", headers=resident)).json()

    assert (shown["status"], shown["first_answered_at"]) == ("duplicate", answered["answered_at"])
    assert shown["is_answered_in_time"] is True


async def test_two_desks_merging_the_same_pair_at_once_leave_one_of_them_standing(
    many: Database, keys: Keys, clerk_actor: Actor
) -> None:
    async def made() -> UUID:
        async with many.sessions.begin() as session:
            opened = await cases.raise_case(
                session,
                CaseIn(**CASE, channel="counter"),
                keys=keys,
                system=System.WGS84,
                by=clerk_actor,
                now=utc_now(),
            )
            return opened.row.id

    async def merged(case_id: UUID, into: UUID) -> str:
        try:
            async with many.sessions.begin() as session:
                wish = MergeIn(into_id=into, words="同一配送问题")
                await merging.merge(
                    *(session, case_id, wish),
                    version=1,
                    keys=keys,
                    by=clerk_actor,
                    now=utc_now(),
                )
        except Problem as refusal:
            return refusal.slug
        return "merged"

    assert Role.CLERK in clerk_actor.roles
    one, other = await made(), await made()
    told = await asyncio.gather(
        merged(other, one), merged(other, one), merged(one, other), merged(one, other)
    )

    async with many.sessions() as session:
        rows = [await session.get_one(tables.Case, each) for each in (one, other)]
    assert told.count("merged") == 1
    assert [row.duplicate_of_id for row in rows] == [None, one]
