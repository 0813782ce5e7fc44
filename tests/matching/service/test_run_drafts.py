"""What a run holds nobody else takes; committed it becomes referrals, cancelled it is free."""

import asyncio
from datetime import timedelta

import httpx
from sqlalchemy import select, update

from common.clock import city_day, utc_now
from common.db import Database
from deploy.local.environment import Urls
from matching import worker
from matching.tables import AllocationHold, AllocationRun, Capacity, Need, Referral
from matching.usecases import allocating
from tests.matching.cases import key, raised, refer, referred, seen
from tests.matching.runs import PATH, asked, computed, offering, publish, step, taken, tomorrow
from tests.matching.service.test_audit import entries

Header = dict[str, str]


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


async def test_a_draft_whose_day_is_over_gives_back_what_it_holds_of_the_year(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header, fresh_database: Urls
) -> None:
    near, now = offering(121.481, 1, capacity_period="year"), utc_now()
    await publish(opened.sessions, near)
    await raised(calls, clerk)
    day = {"session_on": str(city_day(now))}
    dry = await computed(calls, head, opened, await asked(calls, head, dry_run=True, **day))
    run = await computed(calls, head, opened, await asked(calls, head, **day))
    held = await taken(opened)

    days = (now, now + timedelta(days=1), now + timedelta(days=1))
    ended = [await worker.end_drafts(opened, now=day) for day in days]

    answers = [await calls.get(f"{PATH}/{each['id']}", headers=head) for each in (run, dry)]
    told = [each for each in await entries(fresh_database) if each["action"] == "allocation.cancel"]
    assert ended == [0, 1, 0]
    assert [each.json()["status"] for each in answers] == ["cancelled", "drafted"]
    assert (held, await taken(opened)) == ({near["id"]: 1}, {near["id"]: 0})
    assert [(each["kind"], each["target_id"]) for each in told] == [("service", run["id"])]
