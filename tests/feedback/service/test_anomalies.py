"""Questions about ratings: raised once, answered by an office; nothing is deleted."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, func, select

from common.clock import utc_now
from common.crypto.keys import Keys
from feedback import tables
from feedback.domain.likeness import fingerprint
from feedback.usecases import anomalies
from tests.feedback.served import PROVIDER, Sessions, at, key
from tests.feedback.service.test_statistics import OTHER, rated, rating

Header = dict[str, str]
PRAISE = "饭菜热乎可口，送餐的师傅每天都准时，老人家非常满意，希望一直办下去"


async def looked(sessions: Sessions) -> int:
    """How many new questions, as if nobody had looked for long."""
    async with sessions.begin() as session:
        await session.execute(delete(tables.Chore))
    return await anomalies.look(sessions, now=utc_now())


@pytest.fixture
async def crowd(sessions: Sessions, keys: Keys) -> Sessions:
    """Yesterday one body got a row of alike texts, and its devices praise it."""
    yesterday = utc_now() - timedelta(days=1)
    secret = keys.index.of("rating.words", "likeness")
    like = fingerprint(PRAISE, secret)
    await rated(
        sessions, *(rating(PROVIDER, 5, likeness=like, rated_at=yesterday) for _ in range(15))
    )
    await rated(
        sessions,
        *(rating(PROVIDER, 2, rated_at=yesterday - timedelta(days=1 + n)) for n in range(28)),
    )
    device = (rating(PROVIDER, 5, "staff_device", rated_at=utc_now()) for _ in range(40))
    await rated(sessions, *device)
    await rated(sessions, *(rating(OTHER, 4, rated_at=yesterday) for _ in range(5)))
    return sessions


async def test_nobody_looks_again_so_soon(crowd: Sessions) -> None:
    first = await looked(crowd)
    soon = await anomalies.look(crowd, now=utc_now() + timedelta(hours=5))
    async with crowd() as session:
        is_due = [
            await anomalies.is_due(session, now=utc_now() + timedelta(hours=hours))
            for hours in (5, 7)
        ]

    assert (first, soon) == (3, 0)
    assert is_due == [False, True]


async def test_each_question_is_raised_once_and_no_rating_is_touched(crowd: Sessions) -> None:
    new, again = await looked(crowd), await looked(crowd)

    assert (new, again) == (3, 0)
    async with crowd() as session:
        kinds = {*await session.scalars(select(tables.Anomaly.kind))}
        bodies = {str(each) for each in await session.scalars(select(tables.Anomaly.provider_id))}
        counted = await session.scalar(
            select(func.count()).select_from(tables.Rating).where(tables.Rating.is_counted)
        )
    assert kinds == {"burst", "device", "alike"}
    assert bodies == {PROVIDER}
    assert counted == 88


async def test_an_office_looks_and_writes_down_what_it_found(
    client: httpx.AsyncClient, head: Header, clerk: Header, bearer: Any, crowd: Sessions
) -> None:
    await looked(crowd)
    listed = (await client.get("/v1/anomalies", headers=head)).json()["items"]
    burst = next(each for each in listed if each["kind"] == "burst")
    path, said = f"/v1/anomalies/{burst['id']}/review", {"finding": "当日有集体活动，属正常"}

    desk = await client.get("/v1/anomalies", headers=clerk)
    elsewhere = bearer("street_head", area="310104003", line="*")
    stranger = await client.post(path, json=said, headers={**elsewhere, **key(), **at(1)})
    done = await client.post(path, json=said, headers={**head, **key(), **at(1)})
    stale = await client.post(path, json=said, headers={**head, **key(), **at(1)})
    left = await client.get("/v1/anomalies", params={"is_reviewed": "false"}, headers=head)

    assert (burst["found"], len(burst["rating_ids"])) == (15, 15)
    assert (desk.status_code, stranger.status_code, stale.status_code) == (403, 403, 412)
    assert done.json()["finding"] == said["finding"]
    assert len(left.json()["items"]) == 2
