"""The exchange: what the portal pulls from zero and afterwards, in batches, with five columns."""

import asyncio
import csv
import io
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from common.auth.roles import Role
from common.db import database
from deploy.local.environment import Urls
from tests.registry.inventory import move, patched, published, slug, venue

Header = dict[str, str]
_MOVED = (  # as the numbering writes a venue that goes to another district
    "UPDATE feed_item SET change_number = change_number + 1,"
    " former_areas = former_areas || area_code, area_code = '310120001001' WHERE kind = 'venue'",
    "UPDATE feed_head SET last_number = last_number + 1 WHERE kind = 'venue'",
)


async def settled(urls: Urls) -> None:
    """Until no change waits for its number."""
    async with database(urls.app, pool_size=1) as opened:
        for _ in range(600):
            async with opened.sessions() as session:
                if not await session.scalar(text("SELECT count(*) FROM feed_outbox")):
                    return
            await asyncio.sleep(0.05)
    raise AssertionError("changes were never numbered")


async def pulled(
    client: httpx.AsyncClient, kind: str, cursor: str | None = None, limit: int = 500, **asked: str
) -> tuple[list[dict[str, Any]], str]:
    """All rows from a cursor to the end, and the cursor there."""
    rows: list[dict[str, Any]] = []
    while True:
        query: dict[str, Any] = {"limit": limit, **asked} | ({"cursor": cursor} if cursor else {})
        answer = await client.get(f"/exchange/v1/{kind}", params=query)
        assert answer.status_code == 200, answer.text
        batch = answer.json()
        assert batch["count"] == len(batch["rows"])
        rows += batch["rows"]
        cursor = batch["cursor"]
        if not batch["has_more"]:
            return rows, cursor


async def test_a_pull_tells_inserts_updates_and_deletions_to_who_was_there(
    live_city: httpx.AsyncClient, clerk: Header, fresh_database: Urls
) -> None:
    kept = await published(live_city, clerk)
    gone = await published(live_city, clerk)
    await settled(fresh_database)
    first, cursor = await pulled(live_city, "offering")
    renamed = await patched(live_city, clerk, "/v1/offerings", kept, {"name": "助餐新名"})
    await move(live_city, clerk, gone, "suspended", reason="检修")
    new = await published(live_city, clerk)
    await settled(fresh_database)
    later, end = await pulled(live_city, "offering", cursor)

    assert {row["row_guid"]: row["cd_operation"] for row in first} == {
        kept["id"]: "I",
        gone["id"]: "I",
    }
    assert {row["row_guid"]: (row["cd_operation"], row["data"]) for row in later} == {
        kept["id"]: ("U", renamed.json()),
        gone["id"]: ("D", None),
        new["id"]: ("I", new),
    }
    assert await pulled(live_city, "offering", end) == ([], end)


async def test_each_row_has_the_five_columns_in_their_form(
    live_city: httpx.AsyncClient, clerk: Header, fresh_database: Urls
) -> None:
    made = await published(live_city, clerk)
    await settled(fresh_database)
    rows, _ = await pulled(live_city, "offering")
    again, _ = await pulled(live_city, "offering")

    assert set(rows[0]) == {
        *("row_guid", "cd_operation", "cd_time", "cd_batch", "data_source"),
        *("cd_area", "cd_sm3", "data"),
    }
    assert (rows[0]["row_guid"], rows[0]["data_source"]) == (made["id"], "REG")
    assert len(rows[0]["cd_batch"]) == 32
    assert len(rows[0]["cd_time"]) == len("2026-11-24 10:00:00")
    assert again == rows


async def test_small_batches_carry_the_same_rows_as_a_large_one(
    live_city: httpx.AsyncClient, fresh_database: Urls
) -> None:
    await settled(fresh_database)
    large, _ = await pulled(live_city, "area", limit=2000)
    small, _ = await pulled(live_city, "area", limit=2)

    def bare(row: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in row.items() if name != "cd_batch"}

    assert [bare(row) for row in small] == [bare(row) for row in large]


async def test_a_district_pulls_its_own_and_learns_what_left_it(
    live_city: httpx.AsyncClient, clerk: Header, fresh_database: Urls
) -> None:
    there = await venue(live_city, clerk)
    await settled(fresh_database)
    inside, cursor = await pulled(live_city, "venue", area=there["area_code"][:6])
    elsewhere, _ = await pulled(live_city, "venue", area="310120")
    async with (
        database(fresh_database.app, pool_size=1) as opened,
        opened.sessions.begin() as session,
    ):
        for statement in _MOVED:
            await session.execute(text(statement))
    left, _ = await pulled(live_city, "venue", cursor)
    refused = await live_city.get("/exchange/v1/dictionary_entry", params={"area": "310101"})

    assert [row["row_guid"] for row in inside] == [there["id"]]
    assert elsewhere == []
    assert [(row["row_guid"], row["cd_operation"]) for row in left] == [(there["id"], "D")]
    assert (refused.status_code, refused.json()["type"]) == (422, "exchange-no-area")
    assert "310101" in refused.json()["detail"]


async def test_a_batch_comes_as_lines_and_as_a_table_too(
    live_city: httpx.AsyncClient, clerk: Header, fresh_database: Urls
) -> None:
    there = await venue(live_city, clerk, name="=1+1 食堂")
    await settled(fresh_database)
    lines = await live_city.get("/exchange/v1/venue", params={"format": "ndjson"})
    table = await live_city.get("/exchange/v1/venue", params={"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))

    assert len(lines.text.splitlines()) == 1
    assert lines.headers["x-next-cursor"] == table.headers["x-next-cursor"]
    assert (rows[0]["row_guid"], rows[0]["cd_operation"]) == (there["id"], "I")
    assert rows[0]["name"] == "'=1+1 食堂"


async def test_what_has_not_moved_is_not_sent_again(
    live_city: httpx.AsyncClient, fresh_database: Urls
) -> None:
    await settled(fresh_database)
    first = await live_city.get("/exchange/v1/area")
    again = await live_city.get(
        "/exchange/v1/area", headers={"If-None-Match": first.headers["etag"]}
    )

    assert again.status_code == 304
    assert again.content == b""


async def test_a_cursor_from_before_a_restore_is_refused_and_told_where_to_begin(
    live_city: httpx.AsyncClient, fresh_database: Urls
) -> None:
    await settled(fresh_database)
    _, cursor = await pulled(live_city, "area")
    async with database(fresh_database.app, pool_size=1) as opened, opened.sessions.begin() as s:
        await s.execute(text("UPDATE feed_head SET epoch = 'ffffffffffffffff'"))
    answer = await live_city.get("/exchange/v1/area", params={"cursor": cursor})
    start = answer.links["first"]["url"]

    assert (answer.status_code, slug(answer)) == (410, "feed-cursor-gone")
    assert start == "http://service.test/exchange/v1/area"
    assert (await live_city.get(start)).status_code == 200


async def test_since_begins_at_an_instant(
    live_city: httpx.AsyncClient, clerk: Header, fresh_database: Urls
) -> None:
    await settled(fresh_database)
    first = await venue(live_city, clerk)
    await settled(fresh_database)
    async with database(fresh_database.app, pool_size=1) as opened, opened.sessions() as session:
        instant = await session.scalar(text("SELECT clock_timestamp()"))
    second = await venue(live_city, clerk)
    await settled(fresh_database)

    async def ids(since: str) -> list[str]:
        answer = await live_city.get("/exchange/v1/venue", params={"since": since})
        return [row["row_guid"] for row in answer.json()["rows"]]

    assert await ids(instant.isoformat()) == [second["id"]]
    assert await ids("2020-01-01T00:00:00+08:00") == [first["id"], second["id"]]
    assert await ids("2999-01-01T00:00:00+08:00") == []


@pytest.mark.parametrize("cursor", ["abc", "____", "eDF-dmVudWV-fjB-MH4wfg"])
async def test_a_cursor_that_was_never_given_is_refused(
    live_city: httpx.AsyncClient, cursor: str
) -> None:
    answer = await live_city.get("/exchange/v1/area", params={"cursor": cursor})

    assert (answer.status_code, slug(answer)) == (422, "exchange-cursor-unreadable")


async def test_the_resources_are_those_of_the_feeds(
    live_city: httpx.AsyncClient, bearer: Callable[..., Header]
) -> None:
    feeds = (await live_city.get("/feeds")).json()
    found = await live_city.get("/exchange/v1", headers=bearer(Role.PORTAL_APP))

    assert [each["kind"] for each in found.json()] == [each["kind"] for each in feeds]


async def test_the_last_batch_serves_as_a_cursor(
    live_city: httpx.AsyncClient, clerk: Header, fresh_database: Urls
) -> None:
    await published(live_city, clerk)
    await settled(fresh_database)
    rows, _ = await pulled(live_city, "offering")
    new = await published(live_city, clerk)
    await settled(fresh_database)
    last = rows[-1]["cd_batch"]
    answer = await live_city.get("/exchange/v1/offering", params={"batch": last})
    lost = await live_city.get("/exchange/v1/offering", params={"batch": "f" * 16 + last[16:]})
    both = await live_city.get(
        "/exchange/v1/offering", params={"batch": last, "cursor": answer.json()["cursor"]}
    )

    assert [row["row_guid"] for row in answer.json()["rows"]] == [new["id"]]
    assert (lost.status_code, slug(lost)) == (410, "feed-cursor-gone")
    assert (both.status_code, slug(both)) == (422, "exchange-two-starts")
