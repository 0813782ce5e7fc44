"""A run over a street: asked for, computed, checked, compared, committed, cancelled."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common import mirrors
from common.auth.roles import Role
from common.clock import city_day, utc_now
from common.contracts.feeds import Kind
from common.db import Database
from common.feed.client import Change
from common.following import applying
from common.rules import packaged_rules
from deploy.local.environment import Urls
from matching.allocation.checking import check as check_proof
from matching.consumers import FOLLOWED
from matching.queries import allocation_results as results
from matching.shelf.following import Following, policy_of
from matching.tables import AllocationHold, AllocationRun, Capacity, Need, Referral
from matching.usecases import allocating
from matching.usecases.allocation_files import opened as opened_file
from tests.matching.cases import HOME, at, key, raised, refer, referred, seen
from tests.matching.service.test_audit import entries

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
PATH = "/v1/allocation-runs"
DISTRICTS = "310101", "310104"
SEED = "2026-12-01 福彩3D 第1期"


def offering(lon: float, capacity: int | None, **more: Any) -> dict[str, Any]:
    """A published offering as the registry's feed tells it."""
    asked = {"age_min": 60, "age_max": None, "groups_any": [], "hardship": []}
    asked |= {"disability": None, "household_areas": [], "residence": "either"}
    return {
        "id": str(uuid4()),
        "name": "演示数据 送餐",
        "category": "meal_delivery",
        "category_path": "eldercare/meal/meal_delivery",
        "provider_id": str(uuid4()),
        "service_item_id": None,
        "venue": {"id": str(uuid4()), "lon": lon, "lat": 31.2352},
        "area_code": HOME,
        "target_groups": ["elderly"],
        "eligibility": asked,
        "schedule": None,
        "price_fen": 800,
        "capacity": capacity,
        "capacity_period": "day" if capacity else None,
        "funding_source": None,
        "status": "published",
        **more,
    }


async def publish(sessions: Sessions, *states: dict[str, Any]) -> None:
    """As if the registry's feed had told it; with the words it needs."""
    word = {"id": str(uuid4()), "dictionary": "service_category", "code": "meal_delivery"}
    word["path"] = "eldercare/meal/meal_delivery"
    async with sessions.begin() as session:
        await mirrors.put(session, Kind.DICTIONARY_ENTRY, orjson.dumps([word]).decode())
        changes = [
            Change("offering", uuid4().__class__(each["id"]), n, each)
            for n, each in enumerate(states, 1)
        ]
        await applying(FOLLOWED[Kind.OFFERING])(session, changes)


def tomorrow() -> date:
    return city_day(utc_now()) + timedelta(days=1)


async def asked(calls: httpx.AsyncClient, head: Header, **more: Any) -> dict[str, Any]:
    body = {"area": "310101002", "session_on": str(tomorrow()), "seed": SEED, **more}
    answer = await calls.post(PATH, json=body, headers={**head, **key()})
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def computed(
    calls: httpx.AsyncClient, head: Header, opened: Database, run: dict[str, Any]
) -> dict[str, Any]:
    assert await allocating.take_one(opened)
    found: dict[str, Any] = (await calls.get(f"{PATH}/{run['id']}", headers=head)).json()
    return found


async def step(
    calls: httpx.AsyncClient, head: Header, run: dict[str, Any], name: str
) -> httpx.Response:
    return await calls.post(
        f"{PATH}/{run['id']}/{name}", headers={**head, **key(), **at(run["version"])}
    )


async def taken(opened: Database) -> dict[str, int]:
    async with opened.sessions() as session:
        rows = await session.scalars(select(Capacity))
        return {str(row.offering_id): row.taken for row in rows}


async def test_a_run_serves_as_many_as_there_are_places_and_proves_it(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header, bearer: Any
) -> None:
    near, far = offering(121.481, 2), offering(121.490, 1)
    await publish(opened.sessions, near, far)
    for _ in range(5):
        await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    choices = (await calls.get(f"{PATH}/{run['id']}/choices", headers=head)).json()["items"]
    auditor = bearer(Role.AUDITOR, kind="staff")
    check = await calls.get(f"{PATH}/{run['id']}/check", headers=auditor)
    file = await calls.get(f"{PATH}/{run['id']}/certificate", headers=auditor)

    assert (run["status"], run["needs"], run["places"]) == ("drafted", 5, 3)
    assert sum(run["served_by_tier"]) == 3
    assert run["unserved"] == [{"reason": "all_places_taken", "needs": 2}]
    assert sorted(str(each["offering_id"]) for each in choices if each["offering_id"]) == sorted(
        [near["id"]] * 2 + [far["id"]]
    )
    assert await taken(opened) == {near["id"]: 2, far["id"]: 1}
    assert check.json()["holds"] is True, check.text
    assert check.json()["certificate_sm3"] == run["certificate_sm3"]
    proof = opened_file(file.content)
    assert not proof.problem.needs.x.any()
    assert not proof.problem.needs.y.any()
    assert proof.problem.digest().hex() == run["inputs_sm3"]
    assert check_proof(proof.problem, proof.certificate) is None


async def test_an_office_reads_the_proof_of_its_own_area_and_each_reading_is_written_down(
    calls: httpx.AsyncClient,
    opened: Database,
    clerk: Header,
    head: Header,
    bearer: Callable[..., Header],
    fresh_database: Urls,
) -> None:
    await publish(opened.sessions, offering(121.481, 1))
    await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    path = f"{PATH}/{run['id']}/certificate"
    mine, other = (bearer(Role.DISTRICT_OFFICE, area=area, line="*") for area in DISTRICTS)

    answers = [await calls.get(path, headers=who) for who in (mine, other)]
    read = [each for each in await entries(fresh_database) if each["outcome"] == "read"]

    assert [answer.status_code for answer in answers] == [200, 403]
    assert [each["action"] for each in read] == ["allocation.download"]


async def test_commit_makes_referrals_of_all_who_are_still_open(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    near = offering(121.481, 3)
    await publish(opened.sessions, near)
    people = [await raised(calls, clerk) for _ in range(3)]
    run = await computed(calls, head, opened, await asked(calls, head))
    async with opened.sessions.begin() as session:
        one = await session.scalar(select(Need).where(Need.number == people[0]["number"]))
        assert one is not None
        one.status, one.withdrawn_at = "withdrawn", utc_now()

    done = (await step(calls, head, run, "commit")).json()
    again = await step(calls, head, done, "commit")

    async with opened.sessions() as session:
        referrals = (await session.scalars(select(Referral))).all()
        needs = {row.number: row.status for row in await session.scalars(select(Need))}
        holds = (await session.scalars(select(AllocationHold))).all()
    assert (done["status"], done["lapsed"]) == ("committed", 1)
    assert {row.status for row in referrals} == {"held"}
    assert len(referrals) == 2
    assert sorted(needs.values()) == ["referred", "referred", "withdrawn"]
    assert await taken(opened) == {near["id"]: 2}
    assert holds == []
    assert (again.status_code, again.json()["type"]) == (409, "run-cannot-move")


async def test_a_need_that_a_referral_sees_to_lapses_and_the_others_are_committed(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    near = offering(121.481, 5)
    await publish(opened.sessions, near)
    await referred(calls, clerk, near["id"])
    async with opened.sessions.begin() as session:
        await session.execute(update(Need).values(status="open"))
    await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))

    done = await step(calls, head, run, "commit")

    assert (done.status_code, done.json()["lapsed"]) == (200, 1), done.text
    assert await taken(opened) == {near["id"]: 2}


async def test_a_draft_that_is_thrown_away_gives_its_places_back(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    near = offering(121.481, 4)
    await publish(opened.sessions, near)
    await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    held = await taken(opened)
    cancelled = await step(calls, head, run, "cancellation")

    assert held == {near["id"]: 1}
    assert cancelled.json()["status"] == "cancelled"
    assert await taken(opened) == {near["id"]: 0}


async def test_a_dry_run_holds_nothing_and_can_be_compared(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    near, far = offering(121.481, 1), offering(121.490, 1)
    await publish(opened.sessions, near, far)
    for _ in range(3):
        await raised(calls, clerk)
    first = await computed(calls, head, opened, await asked(calls, head, dry_run=True))
    more = {"fairness_shares": [0, 50], "fairness_steps": [0, 900], "dry_run": True}
    second = await computed(calls, head, opened, await asked(calls, head, **more))
    found = await calls.get(
        f"{PATH}/{first['id']}/comparison", headers=head, params={"other": second["id"]}
    )
    committed = await step(calls, head, first, "commit")

    assert first["served_by_tier"] == second["served_by_tier"]
    assert found.json()["gained"] - found.json()["lost"] == 0
    assert all(count == 0 for count in (await taken(opened)).values())
    assert committed.status_code == 409


async def test_who_is_not_served_learns_why(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    await publish(opened.sessions, offering(121.481, 5))
    wishes = {"weekdays": [tomorrow().isoweekday() % 7 + 1]}
    await raised(calls, clerk, profile={"age_band": "35-59", "groups": []})
    await raised(calls, clerk, wishes=wishes)
    await raised(calls, clerk, wishes={"price_at_most_fen": 100})
    await raised(calls, clerk, category="bathing")
    await raised(calls, clerk, lon=121.60, lat=31.30)
    run = await computed(calls, head, opened, await asked(calls, head))
    choices = (await calls.get(f"{PATH}/{run['id']}/choices", headers=head)).json()["items"]

    assert {each["rule"] for each in choices if each["reason"] == "not_eligible"} == {"age_min"}
    assert {each["reason"]: each["needs"] for each in run["unserved"]} == {
        "not_eligible": 1,
        "closed_at_wanted_time": 1,
        "over_budget": 1,
        "no_offering_in_category": 1,
        "too_far": 1,
    }


async def test_what_is_counted_by_session_is_left_to_who_can_choose_one(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    await publish(opened.sessions, offering(121.481, 5, capacity_period="session"))
    await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))

    assert (run["needs"], run["places"]) == (1, 0)


async def test_while_a_run_decides_nobody_takes_a_place_until_its_process_is_missed(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    near = offering(121.481, 2)
    await publish(opened.sessions, near)
    need, other, _ = [await raised(calls, clerk) for _ in range(3)]
    run = await asked(calls, head)
    async with opened.sessions.begin() as session:
        await session.execute(
            update(AllocationRun).values(status="running", beat_at=utc_now() - timedelta(hours=1))
        )
    refused = await refer(calls, clerk, need, near["id"])
    waits = (await refer(calls, clerk, other, near["id"], wait=True)).json()

    assert await allocating.give_up_orphans(opened) == 1
    called = await seen(calls, clerk, waits)
    done = await computed(calls, head, opened, run)

    assert (refused.status_code, refused.json()["type"]) == (409, "offering-full")
    assert (waits["status"], called["status"]) == ("waitlisted", "held")
    assert (done["status"], await taken(opened)) == ("drafted", {near["id"]: 2})


async def test_a_run_waits_for_whoever_is_taking_a_place_as_it_begins(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    near = offering(121.481, 2)
    await publish(opened.sessions, near)
    await referred(calls, clerk, near["id"])
    await raised(calls, clerk)
    run = await asked(calls, head)
    async with opened.sessions.begin() as session:
        await session.execute(update(Capacity).values(taken=Capacity.taken + 1))
        computing = asyncio.create_task(computed(calls, head, opened, run))
        await asyncio.sleep(0.5)
        is_waiting = not computing.done()
    done = await computing

    assert is_waiting
    assert (done["status"], done["places"]) == ("drafted", 0)


async def test_what_is_contested_has_a_price_that_the_next_match_sees(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    near, idle = offering(121.481, 1), offering(121.490, 9)
    await publish(opened.sessions, near, idle)
    for _ in range(3):
        await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    async with opened.sessions() as session:
        before = await results.newest_prices(session)
    await step(calls, head, run, "commit")
    async with opened.sessions() as session:
        run_id, prices = await results.newest_prices(session)
    following = Following({}, policy_of(packaged_rules("matching")))
    following.price(run_id, prices)

    assert before == (None, {})
    assert str(run_id) == run["id"]
    assert {str(each) for each in prices} == {near["id"]}
    assert all(0 < minutes <= 60 for minutes in prices.values())
    assert following._shelf.lists.scarcity == prices


async def test_nobody_takes_a_place_that_a_draft_holds(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    near = offering(121.481, 1)
    await publish(opened.sessions, near)
    await raised(calls, clerk)
    await computed(calls, head, opened, await asked(calls, head))
    late = await raised(calls, clerk)
    answer = await calls.post(
        "/v1/referrals",
        json={"need_id": late["id"], "offering_id": near["id"], "session_on": str(tomorrow())},
        headers={**clerk, **key()},
    )

    assert (answer.status_code, answer.json()["type"]) == (409, "offering-full")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"session_on": "2020-01-01"}, "/session_on"),
        ({"fairness_shares": [0, 20], "fairness_steps": [0]}, "/fairness_shares"),
        ({"candidates": 10}, "/candidates"),
    ],
)
async def test_a_run_that_cannot_be_meant_is_refused(
    calls: httpx.AsyncClient, head: Header, body: dict[str, Any], pointer: str
) -> None:
    wish = {"area": "310101002", "session_on": str(tomorrow()), "seed": SEED, **body}
    answer = await calls.post(PATH, json=wish, headers={**head, **key()})

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


async def test_another_street_neither_asks_nor_sees(
    calls: httpx.AsyncClient, head: Header, bearer: Callable[..., Header]
) -> None:
    run = await asked(calls, head)
    other = bearer(Role.STREET_HEAD, area="310104003", line="*", subject="other")
    wish = {"area": "310101002", "session_on": str(tomorrow()), "seed": SEED}
    answers = [
        await calls.post(PATH, json=wish, headers={**other, **key()}),
        await calls.get(f"{PATH}/{run['id']}", headers=other),
        await step(calls, other, run, "cancellation"),
    ]
    listed = (await calls.get(PATH, headers=other)).json()["items"]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert listed == []


async def test_the_committed_run_is_published_without_figures_on_few(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    await publish(opened.sessions, offering(121.481, 3))
    await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    await step(calls, head, run, "commit")
    async with opened.sessions() as session:
        states = await allocating.queries.states(session, [run["id"]])
        rows = (await session.scalars(text("SELECT kind FROM feed_outbox"))).all()

    (state,) = states.values()
    assert [tier.served for tier in state.served_by_tier].count(None) == 1
    assert state.certificate_sm3 == run["certificate_sm3"]
    assert "allocation_run" in rows
