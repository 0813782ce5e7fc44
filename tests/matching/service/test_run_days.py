"""A run sends nobody to what is shut on its day, as little as a direct referral does."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest

from common import mirrors
from common.contracts.feeds import Kind
from common.db import Database
from tests.matching.cases import raised
from tests.matching.runs import PATH, Sessions, asked, computed, offering, publish, step, taken
from tests.matching.runs import tomorrow as day
from tests.matching.service.test_run_standing import chosen

Header = dict[str, str]
ALL_WEEK: dict[str, Any] = {
    "weekly": [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "09:00", "closes": "17:00"}],
    "on_holiday": "own_hours",
    "holiday_hours": [{"opens": "09:00", "closes": "17:00"}],
}


def shut_that_day() -> dict[str, Any]:
    """Open all week but on the day that runs are asked for."""
    return {**ALL_WEEK, "exceptions": [{"on": str(day()), "note": "设备检修", "hours": []}]}


async def houses(sessions: Sessions, *hours: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Venues with their hours, as offerings name them."""
    told = [{"id": str(uuid4()), "opening_hours": each} for each in hours]
    async with sessions.begin() as session:
        await mirrors.put(session, Kind.VENUE, orjson.dumps(told).decode())
    return [{"id": each["id"], "lon": 121.481, "lat": 31.2352} for each in told]


@pytest.mark.parametrize("whose", ["offering", "venue"])
async def test_nobody_is_sent_to_what_is_shut_that_day(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header, whose: str
) -> None:
    [house] = await houses(opened.sessions, shut_that_day())
    shut = {"schedule": shut_that_day()} if whose == "offering" else {"venue": house}
    near, far = offering(121.481, 9, **shut), offering(121.490, 1, schedule=ALL_WEEK)
    await publish(opened.sessions, near, far)
    people = [await raised(calls, clerk) for _ in range(2)]
    run = await computed(calls, head, opened, await asked(calls, head))
    found = await chosen(calls, head, run)

    assert {found[each["id"]]["offering_id"] for each in people} == {far["id"], None}
    assert run["unserved"] == [{"reason": "all_places_taken", "needs": 1}]

    await publish(opened.sessions, {**far, "status": "suspended"})
    again = await computed(calls, head, opened, await asked(calls, head, dry_run=True))

    assert again["unserved"] == [{"reason": "closed_at_wanted_time", "needs": 2}]


@pytest.mark.parametrize(("channels", "served"), [(["on_site"], 0), (["on_site", "at_home"], 1)])
async def test_what_happens_only_in_its_venue_is_shut_with_it(
    calls: httpx.AsyncClient,
    opened: Database,
    clerk: Header,
    head: Header,
    channels: list[str],
    served: int,
) -> None:
    [house] = await houses(opened.sessions, shut_that_day())
    own = offering(121.481, 9, schedule=ALL_WEEK, venue=house, channels=channels)
    await publish(opened.sessions, own)
    await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))

    assert sum(run["served_by_tier"]) == served


async def test_of_places_of_a_week_any_day_will_do_to_who_names_no_time(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    await publish(
        opened.sessions, offering(121.481, 9, schedule=shut_that_day(), capacity_period="week")
    )
    any_day = await raised(calls, clerk)
    that_day = await raised(calls, clerk, wishes={"from_time": "10:00", "to_time": "12:00"})
    run = await computed(calls, head, opened, await asked(calls, head))
    found = await chosen(calls, head, run)

    assert found[any_day["id"]]["offering_id"] is not None
    assert found[that_day["id"]]["reason"] == "closed_at_wanted_time"


@pytest.mark.parametrize("whose", ["offering", "venue"])
async def test_what_shuts_on_the_day_after_the_draft_lapses(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header, whose: str
) -> None:
    [house] = await houses(opened.sessions, ALL_WEEK)
    near = offering(121.481, 9, schedule=ALL_WEEK, venue=house, channels=["on_site"])
    other = offering(121.490, 1)
    await publish(opened.sessions, near, other)
    need = await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    if whose == "offering":
        await publish(opened.sessions, {**near, "schedule": shut_that_day()})
    else:
        told = [{"id": house["id"], "opening_hours": shut_that_day()}]
        async with opened.sessions.begin() as session:
            await mirrors.put(session, Kind.VENUE, orjson.dumps(told).decode())
    done = await step(calls, head, run, "commit")
    [choice] = (await calls.get(f"{PATH}/{run['id']}/choices", headers=head)).json()["items"]

    assert done.json()["lapsed_by"] == [{"lapse": "shut_that_day", "needs": 1}]
    assert (choice["need_id"], choice["lapse"]) == (need["id"], "shut_that_day")
    assert UUID(choice["offering_id"]) == UUID(near["id"])
    assert await taken(opened) == {near["id"]: 0}
