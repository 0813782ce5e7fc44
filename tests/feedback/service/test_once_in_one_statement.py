"""Hot calls write with one statement, their key last: retries, crowds, faults see no difference."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from common import feed
from common.clock import city_day, utc_now
from common.crypto.keys import Keys
from common.db import Database, database
from common.ending import WrittenTooEarlyError, in_one_statement
from common.ids import uuid7
from deploy.local.environment import Urls
from feedback import tables
from feedback.queries import ratings
from tests.feedback.cases import CASE
from tests.feedback.served import OFFERING, PROVIDER, TOWN, Sessions, key, rater_of, served
from tests.harness import Apps

Header = dict[str, str]
CROWD = 12
LEFT = text(
    "SELECT (SELECT count(*) FROM rating) + (SELECT count(*) FROM tally_change)"
    " + (SELECT count(*) FROM feed_outbox)"
)


@pytest.fixture
async def opened(fresh_database: Urls) -> AsyncIterator[Database]:
    async with database(fresh_database.app, pool_size=2) as made:
        yield made


async def test_a_retry_gets_the_first_answer_though_the_service_is_rated_now(
    client: httpx.AsyncClient, sessions: Sessions, resident: Header, keys: Keys
) -> None:
    referral = await served(sessions, rater_of(keys, "resident-1"))
    call = {"json": {"referral_id": str(referral), "level": 4}, "headers": {**resident, **key()}}

    first = await client.post("/v1/ratings", **call)
    again = await client.post("/v1/ratings", **call)
    other = await client.post("/v1/ratings", **{**call, "headers": {**resident, **key()}})

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other.json()["type"] == "already-rated"


async def test_a_key_that_comes_with_another_body_is_refused_whatever_the_body(
    client: httpx.AsyncClient, resident: Header
) -> None:
    headers = {**resident, **key()}
    await client.post("/v1/cases", json=CASE, headers=headers)

    other = await client.post("/v1/cases", json={**CASE, "kind": "help"}, headers=headers)
    wrong = await client.post("/v1/cases", json={"kind": "?"}, headers=headers)

    assert {other.json()["type"], wrong.json()["type"]} == {"idempotency-key-reused"}


async def test_a_call_that_failed_may_be_made_again_with_its_key(
    client: httpx.AsyncClient, resident: Header
) -> None:
    headers = {**resident, **key()}

    refused = await client.post("/v1/cases", json={**CASE, "area_code": "31"}, headers=headers)
    raised = await client.post("/v1/cases", json=CASE, headers=headers)

    assert (refused.status_code, raised.status_code) == (422, 201)


async def test_a_crowd_with_one_key_raises_one_case(
    apps: Apps, fresh_database: Urls, resident: Header
) -> None:
    headers = {**resident, **key()}
    async with apps.live("feedback", fresh_database, worker="false") as client:
        calls = [client.post("/v1/cases", json=CASE, headers=headers) for _ in range(CROWD)]
        answers = await asyncio.gather(*calls)
        listed = (await client.get("/v1/cases", headers=resident)).json()

    assert {answer.status_code for answer in answers} == {201}
    assert {answer.json()["id"] for answer in answers} == {listed["items"][0]["id"]}
    assert len(listed["items"]) == 1


async def test_a_rating_whose_service_is_gone_is_refused_with_all_that_came_with_it(
    opened: Database,
) -> None:
    row = tables.Rating(
        id=uuid7(),
        referral_id=uuid4(),
        offering_id=OFFERING,
        provider_id=PROVIDER,
        category="meal_delivery",
        area_code=TOWN,
        served_on=city_day(utc_now()),
        channel="self",
        level=5,
        dimensions={},
        options=[],
        is_counted=True,
        rated_at=utc_now(),
        version=1,
    )

    with pytest.raises(IntegrityError):
        async with opened.sessions.begin() as session:
            feed.mark(session, "rating", row.id)
            ratings.put_at_end(session, row)
    async with opened.sessions.begin() as session:
        assert await session.scalar(LEFT) == 0


async def test_who_promised_to_write_last_cannot_write_before(opened: Database) -> None:
    with pytest.raises(WrittenTooEarlyError):
        async with opened.sessions.begin() as session:
            in_one_statement(session)
            session.add(tables.Contacts(resident="r", year=2026, contacts=1))
    async with opened.sessions.begin() as session:
        assert await session.get(tables.Contacts, ("r", 2026)) is None
