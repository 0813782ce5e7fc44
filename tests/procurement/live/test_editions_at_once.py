"""Editions over real commits: made once, however many begin; looks at exact figures audited."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
from sqlalchemy import func, select

from common.db import database, direct_url
from common.processes import in_database
from procurement import tables
from procurement.usecases import evidence, rating_editions, rating_jobs, rating_publishing
from tests.harness import Urls
from tests.procurement.cases import key
from tests.procurement.organisations import SUPPLIER
from tests.procurement.service.test_rating_editions import two_buyers
from tests.procurement.tendering import Market

NOW = datetime(2026, 4, 1, 1, 30, tzinfo=UTC)


async def test_an_edition_is_published_once_however_many_begin_it(fresh_database: Urls) -> None:
    await _rated_an_hour_ago(fresh_database)
    async with database(fresh_database.app, pool_size=3) as opened:

        async def publish() -> bool:
            async with opened.sessions.begin() as session:
                return await rating_editions.publish_next(session, now=NOW) is not None

        made = await asyncio.gather(publish(), publish(), publish())
        async with opened.sessions() as session:
            groups = await session.scalar(select(func.count()).select_from(tables.RatingGroup))
            told = await session.scalar(select(func.count()).select_from(tables.ReleasedRating))

    assert sorted(made) == [False, False, True]
    assert (groups, told) == (2, 1)


async def test_an_edition_that_two_ask_for_is_published_once_and_who_did_is_audited(
    fresh_database: Urls, real_market: Market
) -> None:
    await _rated_an_hour_ago(fresh_database)
    real_market.clock.now = NOW
    asked = [
        real_market.client.post(
            "/v1/rating-editions",
            json={"until_on": "2026-03-31"},
            headers={**real_market.city, **key()},
        )
        for _ in range(2)
    ]
    one, other = sorted(await asyncio.gather(*asked), key=lambda each: each.status_code)
    rows = await _audited(fresh_database)

    assert (one.status_code, one.json()["changed"]) == (201, 1)
    assert (other.status_code, other.json()["type"]) == (409, "edition-published")
    assert [(row["action"], row["target_id"]) for row in rows] == [("grade.publish", "2026-03-31")]
    assert rows[0]["request_id"]


async def test_who_lost_the_answer_to_a_published_edition_gets_it_with_the_same_key(
    fresh_database: Urls, real_market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service dies when the process apart has committed; what it had begun itself is undone."""
    await _rated_an_hour_ago(fresh_database)
    real_market.clock.now = NOW

    async def die_after(*asked: Any, **given: Any) -> None:
        await in_database(*asked, **given)
        raise asyncio.CancelledError

    async def publish(**other: str) -> httpx.Response:
        wish = {"until_on": "2026-03-31"}
        headers = {**real_market.city, **mine, **other}
        return await real_market.client.post("/v1/rating-editions", json=wish, headers=headers)

    mine = key()
    with monkeypatch.context() as dying:
        dying.setattr(rating_publishing, "in_database", die_after)
        with pytest.raises(asyncio.CancelledError):
            await publish()
    retried, again = await asyncio.gather(publish(), publish())
    somebody = await publish(**key())
    editions = await real_market.get(real_market.city, "rating-editions")
    rows = await _audited(fresh_database)

    assert (retried.status_code, again.status_code) == (201, 201)
    assert [retried.json()] == [again.json()] == editions["items"]
    assert retried.headers["Idempotent-Replayed"] == "true"
    assert somebody.json()["type"] == "edition-published"
    assert [row["target_id"] for row in rows] == ["2026-03-31"]


async def test_every_look_at_exact_figures_is_audited(
    fresh_database: Urls, real_market: Market
) -> None:
    await _rated_an_hour_ago(fresh_database)
    path = f"providers/{SUPPLIER}/ratings"
    (exact,) = await real_market.get(real_market.district, f"{path}/exact")
    await real_market.get(
        real_market.district, f"{path}/recomputed?category=meal_service&as_of=2026-03-01"
    )
    await real_market.get(real_market.district, f"provider-ratings/{exact['id']}/grades/exact")
    await real_market.get(real_market.district, path)
    noted = sorted(row["action"] for row in await _audited(fresh_database))

    assert exact["ratings"] == 24
    assert noted == ["grade.read_exact", "grade.read_exact", "grade.recompute"]


async def _rated_an_hour_ago(urls: Urls) -> None:
    """Two buyers' evidence is there, and the provider is rated by it."""
    at = NOW - timedelta(hours=1)
    async with database(urls.app, pool_size=1) as opened:
        async with opened.sessions.begin() as session:
            await evidence.record(session, two_buyers(), now=at)
        await rating_jobs.refresh(opened, now=at)


async def _audited(urls: Urls) -> list[dict[str, Any]]:
    owner = await asyncpg.connect(direct_url(urls.owner))
    try:
        rows = await owner.fetch("SELECT entry FROM audit_inbox")
    finally:
        await owner.close()
    return [orjson.loads(row["entry"]) for row in rows]
