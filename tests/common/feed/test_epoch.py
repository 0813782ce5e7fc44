"""A restore is not silent: copies, dumps, promotions and lost files begin a new epoch."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from common.feed.anchor import Anchor, Anchored, anchor_in
from common.feed.wake import FeedWaiters
from tests.common.feed.things import Things, client_of, open_things, walk
from tests.harness import Databases

AT = datetime(2026, 3, 2, tzinfo=UTC)


async def test_an_epoch_lasts_as_long_as_the_database(things: Things):
    first = await things.settle()
    await things.add(5)
    await things.number_all()

    again = await things.settle()

    assert again.name == first.name
    assert again.reason is None
    assert again.last_numbers == {"thing": 5, "secret": 5}


async def test_a_copy_of_the_database_is_another_database(
    things: Things, reader: httpx.AsyncClient, databases: Databases
):
    await things.add(5)
    await things.number_all()
    address = (await reader.get("feeds/thing")).json()["next"]
    name = things.url.rpartition("@/")[2].partition("?")[0]
    await things.opened.engine.dispose()
    databases.server.sql(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    )
    databases.server.copy(name, f"{name}_restored")
    try:
        async with open_things(things.url.replace(f"/{name}", f"/{name}_restored")) as restored:
            epoch = await restored.settle()
            async with client_of(restored.opened, FeedWaiters()) as calls:
                refused = await calls.get(address)
                items = await walk(calls, refused.links["first"]["url"])
    finally:
        databases.server.drop(f"{name}_restored")

    assert epoch.reason == "other-database"
    assert refused.status_code == 410
    assert len(items) == 5


async def test_a_table_put_back_from_a_dump_is_another_table(things: Things, databases: Databases):
    """`pg_restore --clean` into the same database: only the table is new."""
    first = await things.settle()
    name = things.url.rpartition("@/")[2].partition("?")[0]
    databases.server.sql(
        "SET ROLE feedback_owner; CREATE TABLE kept AS SELECT * FROM feed_head;"
        "CREATE TABLE shape (LIKE feed_head INCLUDING ALL); DROP TABLE feed_head;"
        "ALTER TABLE shape RENAME TO feed_head; INSERT INTO feed_head SELECT * FROM kept;",
        name,
    )
    await things.opened.engine.dispose()

    again = await things.settle()

    assert again.reason == "other-database"
    assert again.name != first.name


async def test_files_put_back_from_yesterday_are_behind_the_anchor(things: Things, tmp_path: Path):
    anchor = anchor_in(tmp_path / "anchors", "feedback")
    assert anchor is not None
    await things.add(5)
    await things.number_all()
    today = await things.settle()
    anchor.write(today.began_at, today.last_numbers)
    async with things.opened.sessions.begin() as session:
        await session.execute(text("UPDATE feed_head SET last_number = 4"))

    restored = await things.settle(anchored=anchor.read())
    anchor.write(restored.began_at, restored.last_numbers)
    settled = await things.settle(anchored=anchor.read())

    assert restored.reason == "behind-anchor"
    assert settled.name == restored.name


@pytest.mark.parametrize(
    ("epoch_at", "numbers", "shows_loss"),
    [
        (AT, {"thing": 5}, False),
        (AT, {"thing": 6}, False),
        (AT, {"thing": 4}, True),
        (AT, {}, True),
        (AT - timedelta(days=1), {"thing": 9}, True),
        (AT + timedelta(days=1), {"thing": 1}, False),
    ],
)
def test_an_anchor_shows_what_was_lost(epoch_at: datetime, numbers: dict, shows_loss: bool):
    assert Anchored(AT, {"thing": 5}).shows_loss(epoch_at, numbers) is shows_loss


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"epoch_at": 1, "kinds": {}}', "\x00"])
def test_an_anchor_without_sense_is_no_anchor(tmp_path: Path, content: str):
    (tmp_path / "feed-feedback.json").write_text(content)

    assert Anchor(tmp_path / "feed-feedback.json").read() is None


def test_without_a_directory_there_is_no_anchor():
    assert anchor_in(None, "feedback") is None


async def test_the_operator_can_ask_for_a_new_epoch(things: Things):
    first = await things.settle()
    told = await asyncio.to_thread(_new_epoch, FEEDBACK_DATABASE_URL=things.url)

    again = await things.settle()

    assert told.stdout.strip().splitlines()[-1] == again.name != first.name


def test_the_operator_is_told_what_is_missing():
    told = _new_epoch()

    assert told.returncode == 1
    assert "FEEDBACK_DATABASE_URL" in told.stderr


def _new_epoch(**variables: str) -> subprocess.CompletedProcess[str]:
    bare = {k: v for k, v in os.environ.items() if k != "FEEDBACK_DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-m", "common.feed", "new-epoch", "feedback"],
        env={**bare, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
