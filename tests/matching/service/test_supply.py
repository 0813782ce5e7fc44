"""The registry publishes places, matching consumes them: fewer than taken is told, never cut."""

from datetime import timedelta

import httpx

from common.clock import utc_now
from common.feed.client import Change
from matching.usecases import supply
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
