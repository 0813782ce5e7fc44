"""What comes between the steps of a run: who cancels it, a feed that counts anew, who leaves."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, text

from common.auth.actor import Actor
from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.registry.offerings import CapacityPeriod
from common.db import Database
from common.feed.client import Change
from matching import tables
from matching.domain.places import Slot, Span
from matching.queries import allocation as queries
from matching.queries import places as place_queries
from matching.queries import rooms as room_queries
from matching.usecases import allocating, supply
from matching.usecases import allocation as usecases
from tests.matching.cases import PROVIDER, raised, refer
from tests.matching.cases import step as referral_step
from tests.matching.runs import (
    PATH,
    Sessions,
    asked,
    computed,
    offering,
    publish,
    step,
    taken,
    tomorrow,
)
from tests.matching.service.test_places_at_once import waiting
from tests.matching.service.test_run_days import ALL_WEEK

Header = dict[str, str]


async def met(sessions: Sessions, number: int) -> None:
    """Wait until so many wait for a lock."""
    async with asyncio.timeout(30):
        while await waiting(sessions) < number:
            await asyncio.sleep(0.05)


def midweek() -> date:
    """A day to come on which no week begins."""
    day = tomorrow()
    return day + timedelta(days=day.weekday() == 0)


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def by_week(state: dict[str, Any]) -> list[Change]:
    """A feed that tells that an offering counts its places by the week from now on."""
    return [Change("offering", UUID(state["id"]), 9, {**state, "capacity_period": "week"})]


async def test_a_run_that_is_cancelled_when_its_arithmetic_is_done_becomes_no_draft(
    calls: httpx.AsyncClient,
    opened: Database,
    clerk: Header,
    head: Header,
    actor: Callable[..., Actor],
) -> None:
    near = offering(121.481, 1)
    await publish(opened.sessions, near)
    need = await raised(calls, clerk)
    run = await asked(calls, head)
    by = actor(Role.STREET_HEAD, area="310101002", line="*")
    async with opened.sessions() as slow:
        await slow.execute(text("LOCK TABLE capacity IN ROW EXCLUSIVE MODE"))
        computing = asyncio.create_task(allocating.take_one(opened))
        await met(opened.sessions, 1)  # the run waits for it before it reads
        at = (await calls.get(f"{PATH}/{run['id']}", headers=head)).json()
        async with opened.sessions.begin() as session:
            cancelled = await usecases.cancel(
                session, run["id"], version=at["version"], by=by, now=utc_now()
            )
            await session.flush()
            await slow.rollback()
            await met(opened.sessions, 2)  # its beat, and its draft that is ready
    await computing

    done = (await calls.get(f"{PATH}/{run['id']}", headers=head)).json()
    assert (at["status"], cancelled.is_unwanted, done["status"]) == ("running", True, "cancelled")
    assert await taken(opened) == {}
    assert (await refer(calls, clerk, need, near["id"])).status_code == 201


async def test_a_commit_waits_for_a_feed_that_counts_by_another_period(
    calls: httpx.AsyncClient,
    opened: Database,
    clerk: Header,
    head: Header,
    bearer: Callable[..., Header],
) -> None:
    near, day = offering(121.481, 2, provider_id=PROVIDER), midweek()
    await publish(opened.sessions, near)
    await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head, session_on=str(day)))
    async with opened.sessions.begin() as session:
        await supply.apply(session, by_week(near), now=utc_now())
        committing = asyncio.create_task(step(calls, head, run, "commit"))
        await met(opened.sessions, 1)
    done = await committing

    async with opened.sessions() as session:
        referral = (await session.scalars(select(tables.Referral))).one()
    held = await taken(opened)
    provider = bearer(Role.PROVIDER, org=PROVIDER)
    found = {"id": str(referral.id), "version": referral.version}
    declined = await referral_step(
        calls, provider, found, "answer", status="declined", reason="no_staff"
    )
    assert (done.status_code, referral.starts_on, held) == (200, monday(day), {near["id"]: 1})
    assert declined.status_code == 200, declined.text
    assert await taken(opened) == {near["id"]: 0}


async def between(
    opened: Database, state: dict[str, Any], work: Callable[..., Awaitable[None]], *args: Any
) -> None:
    """Do something of a run after a feed has counted anew, and before that is written."""

    async def working() -> None:
        async with opened.sessions.begin() as session:
            await work(session, *args)

    async with opened.sessions.begin() as session:
        await supply.apply(session, by_week(state), now=utc_now())
        task = asyncio.create_task(working())
        await met(opened.sessions, 1)
    await task


async def test_a_draft_holds_places_of_the_period_by_which_they_are_counted_now(
    opened: Database,
) -> None:
    near, day, run = offering(121.481, 2), midweek(), UUID(int=7)
    await publish(opened.sessions, near)
    used = [UUID(near["id"])], [1]
    await between(opened, near, queries.hold, run, day, used)

    async with opened.sessions() as session:
        hold = (await session.scalars(select(tables.AllocationHold))).one()
        [row] = (await session.scalars(select(tables.Capacity))).all()
    assert hold.starts_on == row.starts_on == monday(day)
    assert (row.period, row.taken) == ("week", 1)


async def test_places_are_given_back_where_they_are_counted_now(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    near = offering(121.481, 2)
    await publish(opened.sessions, near)
    await raised(calls, clerk)
    wish = await asked(calls, head, session_on=str(midweek()))
    run = await computed(calls, head, opened, wish)
    held = await taken(opened)
    await between(opened, near, queries.give_back, UUID(run["id"]), midweek())

    assert (held, await taken(opened)) == ({near["id"]: 1}, {near["id"]: 0})


async def test_a_commit_asks_for_rooms_after_all_places(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    """As who leaves does, who gives the place back and then the room."""
    near = offering(121.481, 5, schedule=ALL_WEEK, space_id="01900000-0000-7000-8000-00000000aaaa")
    await publish(opened.sessions, near)
    needs = [await raised(calls, clerk) for _ in range(3)]
    first = await refer(calls, clerk, needs[0], near["id"])
    run = await computed(calls, head, opened, await asked(calls, head))
    async with opened.sessions.begin() as session:  # of the two that it serves one lapses
        gone = text("UPDATE need SET status = 'withdrawn', withdrawn_at = now() WHERE id = :id")
        await session.execute(gone, {"id": UUID(needs[1]["id"])})
    async with opened.sessions.begin() as session:
        await place_queries.locked(session, Slot(UUID(near["id"]), tomorrow(), ""))
        committing = asyncio.create_task(step(calls, head, run, "commit"))
        await met(opened.sessions, 1)
        room = await room_queries.standing(session, UUID(near["id"]), tomorrow(), "")
    done = await committing

    assert first.status_code == 201, first.text
    assert room is not None
    assert (done.status_code, done.json()["lapsed"]) == (200, 1), done.text
    async with opened.sessions() as session:
        rows = (await session.scalars(select(tables.Referral))).all()
    assert [row.booking_id for row in rows] == [room.id, room.id]


LOW, HIGH = (Slot(UUID(int=number), tomorrow(), "") for number in (1, 2))


async def one_waits(opened: Database) -> None:
    """An offering within reach, and one beyond it where somebody waits, first by key."""
    held, awaited = (
        offering(lon, 2, id=str(slot.offering_id))
        for lon, slot in ((121.481, HIGH), (122.481, LOW))
    )
    await publish(opened.sessions, held, awaited)
    async with opened.sessions.begin() as session:
        for slot in (LOW, HIGH):
            day = Span(slot.starts_on, slot.starts_on)
            await place_queries.open_slot(session, slot, day, CapacityPeriod.DAY)
        await place_queries.join(session, LOW)


async def beside_both(opened: Database, ending: Callable[[], Awaitable[Any]]) -> Any:
    """What comes of a run's ending, while somebody takes places of both in the order of keys."""
    async with opened.sessions.begin() as session:
        await place_queries.locked(session, LOW)
        number = await session.scalar(text("SELECT pg_backend_pid()"))
        task = asyncio.create_task(ending())
        async with asyncio.timeout(30):
            while not await is_waited_for(opened.sessions, number):
                await asyncio.sleep(0.05)
        await place_queries.locked(session, HIGH)
    return await task


async def is_waited_for(sessions: Sessions, number: int) -> bool:
    """Whether somebody waits for a connection's locks."""
    waits = text("SELECT count(*) FROM pg_locks WHERE :number = ANY(pg_blocking_pids(pid))")
    async with sessions() as session:
        return bool(await session.scalar(waits, {"number": number}))


async def test_a_draft_holds_its_places_and_calls_who_waits_in_the_order_of_keys(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    await one_waits(opened)
    await raised(calls, clerk)
    run = await asked(calls, head)
    computing: asyncio.Task[bool]

    async with opened.sessions() as gate:

        async def storing() -> bool:
            await gate.rollback()
            return await computing

        async with opened.sessions() as slow:
            await slow.execute(text("LOCK TABLE capacity IN ROW EXCLUSIVE MODE"))
            computing = asyncio.create_task(allocating.take_one(opened))
            await met(opened.sessions, 1)  # the run waits for it before it reads
            locked = text("SELECT FROM allocation_run WHERE id = :id FOR UPDATE")
            await gate.execute(locked, {"id": UUID(run["id"])})
        await met(opened.sessions, 2)  # its beat, and its draft that is ready
        await beside_both(opened, storing)

    done = (await calls.get(f"{PATH}/{run['id']}", headers=head)).json()
    assert done["status"] == "drafted"
    assert (await taken(opened))[str(HIGH.offering_id)] == 1


@pytest.mark.parametrize("name", ["cancellation", "commit"])
async def test_a_run_gives_back_and_calls_who_waits_in_the_order_of_keys(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header, name: str
) -> None:
    await one_waits(opened)
    await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    held = await taken(opened)
    async with opened.sessions.begin() as session:  # what is committed lapses
        await session.execute(text("UPDATE need SET status = 'withdrawn', withdrawn_at = now()"))

    done = await beside_both(opened, lambda: step(calls, head, run, name))

    assert done.status_code == 200, done.text
    assert held[str(HIGH.offering_id)] == 1
    assert (await taken(opened))[str(HIGH.offering_id)] == 0
