"""What every referral writes: rules say in the database what they say in the tables, and hold."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import CheckConstraint, Table, event, select

from common.auth.actor import Actor
from common.clock import city_day, utc_now
from common.contracts.matching_referrals import ReferralIn
from common.crypto.keys import Keys
from common.db import Database, database, direct_url
from common.spelt import belonging, found
from deploy.local.environment import Urls
from matching import tables
from matching.usecases import referrals
from tests.matching.cases import published
from tests.matching.crowd import raised_needs
from tools.drift import other_domains

SAID = (
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE conrelid = $1::regclass AND contype = 'c' ORDER BY conname"
)
HOT = [tables.Need, tables.Referral, tables.Capacity]
WRONG = [
    ("need", "status", "lost", "need_status"),
    ("need", "status", "open, referred", "need_status"),
    ("need", "raised_by", "", "raised_by"),
    ("need", "urgency", 4, "urgency_tier"),
    ("need", "unmet_reason", "full", "unmet_reason"),
    ("referral", "status", "open", "referral_status"),
    ("referral", "urgency", 0, "urgency_tier"),
    ("referral", "places", 21, "referral_places"),
    ("referral", "decline_reason", "over_budget", "decline_reason"),
    ("referral", "correction_reason", "mistake", "correction_reason"),
    ("capacity", "period", "decade", "capacity_period"),
    ("supply", "capacity_period", "Day", "capacity_period"),
]


@pytest.mark.parametrize("row", HOT, ids=lambda row: str(row.__tablename__))
async def test_migrations_and_tables_check_the_same(
    fresh_database: Urls, row: type[tables.Base]
) -> None:
    table = row.__table__
    assert isinstance(table, Table)
    checks = [each for each in table.constraints if isinstance(each, CheckConstraint)]
    owner = await asyncpg.connect(direct_url(fresh_database.owner))
    await owner.execute(f"CREATE TABLE told (LIKE {table.name})")
    for check in checks:
        await owner.execute(f"ALTER TABLE told ADD CONSTRAINT {check.name} CHECK ({check.sqltext})")
    migrated, told = await owner.fetch(SAID, table.name), await owner.fetch(SAID, "told")
    await owner.close()

    assert len(checks) > 2
    assert migrated == told


async def test_a_word_more_in_a_domain_is_a_drift(fresh_database: Urls) -> None:
    before = await other_domains(fresh_database.owner, tables.metadata)
    owner = await asyncpg.connect(direct_url(fresh_database.owner))
    await owner.execute("ALTER DOMAIN raised_by DROP CONSTRAINT ck_raised_by")
    await owner.execute(
        "ALTER DOMAIN raised_by ADD CONSTRAINT ck_raised_by CHECK (VALUE IN ('self', 'nobody'))"
    )
    await owner.execute("CREATE DOMAIN mood AS text")
    await owner.close()
    after = await other_domains(fresh_database.owner, tables.metadata)

    assert (before, after) == ([], ["domain mood", "domain raised_by"])


async def wishes(opened: Database, keys: Keys, by: Actor, count: int) -> list[ReferralIn]:
    """Needs that are raised, and where they are to go."""
    offering = await published(opened.sessions, capacity=count)
    day = city_day(utc_now()) + timedelta(days=1)
    needs = await raised_needs(opened.sessions, count, keys, by)
    return [ReferralIn(need_id=each, offering_id=offering, session_on=day) for each in needs]


@pytest.mark.parametrize(("table", "column", "wrong", "domain"), WRONG)
async def test_a_word_that_is_none_is_refused_however_it_comes(
    opened: Database,
    keys: Keys,
    clerk_actor: Actor,
    fresh_database: Urls,
    table: str,
    column: str,
    wrong: str | int,
    domain: str,
) -> None:
    [wish] = await wishes(opened, keys, clerk_actor, 1)
    async with opened.sessions.begin() as session:
        await referrals.refer(session, wish, by=clerk_actor, now=utc_now())
    owner = await asyncpg.connect(direct_url(fresh_database.owner))
    [found] = await owner.fetch(f"SELECT * FROM {table}")
    row = dict(found) | {column: wrong}
    named = ", ".join(f"${at}" for at in range(1, len(row) + 1))
    ways = (
        lambda: owner.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({named})", *row.values()
        ),
        lambda: owner.execute(f"UPDATE {table} SET {column} = $1", wrong),
        lambda: owner.copy_records_to_table(table, columns=[*row], records=[[*row.values()]]),
    )
    for way in ways:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await way()
        assert refused.value.constraint_name == f"ck_{domain}"
    await owner.close()


async def test_no_value_goes_as_a_domain_which_would_be_looked_at_twice(
    opened: Database, keys: Keys, clerk_actor: Actor, fresh_database: Urls
) -> None:
    heard: set[str] = set()

    def by_the_road(*told: Any) -> None:
        heard.add(told[2])

    for engine in (opened.engine, opened.writers):
        event.listen(engine.sync_engine, "before_cursor_execute", by_the_road)
        async with engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
        driver.add_query_logger(lambda asked: heard.add(asked.query))
    *at_once, last = await wishes(opened, keys, clerk_actor, 3)
    for wish in at_once:
        async with opened.sessions.straight() as session:
            await referrals.refer_at_once(session, wish, by=clerk_actor, now=utc_now())
    async with opened.sessions.begin() as session:
        await referrals.refer(session, last, by=clerk_actor, now=utc_now())

    asked = [each for each in heard if "$1" in each]
    owner = await asyncpg.connect(direct_url(fresh_database.owner))
    domains = {oid for (oid,) in await owner.fetch("SELECT oid FROM pg_type WHERE typtype = 'd'")}
    kinds = [(await owner.prepare(each)).get_parameters() for each in asked]
    await owner.close()

    for part in ("INTO need", "INTO capacity", "INTO referral", "UPDATE need", "UPDATE capacity"):
        assert any(part in each for each in asked)
    assert domains.isdisjoint(kind.oid for each in kinds for kind in each)


async def test_words_come_back_inside_of_rows_too(
    opened: Database, keys: Keys, clerk_actor: Actor, fresh_database: Urls
) -> None:
    """asyncpg reads no row that holds a domain which it has not met."""
    [need] = await raised_needs(opened.sessions, 1, keys, clerk_actor)
    own = belonging(select(tables.Need.id, tables.Need.status, tables.Need.urgency))
    async with database(fresh_database.app, pool_size=1) as anew, anew.sessions() as session:
        [[rows]] = await found(session, select(own.label("rows")))
    assert [(row.id, row.status) for row in rows] == [(need, "open")]
