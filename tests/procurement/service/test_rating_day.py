"""The work that a new day asks for is done once, in a city that has just begun as in any other."""

from datetime import UTC, datetime, timedelta

from common.clock import city_day
from common.db import database
from procurement.queries import ratings
from procurement.worker import begin_day
from tests.harness import Databases

NOW = datetime(2026, 11, 28, 4, tzinfo=UTC)


async def test_a_city_without_evidence_begins_its_day_once(databases: Databases) -> None:
    with databases.fresh("procurement") as urls:
        async with database(urls.app, pool_size=1) as opened:
            first = await begin_day(opened, now=NOW)
            again = await begin_day(opened, now=NOW + timedelta(hours=1))
            next_day = await begin_day(opened, now=NOW + timedelta(days=1))
            async with opened.sessions() as session:
                last = await ratings.last_day(session)

    assert (first, again, next_day) == (True, False, True)
    assert last == city_day(NOW + timedelta(days=1))
