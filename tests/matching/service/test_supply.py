"""The registry publishes places, matching consumes them: fewer than taken is told, never cut."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from common.clock import city_day, utc_now
from common.contracts.matching import ReferralStatus
from common.db import Database
from common.feed.client import Change
from matching import tables, worker
from matching.queries import referrals as queries
from matching.usecases import referral_steps, referrals, supply
from matching.usecases.places import CLOCKWORK
from matching.usecases.referral_steps import Step
from tests.matching.cases import (
    Sessions,
    places,
    published,
    raised,
    refer,
    referred,
    seen,
    step,
    tomorrow,
)

Header = dict[str, str]


async def test_lowered_places_stand_on_the_work_list_until_enough_are_given_back(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity=3)
    made = [await referred(client, resident, offering) for _ in range(3)]

    await published(sessions, offering, capacity=1)
    listed = await places(client, clerk, offering, over_committed="true")
    full = await refer(client, resident, await raised(client, resident), offering)
    counts = []
    for each in made[:2]:
        await step(client, resident, each, "withdrawal")
        row = (await places(client, clerk, offering))[0]
        counts.append((row["taken"], row["over_committed"]))

    assert [(row["taken"], row["places"], row["over_committed"]) for row in listed] == [(3, 1, 2)]
    assert full.json()["type"] == "offering-full"
    assert counts == [(2, 1), (1, 0)]
    assert (await seen(client, resident, made[2]))["status"] == "held"
    assert await places(client, clerk, offering, over_committed="true") == []


async def test_added_places_go_to_who_waits(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity=1)
    await referred(client, resident, offering)
    waits = [await referred(client, resident, offering, wait=True) for _ in range(2)]

    await published(sessions, offering, capacity=2)

    states = [(await seen(client, resident, wait))["status"] for wait in waits]
    assert states == ["held", "waitlisted"]
    assert (await places(client, clerk, offering))[0]["waiting"] == 1


async def test_who_waits_for_more_places_than_are_left_is_turned_down_and_the_others_go_on(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    """The registry takes a place away, and adds one again too late for one and in time for one."""
    offering = await published(sessions, capacity=2)
    first = await referred(client, resident, offering, places=2)
    couple, another = [
        await referred(client, resident, offering, places=2, wait=True) for _ in range(2)
    ]
    single = await referred(client, resident, offering, wait=True)

    await published(sessions, offering, capacity=1)
    await step(client, resident, first, "withdrawal")
    called = await seen(client, resident, single)
    async with sessions() as session:
        found = await queries.never_served(session, limit=10)
    async with sessions.begin() as session:
        await referrals.turn_down(session, UUID(couple["id"]), now=utc_now())
    await published(sessions, offering, capacity=2)
    async with sessions.begin() as session:
        await referrals.turn_down(session, UUID(another["id"]), now=utc_now())
    told = await seen(client, resident, couple)
    need = (await client.get(f"/v1/needs/{couple['need_id']}", headers=resident)).json()

    assert called["status"] == "held"
    assert {str(each) for each in found} == {couple["id"], another["id"]}
    assert (told["status"], told["decline_reason"]) == ("declined", "fewer_places")
    assert need["status"] == "open"
    assert (await seen(client, resident, another))["status"] == "waitlisted"
    assert (await places(client, clerk, offering))[0]["waiting"] == 1


async def test_the_clockwork_turns_down_who_waits_for_more_than_is_left(
    calls: httpx.AsyncClient, opened: Database, clerk: Header
) -> None:
    offering = await published(opened.sessions, capacity=2)
    await referred(calls, clerk, offering, places=2)
    couple = await referred(calls, clerk, offering, places=2, wait=True)
    before = await worker.expire(opened, now=utc_now())
    await published(opened.sessions, offering, capacity=1)
    after = [await worker.expire(opened, now=utc_now()) for _ in range(2)]

    assert (before, after) == (0, [1, 0])
    assert (await seen(calls, clerk, couple))["decline_reason"] == "fewer_places"


async def test_counting_by_another_period_keeps_every_place_taken(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity=1)
    days = (tomorrow(), tomorrow(2))
    made = [await referred(client, resident, offering, session_on=day) for day in days]
    waiting = await referred(client, resident, offering, session_on=days[0], wait=True)

    await published(sessions, offering, capacity=2, capacity_period="year")
    rows = await places(client, clerk, offering)
    await step(client, resident, made[1], "withdrawal")

    if days[0][:4] == days[1][:4]:
        assert [(row["period"], row["taken"], row["waiting"]) for row in rows] == [("year", 2, 1)]
        assert (await seen(client, resident, waiting))["status"] == "held"


async def test_a_retired_offering_takes_nobody_new_and_drops_nobody(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    offering = await published(sessions)
    made = await referred(client, resident, offering)
    async with sessions.begin() as session:
        await supply.apply(session, [Change("offering", offering, 2, None)], now=utc_now())

    refused = await refer(client, resident, await raised(client, resident), offering)

    assert refused.json()["type"] == "offering-not-open"
    assert (await seen(client, resident, made))["status"] == "held"


async def test_periods_that_are_over_keep_the_places_they_had(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity=2)
    await referred(client, resident, offering)
    after = utc_now() + timedelta(days=3)

    await published(sessions, offering, now=after, capacity=1)

    assert (await places(client, clerk, offering))[0]["places"] == 2


@pytest.mark.parametrize("meanwhile", ["day", "month"])
async def test_sessions_are_counted_again_as_before_where_days_were_counted_meanwhile(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    sessions: Sessions,
    meanwhile: str,
) -> None:
    """Nobody's hour is forgotten, and what was taken of a session stays taken."""
    offering = await published(sessions, capacity=2, capacity_period="session")
    clocks = ["09:00", "09:00", "09:00", "14:00"]
    made = [
        await referred(client, resident, offering, session=clock, wait=True) for clock in clocks
    ]

    await published(sessions, offering, capacity=2, capacity_period=meanwhile)
    told = [(await seen(client, resident, each))["session"] for each in made]
    between = await places(client, clerk, offering)
    await published(sessions, offering, capacity=2, capacity_period="session")
    rows = await places(client, clerk, offering)
    full = await refer(client, resident, await raised(client, resident), offering, session="09:00")

    assert told == clocks
    assert [(row["session"], row["taken"], row["over_committed"]) for row in between] == [
        (None, 3, 1)
    ]
    assert [(row["session"], row["taken"], row["waiting"]) for row in rows] == [
        ("09:00", 2, 1),
        ("14:00", 1, 0),
    ]
    assert full.json()["type"] == "offering-full"


async def test_who_is_served_after_all_takes_the_place_of_the_session_that_was_asked(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    """The hold ran out while days were counted."""
    offering = await published(sessions, capacity_period="session")
    held = await referred(client, resident, offering, session="09:00")
    await published(sessions, offering, capacity_period="day")
    await taken(sessions, held, ReferralStatus.EXPIRED)
    await published(sessions, offering, capacity_period="session")

    await taken(sessions, held, ReferralStatus.SERVED)

    rows = await places(client, clerk, offering)
    assert [(row["session"], row["taken"]) for row in rows] == [("09:00", 1)]


async def test_who_is_served_after_all_on_a_day_that_is_over_keeps_the_hour(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    """Its day was over when days began to be counted, so that nothing of it was counted anew."""
    offering = await published(sessions, capacity_period="session")
    held = await referred(client, resident, offering, session="09:00")
    await taken(sessions, held, ReferralStatus.EXPIRED)
    async with sessions.begin() as session:
        for table in ("referral", "capacity"):
            await session.execute(text(f"UPDATE {table} SET starts_on = starts_on - 7"))
        await session.execute(text("UPDATE referral SET session_on = session_on - 7"))
        await session.execute(text("UPDATE capacity SET ends_on = ends_on - 7"))
    await published(sessions, offering, capacity_period="day")

    await taken(sessions, held, ReferralStatus.SERVED)

    assert (await seen(client, resident, held))["session"] == "09:00"


async def taken(sessions: Sessions, referral: dict[str, Any], wanted: ReferralStatus) -> None:
    """A step of a referral, whatever the time of day."""
    async with sessions.begin() as session:
        await referral_steps.take(session, UUID(referral["id"]), Step(wanted, CLOCKWORK, utc_now()))


@pytest.mark.parametrize(("before", "after"), [("day", "week"), ("month", "day"), ("week", "day")])
async def test_the_present_period_is_counted_whole_when_the_registry_counts_otherwise(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    sessions: Sessions,
    before: str,
    after: str,
) -> None:
    """A referral of Monday, told on Wednesday: its place and its next step still hold."""
    offering = await published(sessions, capacity=5, capacity_period=before)
    today = city_day(utc_now())
    monday = today + timedelta(days=7 - today.weekday())
    if (monday + timedelta(days=2)).month != monday.month:
        monday += timedelta(days=7)  # both days in one month
    wednesday = utc_now() + (monday - today) + timedelta(days=2)
    made = [
        await referred(client, resident, offering, session_on=str(monday), places=2)
        for _ in range(2)
    ]

    await published(sessions, offering, now=wednesday, capacity=3, capacity_period=after)
    rows = await places(client, clerk, offering)
    gone = await step(client, resident, made[0], "withdrawal")
    left = await places(client, clerk, offering)

    assert [(row["period"], row["starts_on"], row["taken"]) for row in rows] == [
        (after, str(monday), 4)
    ]
    assert rows[0]["over_committed"] == 1
    assert gone.status_code == 200, gone.text
    assert [(row["taken"], row["over_committed"]) for row in left] == [(2, 0)]


async def test_places_that_a_draft_holds_are_counted_along(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity=5)
    await referred(client, resident, offering)
    run = UUID(int=7)
    async with sessions.begin() as session:
        day = city_day(utc_now()) + timedelta(days=1)
        session.add(draft_run(run, day))
        await session.flush()
        session.add(
            tables.AllocationHold(run_id=run, offering_id=offering, starts_on=day, places=3)
        )
        await session.execute(text("UPDATE capacity SET taken = taken + 3"))

    await published(sessions, offering, capacity=5, capacity_period="year")
    row = (await places(client, clerk, offering))[0]
    async with sessions() as session:
        kept = await session.scalar(text("SELECT starts_on::text FROM allocation_hold"))

    assert (row["period"], row["taken"]) == ("year", 4)
    assert kept == row["starts_on"]


def draft_run(run_id: UUID, day: date) -> tables.AllocationRun:
    """A run whose draft holds places."""
    who = {"created_by": "office", "updated_by": "office"}
    when = {"created_at": utc_now(), "updated_at": utc_now()}
    return tables.AllocationRun(
        id=run_id,
        area="31",
        session_on=day,
        seed="seed",
        is_dry=False,
        policy={},
        status="running",
        done=1.0,
        is_unwanted=False,
        version=1,
        **who,
        **when,
    )
