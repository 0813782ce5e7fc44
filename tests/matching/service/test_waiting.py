"""Who waits for a place 候补: called in their order, by nobody overtaken, and holding up nobody."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import event, text

from common.auth.actor import Actor
from common.clock import CITY_ZONE, city_day, utc_now
from common.contracts.matching import ReferralStatus
from common.feed.client import Change
from matching.queries.referrals import never_served, overdue
from matching.usecases import referral_steps
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
    told,
    tomorrow,
)

Header = dict[str, str]


async def test_who_wants_more_places_than_there_are_does_not_wait_before_the_others(
    client: httpx.AsyncClient,
    resident: Header,
    neighbour: Header,
    clerk: Header,
    sessions: Sessions,
) -> None:
    offering = await published(sessions, capacity_period="year", capacity=5)
    need = await raised(client, resident)

    refused = [
        await refer(client, resident, need, offering, places=6, wait=wait) for wait in (True, False)
    ]
    await referred(client, neighbour, offering)
    made = await referred(client, clerk, await published(sessions, capacity=6), places=6)
    moved_there = await step(client, clerk, made, "transfer", offering_id=str(offering), wait=True)

    for answer in (*refused, moved_there):
        (fault,) = answer.json()["errors"]
        assert (answer.status_code, fault["pointer"], fault["value"]) == (422, "/places", 6)
        assert "5" in fault["message"]
    assert (await places(client, clerk, offering))[0]["waiting"] == 0


@pytest.mark.parametrize("what", ["declined", "withdrawn", "no_show"])
async def test_a_place_that_is_given_back_goes_to_who_waits(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    provider: Header,
    sessions: Sessions,
    what: str,
) -> None:
    offering = await published(sessions, capacity=1)
    day = tomorrow(0)
    first = await referred(client, resident, offering, session_on=day)
    waiting = await referred(client, resident, offering, session_on=day, wait=True)
    assert (waiting["status"], waiting["waiting_before"]) == ("waitlisted", 0)

    if what == "withdrawn":
        await step(client, resident, first, "withdrawal")
    elif what == "declined":
        await step(client, provider, first, "answer", status="declined", reason="no_staff")
    else:
        taken = (await step(client, provider, first, "answer", status="accepted")).json()
        await step(client, provider, taken, "answer", status="no_show")
    need = (await client.get(f"/v1/needs/{first['need_id']}", headers=resident)).json()
    row = (await places(client, clerk, offering))[0]

    assert (await seen(client, resident, first))["status"] == what
    assert (await seen(client, resident, waiting))["status"] == "held"
    assert need["status"] == "open"
    assert (row["taken"], row["waiting"]) == (1, 0)


async def test_the_most_urgent_waits_first_then_who_came_first(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity=1)
    first = await referred(client, resident, offering)
    waits = []
    for band in ("35-59", "80+", "80+"):
        need = await raised(client, resident, profile={"age_band": band})
        waits.append((await refer(client, resident, need, offering, wait=True)).json())
    before = [(await seen(client, resident, wait))["waiting_before"] for wait in waits]

    await step(client, resident, first, "withdrawal")

    assert before == [2, 0, 1]
    states = [(await seen(client, resident, wait))["status"] for wait in waits]
    assert states == ["waitlisted", "held", "waitlisted"]


async def test_nobody_overtakes_who_waits_for_more_places(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity=2)
    one = await referred(client, resident, offering)
    two = await referred(client, resident, offering)
    couple = await referred(client, resident, offering, places=2, wait=True)

    await step(client, resident, one, "withdrawal")
    full = await refer(client, resident, await raised(client, resident), offering)
    await step(client, resident, two, "withdrawal")

    assert full.json()["type"] == "offering-full"
    assert (await seen(client, resident, couple))["status"] == "held"


@pytest.mark.parametrize(("hour", "becomes"), [(8, "held"), (9, "waitlisted"), (11, "waitlisted")])
async def test_nobody_is_called_to_a_session_that_has_begun(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    clerk_actor: Actor,
    sessions: Sessions,
    hour: int,
    becomes: str,
) -> None:
    offering = await published(sessions, capacity=1, capacity_period="session")
    first = await referred(client, resident, offering, session="09:00")
    waits = await referred(client, resident, offering, session="09:00", wait=True)
    now = datetime.combine(date.fromisoformat(tomorrow()), time(hour), CITY_ZONE)
    async with sessions.begin() as session:
        gone = Step(ReferralStatus.WITHDRAWN, clerk_actor, now)
        await referral_steps.take(session, UUID(first["id"]), gone)
    row = (await places(client, clerk, offering))[0]

    assert (await seen(client, resident, waits))["status"] == becomes
    assert (row["taken"], row["waiting"]) == ((1, 0) if becomes == "held" else (0, 1))


async def test_nobody_is_called_to_what_is_suspended_until_it_opens_again(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity=1)
    first = await referred(client, resident, offering)
    waits = await referred(client, resident, offering, wait=True)

    await told(sessions, Change("offering", offering, 2, None))  # so the registry tells of it
    await step(client, resident, first, "withdrawal")
    suspended = await seen(client, resident, waits)
    async with sessions() as session:
        in_vain = await never_served(session, limit=10)
    await published(sessions, offering, capacity=1)

    assert (suspended["status"], in_vain) == ("waitlisted", [])
    assert (await seen(client, resident, waits))["status"] == "held"


async def test_who_asked_for_a_session_that_has_begun_is_passed_over_where_days_are_counted_by_now(
    client: httpx.AsyncClient, resident: Header, clerk_actor: Actor, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity=1, capacity_period="session")
    first = await referred(client, resident, offering, session="09:00")
    late = await referred(client, resident, offering, session="09:00", wait=True)
    await published(sessions, offering, capacity=1, capacity_period="day")
    behind = await referred(client, resident, offering, wait=True)
    now = datetime.combine(date.fromisoformat(tomorrow()), time(11), CITY_ZONE)
    async with sessions.begin() as session:
        gone = Step(ReferralStatus.WITHDRAWN, clerk_actor, now)
        await referral_steps.take(session, UUID(first["id"]), gone)

    states = [(await seen(client, resident, each))["status"] for each in (late, behind)]
    assert states == ["waitlisted", "held"]


async def test_what_is_overdue_is_looked_for_in_the_small_indexes_alone(
    sessions: Sessions,
) -> None:
    asked: list[tuple[str, Any]] = []
    async with sessions() as session:
        connection = await session.connection()
        event.listen(
            connection.sync_connection,
            "before_cursor_execute",
            lambda *said: asked.append((said[2], said[3])),
        )
        await overdue(session, now=utc_now(), today=city_day(utc_now()), limit=200)
        for other in ("seqscan", "bitmapscan", "sort"):  # which cost a small table as little
            await session.execute(text(f"SET LOCAL enable_{other} = off"))
        plans = [
            "\n".join((await connection.exec_driver_sql(f"EXPLAIN {said}", values)).scalars())
            for said, values in asked[:2]
        ]

    for plan, index in zip(plans, ("ix_referral_hold", "ix_referral_wait"), strict=True):
        assert index in plan
        assert "Sort" not in plan
