"""What a process has read of a town judges the next case there, while it holds, and no longer."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from sqlalchemy import text

from common import mirrors
from common.borrowed import Borrowed
from common.contracts.feeds import Kind
from feedback.queries import intake
from tests.feedback.cases import (
    BODY,
    CASE,
    HOME,
    STREET,
    Sessions,
    item,
    key,
    known_bodies,
    organisation,
    told,
)
from tests.feedback.service.lanes.conftest import Lane

Header = dict[str, str]
NEIGHBOURS = "310101002002"
OTHER = "01900000-0000-7000-8000-000000000013"


@pytest.fixture
async def kept(client: httpx.AsyncClient, known: Header, sessions: Sessions) -> None:
    """A town of which the service has read who answers there."""
    await known_bodies(sessions)
    await told(sessions, Kind.ORGANISATION, organisation(OTHER, name="演示助餐二中心"))
    assert await body_of(client, known) == BODY


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Statements that go straight to the database."""
    heard: list[str] = []
    fetched = Borrowed.fetched

    async def hear(self: Borrowed, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        heard.append(sql)
        return await fetched(self, sql, values)

    monkeypatch.setattr(Borrowed, "fetched", hear)
    return heard


async def body_of(client: httpx.AsyncClient, known: Header, **more: Any) -> str | None:
    """Raise a case: who answers it."""
    answer = await client.post("/v1/cases", json={**CASE, **more}, headers={**known, **key()})
    assert answer.status_code == 201, answer.text
    found: str | None = answer.json()["responsible_body_id"]
    return found


@pytest.mark.usefixtures("kept")
async def test_the_next_case_of_a_town_is_one_statement(
    client: httpx.AsyncClient, known: Header, lane: Lane, said: list[str]
) -> None:
    answers = [await body_of(client, known, area_code=area) for area in (HOME, NEIGHBOURS)]

    assert (answers, len(lane.made), len(said)) == ([BODY, BODY], 2, 2)
    assert all("INSERT INTO case_order" in statement for statement in said)


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("kind", "state", "answers"),
    [
        (Kind.SERVICE_ITEM, item(area_code=HOME, handling_body_id=OTHER), OTHER),
        (Kind.SERVICE_ITEM, item(area_code=NEIGHBOURS, handling_body_id=OTHER), BODY),
        (Kind.ORGANISATION, organisation(BODY, status="retired"), STREET),
    ],
)
async def test_what_the_feed_tells_holds_of_the_next_case(
    client: httpx.AsyncClient,
    known: Header,
    sessions: Sessions,
    lane: Lane,
    kind: Kind,
    state: dict[str, Any],
    answers: str,
) -> None:
    await told(sessions, kind, state)

    met_anew = await body_of(client, known), len(lane.made)
    kept_again = await body_of(client, known), len(lane.made)

    assert (met_anew, kept_again) == ((answers, 0), (answers, 1))


@pytest.mark.usefixtures("kept")
async def test_what_is_taken_away_from_the_mirror_is_heeded(
    client: httpx.AsyncClient, known: Header, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        await session.execute(text("DELETE FROM mirrored WHERE kind = 'service_item'"))

    assert await body_of(client, known) == STREET


@pytest.mark.usefixtures("kept")
async def test_a_rule_that_is_set_meanwhile_is_heeded(
    client: httpx.AsyncClient, known: Header, sessions: Sessions, lane: Lane
) -> None:
    async with sessions.begin() as session:
        await session.execute(text("UPDATE rule SET code = code"))

    assert (await body_of(client, known), lane.made) == (BODY, [])


@pytest.mark.usefixtures("kept")
async def test_kinds_that_routing_does_not_ask_change_nothing(
    client: httpx.AsyncClient, known: Header, sessions: Sessions, lane: Lane
) -> None:
    await told(sessions, Kind.OFFERING, {"id": str(uuid4()), "area_code": HOME})

    assert (await body_of(client, known), len(lane.made)) == (BODY, 1)


@pytest.mark.usefixtures("kept")
async def test_an_area_that_nobody_has_told_of_is_refused_where_others_are_kept(
    client: httpx.AsyncClient, known: Header, sessions: Sessions
) -> None:
    await told(sessions, Kind.AREA, {"id": str(uuid4()), "code": HOME})
    assert await body_of(client, known) == BODY

    wrong = {**CASE, "area_code": NEIGHBOURS}
    refused = await client.post("/v1/cases", json=wrong, headers={**known, **key()})

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/area_code")


@pytest.mark.usefixtures("kept")
async def test_a_case_never_goes_by_what_was_taken_back_before_it_was_written(
    client: httpx.AsyncClient, known: Header, sessions: Sessions, lane: Lane
) -> None:
    """A crowd on the lane, and a feed that commits in its middle: each after it goes elsewhere."""
    state = orjson.dumps([item(area_code=HOME, handling_body_id=OTHER)]).decode()
    async with sessions() as feed:
        await mirrors.put(feed, Kind.SERVICE_ITEM, state)
        before = await body_of(client, known)  # nobody waits for the feed
        crowd = [asyncio.create_task(body_of(client, known)) for _ in range(12)]
        await feed.commit()
        after = await body_of(client, known)
    among = {await each for each in crowd}

    assert (before, after) == (BODY, OTHER)
    assert among <= {BODY, OTHER}
    assert lane.made


@pytest.mark.usefixtures("kept")
async def test_a_process_keeps_no_more_towns_than_it_has_room_for(
    client: httpx.AsyncClient, known: Header, lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_MOST", 1)

    for town in ("310101003001", "310101004001"):
        await body_of(client, known, area_code=town)

    assert len(intake._KEPT._towns) == 1
    assert (await body_of(client, known), len(lane.made)) == (BODY, 3)
