"""Referrals by the lane: what is common goes there, all else is told by the road."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from common.db import Database
from common.lane import Asked, Told
from common.lane_writing import _Writing
from deploy.local.environment import Urls
from tests.harness import Apps
from tests.matching.cases import Sessions, key, places, published, raised, refer, tomorrow

Header = dict[str, str]
ROAD = {"Content-Encoding": "identity"}
OWN = ("id", "number", "need_id", "made_at", "updated_at")
CROWD = 12


@pytest.fixture
def by_lane(monkeypatch: pytest.MonkeyPatch) -> list[Told]:
    """What came of the calls that took the lane."""
    made, write = list[Told](), _Writing.__call__

    async def watch(self: _Writing, asked: Asked) -> Told:
        made.append(await write(self, asked))
        return made[-1]

    monkeypatch.setattr(_Writing, "__call__", watch)
    return made


@pytest.fixture
async def client(apps: Apps, fresh_database: Urls) -> AsyncIterator[httpx.AsyncClient]:
    """Calls to a service whose commits are real, one beside the other."""
    async with apps.live("matching", fresh_database, worker="false") as calls:
        yield calls


@pytest.fixture
def sessions(opened: Database) -> Sessions:
    """Of the service's own database."""
    return opened.sessions


async def test_lane_and_road_give_one_answer(
    client: httpx.AsyncClient, sessions: Sessions, resident: Header, by_lane: list[Told]
) -> None:
    offering = await published(sessions)
    first, second = await raised(client, resident), await raised(client, resident)
    road = await refer(client, {**resident, **ROAD}, first, offering)
    lane = await refer(client, resident, second, offering)

    assert (road.status_code, lane.status_code, len(by_lane)) == (201, 201, 1)
    told = [{k: v for k, v in each.json().items() if k not in OWN} for each in (road, lane)]
    assert {**told[0], "hold_expires_at": told[1]["hold_expires_at"]} == told[1]
    assert (lane.headers["ETag"], lane.headers["Location"]) == (
        road.headers["ETag"],
        f"referrals/{lane.json()['id']}",
    )


async def test_what_stands_in_the_way_is_told_by_the_road(
    client: httpx.AsyncClient,
    sessions: Sessions,
    resident: Header,
    clerk: Header,
    by_lane: list[Told],
) -> None:
    offering = await published(sessions, capacity=1)
    needs = [await raised(client, resident) for _ in range(3)]
    await refer(client, resident, needs[0], offering)
    again = await refer(client, resident, needs[0], offering)
    full = await refer(client, resident, needs[1], offering)
    waits = await refer(client, resident, needs[2], offering, wait=True)
    gone = await refer(client, resident, {"id": str(offering)}, offering)

    assert len(by_lane) == 1
    assert [each.json()["type"] for each in (again, full, gone)] == [
        *("need-already-referred", "offering-full", "not-found"),
    ]
    assert (waits.status_code, waits.json()["status"]) == (201, "waitlisted")
    assert [row["taken"] for row in await places(client, clerk, offering)] == [1]


async def test_a_crowd_with_one_key_takes_one_place(
    client: httpx.AsyncClient,
    sessions: Sessions,
    resident: Header,
    clerk: Header,
    by_lane: list[Told],
) -> None:
    offering, need = await published(sessions), await raised(client, resident)
    wish = {"need_id": need["id"], "offering_id": str(offering), "session_on": tomorrow()}
    headers = {**resident, **key()}
    ways = ({}, ROAD)
    answers = await asyncio.gather(
        *(
            client.post("/v1/referrals", json=wish, headers={**headers, **ways[number % 2]})
            for number in range(CROWD)
        )
    )

    assert {each.status_code for each in answers} == {201}
    assert len({each.json()["id"] for each in answers}) == 1
    assert sum("Idempotent-Replayed" in each.headers for each in answers) == CROWD - 1
    assert [row["taken"] for row in await places(client, clerk, offering)] == [1]
