"""What a provider told as served by mistake is neither rated nor counted, unless it was rated."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select

from common.clock import utc_now
from common.crypto.keys import Keys
from common.db import Database, database
from deploy.local.environment import Urls
from feedback import tables
from feedback.queries import tallies
from tests.feedback.served import rate, rated, rater_of, state, told
from tests.feedback.service.test_payers_told_late import FAR, LONG_AGO
from tests.harness import Apps

Header = dict[str, str]


@pytest.fixture
async def opened(fresh_database: Urls) -> AsyncIterator[Database]:
    async with database(fresh_database.app, pool_size=3) as made:
        yield made


@pytest.fixture
async def live(apps: Apps, fresh_database: Urls) -> AsyncIterator[httpx.AsyncClient]:
    async with apps.live("feedback", fresh_database, worker="false") as client:
        yield client


@pytest.fixture
def served(keys: Keys) -> dict[str, Any]:
    """A service that was given to a resident, as the feed tells it."""
    return state(uuid4(), rater_of(keys, "resident-1"))


def corrected(before: dict[str, Any]) -> dict[str, Any]:
    return {**before, "status": "no_show", "no_show_at": utc_now().isoformat()}


async def counts(opened: Database, provider: str) -> dict[str, int]:
    """What is counted of a provider, by channel."""
    async with opened.sessions.begin() as session:
        await tallies.add_up(session, batch=None)
        body = tallies.of_body(UUID(provider))
        counted = await tallies.counted(session, body, LONG_AGO, FAR)
    return {each.channel: each.number for each in counted}


async def test_what_was_told_by_mistake_cannot_be_rated_and_does_not_count(
    live: httpx.AsyncClient, opened: Database, resident: Header, served: dict[str, Any]
) -> None:
    await told(opened.sessions, served)
    before = await counts(opened, served["provider_id"])
    for _ in range(2):  # the feed may tell it twice
        await told(opened.sessions, corrected(served))
    refused = await rate(live, resident, UUID(served["id"]))

    assert before == {"served": 1, "invited": 1}
    assert await counts(opened, served["provider_id"]) == {"served": 0, "invited": 0}
    assert refused.status_code == 404
    async with opened.sessions() as session:
        asked = await session.scalar(select(func.sum(tables.Contacts.contacts)))
    assert asked == 1  # the resident was written to all the same


async def test_what_its_resident_has_rated_was_given(
    live: httpx.AsyncClient, opened: Database, resident: Header, served: dict[str, Any]
) -> None:
    await told(opened.sessions, served)
    await rated(live, resident, UUID(served["id"]))
    await told(opened.sessions, corrected(served))

    assert await counts(opened, served["provider_id"]) == {"served": 1, "invited": 1, "self": 1}
    async with opened.sessions() as session:
        assert (await session.scalars(select(tables.Delivery))).one().rating_id is not None


async def test_served_after_all_it_may_be_rated_again(
    live: httpx.AsyncClient, opened: Database, resident: Header, served: dict[str, Any]
) -> None:
    await told(opened.sessions, served)
    await told(opened.sessions, corrected(served))
    await told(opened.sessions, {**corrected(served), "status": "served"})

    assert (await rate(live, resident, UUID(served["id"]))).status_code == 201
    assert (await counts(opened, served["provider_id"]))["served"] == 1


async def test_a_correction_that_nobody_heard_the_mistake_of_changes_nothing(
    opened: Database, served: dict[str, Any]
) -> None:
    await told(opened.sessions, corrected(served))

    assert await counts(opened, served["provider_id"]) == {}
