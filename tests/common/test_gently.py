"""Indexes and rules of a large table come while others write to it, and after a cut begin again."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from common import gently, migrate
from common.db import driver_url
from common.problem_details import constraint_of
from deploy.local.environment import Urls

VALID = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('ix_visit_note')")
CONSTRAINED = text("SELECT convalidated FROM pg_constraint WHERE conname = 'ck_visit_note'")
WRITTEN = text("INSERT INTO visit (note) VALUES (:note)")


@pytest.fixture
async def engine(fresh_database: Urls) -> Any:
    """The owner's connections, and a table that others use."""
    made = create_async_engine(driver_url(fresh_database.owner))
    async with made.begin() as connection:
        await connection.execute(text("CREATE TABLE visit (note text)"))
        await connection.execute(text("INSERT INTO visit VALUES ('a'), ('b')"))
    yield made
    await made.dispose()


async def migrated(
    engine: AsyncEngine, step: Callable[..., None], *given: Any, **named: Any
) -> None:
    """Take a step as `common.migrate` does, in the transaction of a migration."""

    def run(connection: Connection) -> None:
        context = MigrationContext.configure(
            connection=connection, opts={"transaction_per_migration": True}
        )
        with (
            Operations.context(context),
            context.begin_transaction(),
            context.begin_transaction(_per_migration=True),
        ):
            step(*given, **named)

    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()


async def waiting(connection: AsyncConnection, statement: str) -> None:
    """Until a statement waits for a lock."""
    asked = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE :like"
    )
    async with asyncio.timeout(20):
        while not await connection.scalar(asked, {"like": f"{statement}%"}):
            await connection.rollback()  # else it sees what it saw before
            await asyncio.sleep(0.05)


async def test_an_index_is_built_while_others_write(engine: AsyncEngine) -> None:
    async with engine.connect() as slow, engine.connect() as quick:
        await slow.execute(WRITTEN, {"note": "c"})
        building = asyncio.create_task(
            migrated(engine, gently.index, "ix_visit_note", "visit (note)")
        )
        await waiting(quick, "CREATE INDEX CONCURRENTLY")
        await quick.execute(text("SET LOCAL lock_timeout = '2s'"))
        await quick.execute(WRITTEN, {"note": "d"})
        await quick.commit()
        await slow.commit()
        await building

        assert await quick.scalar(VALID) is True
        assert await quick.scalar(text("SELECT count(*) FROM visit")) == 4


async def test_what_a_build_has_left_that_was_cut_off_is_built_anew(engine: AsyncEngine) -> None:
    given = (gently.index, "ix_visit_note", "visit (note)")
    async with engine.begin() as connection:
        await connection.execute(WRITTEN, {"note": "a"})
    with pytest.raises(IntegrityError):
        await migrated(engine, *given, unique=True)
    async with engine.begin() as connection:
        left = await connection.scalar(VALID)
        await connection.execute(text("DELETE FROM visit WHERE ctid = '(0,1)'"))
    await migrated(engine, *given, unique=True)
    await migrated(engine, *given, unique=True)  # what is there stays

    async with engine.connect() as connection:
        assert (left, await connection.scalar(VALID)) == (False, True)
    await migrated(engine, gently.drop_index, "ix_visit_note")
    await migrated(engine, gently.drop_index, "ix_visit_note")
    async with engine.connect() as connection:
        assert await connection.scalar(VALID) is None


async def test_a_rule_holds_of_new_rows_at_once_and_of_the_old_when_they_are_mended(
    engine: AsyncEngine,
) -> None:
    given = (gently.constrain, "visit", "ck_visit_note", "CHECK (note <> 'b')")
    with pytest.raises(IntegrityError, match="ck_visit_note"):
        await migrated(engine, *given)
    async with engine.connect() as connection:
        begun = await connection.scalar(CONSTRAINED)
        with pytest.raises(IntegrityError):
            await connection.execute(WRITTEN, {"note": "b"})
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM visit WHERE note = 'b'"))
    await migrated(engine, *given)

    async with engine.connect() as connection:
        assert (begun, await connection.scalar(CONSTRAINED)) == (False, True)


async def test_rows_are_looked_at_while_others_write(engine: AsyncEngine) -> None:
    """The migration was cut off behind its first half: the rule holds, the rows wait."""
    added = "ALTER TABLE visit ADD CONSTRAINT ck_visit_note CHECK (note <> 'x') NOT VALID"
    async with engine.begin() as connection:
        await connection.execute(text(added))
    async with engine.connect() as slow:
        await slow.execute(WRITTEN, {"note": "c"})
        async with asyncio.timeout(10):
            await migrated(
                engine, gently.constrain, "visit", "ck_visit_note", "CHECK (note <> 'x')"
            )
        assert await slow.scalar(CONSTRAINED) is True
        await slow.commit()


async def test_columns_become_a_domain_without_a_row_being_looked_at(engine: AsyncEngine) -> None:
    """Nor is there a moment in which a wrong word could be written."""
    kinds = {"note": "word"}
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE visit ADD CONSTRAINT ck_old CHECK (note < 'x')"))
        await connection.execute(text("CREATE INDEX ix_visit_a ON visit (note)"))
        await connection.execute(text("CREATE INDEX ix_visit_b ON visit (note) WHERE note = 'b'"))
    before = await lies(engine)
    await migrated(engine, gently.domain, "word", "text")
    for _ in range(2):  # what is done stays done
        await migrated(engine, gently.retype, "visit", kinds, without=["ix_visit_b"])
        assert await refusal(engine, "x") == "ck_old"
    await migrated(engine, gently.index, "ix_visit_b", "visit (note) WHERE note = 'b'")
    await migrated(engine, gently.retype, "visit", kinds, without=["ix_visit_b"])

    async with engine.connect() as connection:
        found = (await connection.execute(RETYPED)).one()
    assert (await lies(engine), found) == (before, ("word", False, True, True))
    for _ in range(2):
        await migrated(engine, gently.rule, "word", "ck_word", "VALUE < 'y'")
        await migrated(engine, gently.lift, "visit", "ck_old")
        assert (await refusal(engine, "x"), await refusal(engine, "y")) == (None, "ck_word")


RETYPED = text(
    "SELECT atttypid::regtype::text,"
    " (SELECT convalidated FROM pg_constraint WHERE conname = 'ck_old'),"
    " to_regclass('ix_visit_b') IS NOT NULL,"
    " EXISTS (SELECT FROM pg_stats WHERE tablename = 'visit' AND attname = 'note')"
    " FROM pg_attribute WHERE attrelid = to_regclass('visit') AND attname = 'note'"
)


async def lies(engine: AsyncEngine) -> list[int]:
    """The files in which a table and an index of all its rows lie."""
    asked = text("SELECT pg_relation_filenode(name) FROM unnest(ARRAY['visit', 'ix_visit_a']) name")
    async with engine.connect() as connection:
        return [*await connection.scalars(asked)]


async def refusal(engine: AsyncEngine, note: str) -> str | None:
    """The rule that refuses a row."""
    async with engine.connect() as connection:
        try:
            await connection.execute(WRITTEN, {"note": note})
        except IntegrityError as fault:
            return constraint_of(fault)
    return None


async def test_a_domain_has_other_words_while_others_write(engine: AsyncEngine) -> None:
    await migrated(engine, gently.domain, "word", "text")
    await migrated(engine, gently.retype, "visit", {"note": "word"})
    async with engine.connect() as slow, asyncio.timeout(10):
        for words in ("{a, b}", "{a, b, c}"):
            await slow.execute(WRITTEN, {"note": "a"})
            await migrated(engine, gently.rule, "word", "ck_word", f"VALUE = ANY ('{words}')")
            assert await refusal(engine, "c") == (None if "c" in words else "ck_word")
            assert await refusal(engine, "d") == "ck_word"


async def test_who_waits_for_its_turn_to_migrate_does_not_hold_up_the_index(
    engine: AsyncEngine,
) -> None:
    async with engine.connect() as first, engine.connect() as second:
        await first.run_sync(migrate.take_turn)
        late = asyncio.create_task(asyncio.to_thread(asyncio.run, turn(engine.url)))
        await asyncio.sleep(0.5)
        async with asyncio.timeout(8):
            await migrated(engine, gently.index, "ix_visit_note", "visit (note)")
        with pytest.raises(migrate.MigrationUnderWayError, match="under way"):
            await second.run_sync(migrate.take_turn, wait_s=0)
        await first.execute(text("SELECT pg_advisory_unlock_all()"))
        await late

        assert await second.scalar(VALID) is True


async def turn(url: Any) -> None:
    """Take the turn in an event loop of one's own, for it blocks."""
    made = create_async_engine(url)
    async with made.connect() as connection:
        await connection.run_sync(migrate.take_turn)
    await made.dispose()
