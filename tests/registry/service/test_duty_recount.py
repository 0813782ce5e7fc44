"""A holiday notice opens and closes other days: what nobody covers of rosters is counted anew."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.calendar.official import unlearn
from common.clock import city_day, utc_now
from common.contracts.feeds import Kind
from common.feed.client import Change
from common.following import applying
from common.recounts import KNOWN_TO_ALL
from registry.consumers import FOLLOWED
from registry.usecases import recounting
from tests.registry.inventory import made
from tests.registry.rooms import house, roster

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
NOTICE = UUID("01930000-0000-7000-8000-000000000001")
DAY = 14 * 60
SEVEN = {"weekly": [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "08:00", "closes": "22:00"}]}


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    unlearn()


def week_off() -> dict[str, Any]:
    """The seven days after today are holidays."""
    first = city_day(utc_now()) + timedelta(days=1)
    days = {"first": str(first), "last": str(first + timedelta(days=6))}
    return {
        "id": str(NOTICE),
        "version": 1,
        "title": "国务院办公厅关于调整放假安排的通知（测试用假设）",
        "year": None,
        "document": None,
        "issued_on": None,
        "source": "https://www.gov.cn/test-week-off",
        "holidays": [{"name": "测试假期", **days}],
        "working": [],
    }


async def told(sessions: Sessions, state: dict[str, Any] | None) -> None:
    """The feed tells of the notice, or that it is gone; all that follows from it is done."""
    async with sessions.begin() as session:
        change = Change("calendar_notice", NOTICE, 1, state)
        await applying(FOLLOWED[Kind.CALENDAR_NOTICE])(session, [change])
    waits = True
    while waits:
        async with sessions.begin() as session:
            waits = await recounting.recount(session, now=utc_now() + KNOWN_TO_ALL, limit=1)


async def test_a_notice_and_its_withdrawal_count_rosters_anew(
    small_city: httpx.AsyncClient, clerk: Header, sessions: Sessions
) -> None:
    """The house is open on holidays; those on duty stand by the week, so not on holidays."""
    rows = []
    for _ in range(2):
        there = await house(small_city, clerk)
        posts = {
            each: {"title": "站长", "phone": "021-63210001", "hours": SEVEN} for each in ("a", "b")
        }
        body = roster(there["id"], days=5, **posts)
        rows.append(await made(small_city, clerk, "/v1/duties", body))
    over = await _counted(small_city, rows)
    await told(sessions, week_off())
    off = await _counted(small_city, rows)
    await told(sessions, None)

    assert over == [(0, 1)] * 2
    assert off == [(4 * DAY, 2)] * 2
    assert await _counted(small_city, rows) == [(0, 3)] * 2


async def _counted(client: httpx.AsyncClient, rows: list[dict[str, Any]]) -> list[tuple[int, int]]:
    found = [(await client.get(f"/v1/duties/{row['id']}")).json() for row in rows]
    return [(each["uncovered_minutes"], each["version"]) for each in found]
