"""Many records wait to be compared, as after an import: a process does what a thread does."""

from datetime import UTC, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.registry.duplicates import DuplicateKind
from common.db import Database, database
from deploy.local.environment import Urls
from registry import tables
from registry.queries import bulk
from registry.queries import duplicates as queries
from registry.usecases import matching_records
from registry.worker import match
from tests.registry.crowd import crowd

NOW = datetime(2026, 11, 28, 4, tzinfo=UTC)
VENUES = 2 * matching_records.BATCH + 7
Found = dict[tuple[object, object], float]


async def found(session: AsyncSession) -> Found:
    each = tables.Duplicate
    rows = await session.execute(select(each.first_id, each.second_id, each.score))
    return {(first, second): score for first, second, score in rows}


async def by_threads(opened: Database) -> Found:
    """The same records looked at anew, here."""
    async with opened.sessions.begin() as session:
        for table in (tables.Duplicate, tables.RecordSeen, tables.RecordKey):
            await session.execute(delete(table))
        while await matching_records.look(session, DuplicateKind.VENUE, now=NOW):
            pass
        return await found(session)


async def test_what_a_process_finds_in_many_records_a_thread_finds_too(
    fresh_database: Urls,
) -> None:
    async with database(fresh_database.app, pool_size=2) as opened:
        async with opened.sessions.begin() as session:
            houses = (await crowd(session, venues=VENUES, offerings=1, towns=3)).venues
            again = [{**each, "code": f"again-{each['code']}"} for each in houses[:3]]
            await bulk.upsert(session, tables.Venue, again, key=("code",), by="crowd", now=NOW)

        await match(opened, now=NOW)

        async with opened.sessions() as session:
            apart = await found(session)
            left = await queries.unseen(session, DuplicateKind.VENUE, limit=1)
            seen = await session.scalar(select(func.count()).select_from(tables.RecordSeen))
        assert (left, seen) == ([], VENUES + 3 + 1)  # the crowd's office is a body
        assert len(apart) >= 3
        assert await by_threads(opened) == apart
