"""A holiday notice that the feedback loads is known here, and so is its withdrawal."""

from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common import notices
from common.auth.roles import Role
from common.calendar import WrongNotice
from common.calendar.official import official_calendar, released_calendar, unlearn
from common.clock import city_day, utc_now
from common.contracts.feeds import Kind
from common.db import Database, database
from common.feed.client import Change, FeedClient
from common.feed.consumer import catch_up
from common.following import applying
from common.recounts import KNOWN_TO_ALL
from matching import tables
from matching.consumers import FOLLOWED
from matching.usecases import recounting
from tests.harness import Apps, Databases, Urls
from tests.matching.cases import at, key, moved, published, raised, referred, seen, tomorrow
from tests.matching.service.test_standing import CARE, verified

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
TITLE = "国务院办公厅关于调整放假安排的通知（测试用假设）"
ID = UUID("01930000-0000-7000-8000-000000000001")


@pytest.fixture
def service() -> str:
    return "matching"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    unlearn()


def week_off(**more: Any) -> dict[str, Any]:
    """An amendment that gives the five weekdays after today off, or whatever is given."""
    first = city_day(utc_now()) + timedelta(days=1)
    return {
        "id": str(ID),
        "version": 1,
        "title": TITLE,
        "year": None,
        "document": None,
        "issued_on": None,
        "source": "https://www.gov.cn/test-week-off",
        "holidays": [
            {"name": "测试假期", "first": str(first), "last": str(first + timedelta(days=6))}
        ],
        "working": [],
        **more,
    }


async def told(sessions: Sessions, state: dict[str, Any] | None, record_id: UUID = ID) -> None:
    """The feed tells of a notice, or that it is gone."""
    async with sessions.begin() as session:
        change = Change("calendar_notice", record_id, 1, state)
        await applying(FOLLOWED[Kind.CALENDAR_NOTICE])(session, [change])


async def recounted(sessions: Sessions, *, limit: int = 1) -> int:
    """All recounts there are, some records at a time; how many steps that took."""
    steps, now = 0, utc_now() + KNOWN_TO_ALL
    while True:
        async with sessions.begin() as session:
            if not await recounting.recount(session, now=now, limit=limit):
                return steps
        steps += 1


async def waiting(sessions: Sessions) -> int:
    async with sessions() as session:
        found = text("SELECT count(*) FROM calendar_recount WHERE done_at IS NULL")
        return int(await session.scalar(found) or 0)


async def owed(client: httpx.AsyncClient, resident: Header, clerk: Header) -> dict[str, Any]:
    """A need of somebody who is entitled and whom nobody serves."""
    need = await raised(client, resident, **CARE)
    await verified(client, clerk, need)
    await moved(client, clerk, {**need, "version": 2}, "unmet", reason="too_far")
    return need


async def duty_of(client: httpx.AsyncClient, clerk: Header) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/v1/duties", headers=clerk)).json()["items"][0]
    return found


async def test_duties_and_holds_follow_a_notice_and_its_withdrawal(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    await owed(client, resident, clerk)
    duty = await duty_of(client, clerk)
    offering = await published(sessions)
    hold = await referred(client, clerk, offering, session_on=tomorrow(60))

    await told(sessions, week_off())
    early = await recounting_now(sessions)
    await recounted(sessions)
    later, held = await duty_of(client, clerk), await seen(client, clerk, hold)
    await told(sessions, None)
    await recounted(sessions)
    back, free = await duty_of(client, clerk), await seen(client, clerk, hold)

    days = [date.fromisoformat(each["due_on"]) for each in (duty, later, back)]
    ends = [datetime.fromisoformat(each["hold_expires_at"]) for each in (hold, held, free)]
    assert early is False  # not before every process knows the calendar
    assert (days[1] > days[0], days[2]) == (True, days[0])
    assert (ends[1] > ends[0], ends[2]) == (True, ends[0])
    assert held["version"] == hold["version"] + 1
    assert await waiting(sessions) == 0


async def recounting_now(sessions: Sessions) -> bool:
    async with sessions.begin() as session:
        return await recounting.recount(session, now=utc_now(), limit=10)


async def test_what_stood_before_is_in_the_audit_log(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    need = await owed(client, resident, clerk)
    before = await duty_of(client, clerk)
    await told(sessions, week_off())
    async with sessions.begin() as session:
        await recounting.recount(session, now=utc_now() + KNOWN_TO_ALL, limit=10)
        [entry] = session.info["audit"]
        row = entry.as_row()

    assert (row["action"], row["target_id"], row["reason"]) == ("duty.recount", need["id"], TITLE)
    assert row["before"]["due_on"] == before["due_on"] < row["after"]["due_on"]


async def test_a_notice_that_is_met_again_leaves_nothing_to_do(sessions: Sessions) -> None:
    await told(sessions, week_off())
    await told(sessions, week_off())
    once = await waiting(sessions)
    await told(sessions, week_off(version=2, working=[]))

    assert (once, await waiting(sessions)) == (1, 2)


async def test_a_notice_that_contradicts_itself_stops_the_feed_and_changes_no_day(
    sessions: Sessions,
) -> None:
    twice = week_off()["holidays"] * 2
    with pytest.raises(WrongNotice):
        await told(sessions, week_off(holidays=twice))

    async with sessions() as session:
        known = await notices.calendar(session)
    assert known.horizon == released_calendar().horizon
    assert await waiting(sessions) == 0


@pytest.fixture
async def opened(fresh_database: Urls) -> AsyncIterator[Database]:
    async with database(fresh_database.app) as made:
        yield made


async def test_a_process_counts_on_a_notice_without_a_restart(opened: Database) -> None:
    day = city_day(utc_now()) + timedelta(days=3)
    watch = notices.Watch(opened)
    await watch.look()
    before = official_calendar().is_holiday(day)
    await told(opened.sessions, week_off())
    await watch.look()
    known = official_calendar().is_holiday(day)
    await told(opened.sessions, None)
    await watch.look()

    assert (before, known) == (released_calendar().is_holiday(day), True)
    assert official_calendar().is_holiday(day) is before


async def test_what_the_feedback_loads_is_told_to_the_matching_and_what_it_withdraws_is_gone(
    apps: Apps, databases: Databases, sessions: Sessions, bearer: Any
) -> None:
    city = bearer(Role.CITY_OFFICE, area="31", line="*")
    wish = {name: value for name, value in week_off().items() if name not in {"id", "version"}}
    with databases.fresh("feedback") as urls:
        async with apps.live("feedback", urls) as feedback:
            loaded = await feedback.post(
                "/v1/calendar/notices", json=wish, headers={**city, **key()}
            )
            await followed(feedback, sessions)
            known = await mirrored(sessions)
            again = await feedback.post(
                f"/v1/calendar/notices/{loaded.json()['id']}/withdrawal",
                json={"reason": "日期录错，更正后重新载入"},
                headers={**city, **key(), **at(1)},
            )
            await followed(feedback, sessions)

    assert (loaded.status_code, again.status_code) == (201, 200)
    assert known == [loaded.json()["id"]]
    assert await mirrored(sessions) == []
    assert await waiting(sessions) == 2


async def followed(feedback: httpx.AsyncClient, sessions: Sessions) -> None:
    while any(feed["waiting"] for feed in (await feedback.get("/readyz")).json()["feeds"]):
        pass
    source = FeedClient(feedback, "feedback/calendar_notice", "/feeds/calendar_notice")
    await catch_up(source, sessions, applying(FOLLOWED[Kind.CALENDAR_NOTICE]))


async def mirrored(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        row = tables.Mirrored
        found = await session.scalars(select(row.record_id).where(row.kind == "calendar_notice"))
        return [str(each) for each in found]


async def test_many_changes_are_counted_in_their_order_and_each_once(sessions: Sessions) -> None:
    for _ in range(3):
        record_id = uuid4()
        await told(sessions, week_off(id=str(record_id)), record_id)

    assert await recounted(sessions) == 3
    assert await recounted(sessions) == 0
