"""What referrals, those who wait and runs take is missing in the matches of every process."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from common.clock import CITY_ZONE, city_day, utc_now
from common.db import Database, database
from common.feed.wake import FeedWaiters
from common.opening import moment
from deploy.local.environment import Urls
from matching.domain.demand import Need
from matching.queries import allocation, taken
from matching.shelf.following import Following
from tests.harness import Apps
from tests.matching.cases import published, raised, referred, seen, state, step, tomorrow
from tests.matching.feeds import Feeds
from tests.matching.runs import asked, computed, offering, publish
from tests.matching.runs import step as run_step
from tests.matching.scan import DAYS, POLICY

Header = dict[str, str]
SOON_S = 10.0
MORNING = {
    "weekly": [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "09:00", "closes": "10:00"}],
    "on_holiday": "own_hours",
    "holiday_hours": [{"opens": "09:00", "closes": "10:00"}],
}


@asynccontextmanager
async def process(urls: Urls, feeds: Feeds) -> AsyncIterator[Following]:
    """The index of one more process of the service."""
    async with database(urls.app, pool_size=2) as opened, FeedWaiters.listening(opened) as bells:
        following = Following(feeds.sources(), POLICY)
        await following.read()
        task = asyncio.create_task(following.count(opened, bells))
        try:
            yield following
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def sees(index: Following, offering: UUID, left: int | None) -> None:
    """Wait until a process tells so many places for tomorrow."""
    day = moment(datetime.fromisoformat(f"{tomorrow()}T12:30").replace(tzinfo=CITY_ZONE), DAYS)
    need = Need(category="meal_delivery", moments=(day,))
    async with asyncio.timeout(SOON_S):
        while True:
            answer = (await index.current()).answer(need, offering)
            if answer is not None and answer.offer.left == left:
                return
            await asyncio.sleep(0.01)


async def reaches(index: Following, number: int) -> None:
    """Wait until a process tells that it has followed the referrals so far."""
    async with asyncio.timeout(SOON_S):
        while index.state.positions["referral"] < number:
            await asyncio.sleep(0.01)


async def told(opened: Database, feeds: Feeds, offering: UUID, **more: Any) -> None:
    """An offering in the feed and where referrals look for it."""
    told = {**state(offering, **more), "name": "演示数据 送餐", "channels": ["at_home"]}
    told |= {"price_kind": "public", "schedule": more.get("schedule"), "venue": None}
    feeds.tell("offering", [told])
    await published(opened.sessions, offering, **more)


async def test_every_process_knows_which_places_referrals_have_taken(
    apps: Apps, fresh_database: Urls, clerk: Header, provider: Header
) -> None:
    feeds, meal, course = Feeds(), uuid4(), uuid4()
    async with database(fresh_database.app, pool_size=2) as opened:
        await told(opened, feeds, meal, capacity=2)
        await told(opened, feeds, course, capacity=1, capacity_period="session", schedule=MORNING)
        async with (
            apps.live("matching", fresh_database) as calls,
            process(fresh_database, feeds) as one,
            process(fresh_database, feeds) as other,
        ):
            first = await referred(calls, clerk, meal)
            for index in (one, other):
                await sees(index, meal, 1)
            second = await referred(calls, clerk, meal)
            waits = await referred(calls, clerk, meal, wait=True)
            for index in (one, other):
                await sees(index, meal, 0)
                await reaches(index, 2)

            await step(calls, provider, first, "answer", status="declined", reason="no_staff")
            promoted = await seen(calls, clerk, waits)
            await step(calls, provider, second, "answer", status="declined", reason="no_staff")
            await sees(one, meal, 1)
            assert promoted["status"] == "held"
            await referred(calls, clerk, course, session="09:00")
            await sees(other, course, 0)


async def test_an_offering_is_counted_whole_however_its_rows_are_read(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, monkeypatch: pytest.MonkeyPatch
) -> None:
    courses = [uuid4() for _ in range(3)]
    for course in courses:
        await published(opened.sessions, course, capacity=1, capacity_period="session")
        for clock in ("09:00", "14:00"):
            await referred(calls, clerk, course, session=clock)
    monkeypatch.setattr(taken, "PORTION", 1)
    async with opened.sessions() as session:
        read = [rows async for rows in taken.everything(session, city_day(utc_now())) if rows]

    counts = [Counter(row.offering_id for row in rows) for rows in read]
    assert counts == [{course: 2} for course in sorted(courses)]


async def test_every_process_knows_what_a_run_holds(
    calls: httpx.AsyncClient, opened: Database, fresh_database: Urls, clerk: Header, head: Header
) -> None:
    feeds, meal = Feeds(), offering(121.481, 3)
    await publish(opened.sessions, meal)
    feeds.tell("offering", [{**meal, "venue": None, "channels": ["at_home"], "price_kind": None}])
    await raised(calls, clerk)
    async with process(fresh_database, feeds) as index:
        await sees(index, UUID(meal["id"]), 3)
        run = await asked(calls, head)
        async with opened.sessions.begin() as session:  # as a process begins to compute it
            row = await allocation.run(session, UUID(run["id"]))
            row.status, row.version = "running", row.version + 1
        await sees(index, UUID(meal["id"]), 0)
        async with opened.sessions.begin() as session:
            row = await allocation.run(session, UUID(run["id"]))
            row.status, row.version = "queued", row.version + 1
        await sees(index, UUID(meal["id"]), 3)

        await computed(calls, head, opened, run)
        await sees(index, UUID(meal["id"]), 2)
        drafted = (await calls.get(f"/v1/allocation-runs/{run['id']}", headers=head)).json()
        await run_step(calls, head, drafted, "cancellation")
        await sees(index, UUID(meal["id"]), 3)
