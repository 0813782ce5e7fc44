"""Reconciliation: the digests are those that a reader makes of what it holds, by the letter."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from common.auth.roles import Role
from common.crypto.digest import sm3
from common.db import database
from common.feed.statements import FIRST_UNSUMMED, UNSUMMED
from common.feed.summing import sum_up
from deploy.local.environment import Urls
from tests.registry.inventory import move, published, venue
from tests.registry.service.test_exchange import pulled, settled

Header = dict[str, str]


@pytest.fixture
def portal(bearer: Callable[..., Header]) -> Header:
    return bearer(Role.PORTAL_APP, area="31")


def cells_of(rows: list[dict[str, Any]], digits: int) -> dict[tuple[str, str], tuple[int, str]]:
    """By hand, as docs/exchange.md tells it."""
    lines: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["row_guid"]):
        if row["cd_operation"] != "D":
            cell = (row["cd_time"][:10], (row["cd_area"] or "")[:digits])
            lines[cell].append(f"{row['row_guid']},{row['cd_sm3']}\n")
    return {cell: (len(each), sm3("".join(each).encode()).hex()) for cell, each in lines.items()}


async def digests(
    client: httpx.AsyncClient, portal: Header, kind: str, **query: Any
) -> dict[str, Any]:
    answer = await client.get(f"/exchange/v1/{kind}/digests", params=query, headers=portal)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def told_cells(told: dict[str, Any]) -> dict[tuple[str, str], tuple[int, str]]:
    return {(c["on"], c["area"]): (c["count"], c["sm3"]) for c in told["cells"]}


async def test_a_reader_that_missed_nothing_has_the_same_cells(
    live_city: httpx.AsyncClient, clerk: Header, portal: Header, fresh_database: Urls
) -> None:
    gone = await published(live_city, clerk)
    await published(live_city, clerk)
    await venue(live_city, clerk)
    await move(live_city, clerk, gone, "suspended", reason="检修")
    await settled(fresh_database)

    for kind, digits in (("area", 9), ("offering", 6), ("venue", 12), ("dictionary_entry", 6)):
        rows, _ = await pulled(live_city, kind)
        told = await digests(live_city, portal, kind, digits=digits)
        assert told_cells(told) == cells_of(rows, digits), kind
        assert told["count"] == sum(row["cd_operation"] != "D" for row in rows)
        assert told["at"] == rows[-1]["cd_batch"]


async def test_a_row_tells_the_digest_of_its_own_text(
    live_city: httpx.AsyncClient, clerk: Header, portal: Header, fresh_database: Urls
) -> None:
    await published(live_city, clerk)
    await settled(fresh_database)
    answer = await live_city.get("/exchange/v1/offering", params={"format": "ndjson"})
    (line,) = answer.content.splitlines()
    data = line.partition(b'"data":')[2][:-1]

    assert answer.headers["x-batch"] == answer.json()["cd_batch"]
    assert answer.json()["cd_sm3"] == sm3(data).hex()
    assert answer.json()["cd_area"] == answer.json()["data"]["area_code"]


async def test_days_bound_what_is_told(
    live_city: httpx.AsyncClient, portal: Header, fresh_database: Urls
) -> None:
    await settled(fresh_database)
    whole = await digests(live_city, portal, "area")
    (on,) = {cell["on"] for cell in whole["cells"]}

    assert await digests(live_city, portal, "area", from_on=on, to_on=on) == whole
    assert (await digests(live_city, portal, "area", from_on="2999-12-31"))["cells"] == []
    assert (await digests(live_city, portal, "area", to_on="2000-01-01"))["count"] == 0


async def test_what_an_older_release_numbered_is_summed_before_it_is_told(
    live_city: httpx.AsyncClient, portal: Header, fresh_database: Urls
) -> None:
    await settled(fresh_database)
    before = await digests(live_city, portal, "area")
    async with database(fresh_database.app, pool_size=1) as opened:
        async with opened.sessions.begin() as session:
            await session.execute(
                text(
                    "UPDATE feed_item SET content_sm3 = NULL, summed_number = NULL"
                    " WHERE kind = 'area'"
                )
            )
        unsummed = await live_city.get("/exchange/v1/area/digests", headers=portal)
        rows, _ = await pulled(live_city, "area")
        summed = await sum_up(opened.sessions, batch=3)

    assert (unsummed.status_code, unsummed.headers["retry-after"]) == (503, "2")
    assert told_cells(before) == cells_of(rows, 6)
    assert summed == len(rows)
    assert await digests(live_city, portal, "area") == before


async def test_what_lacks_its_sum_is_looked_for_in_the_small_index_alone(
    live_city: httpx.AsyncClient, fresh_database: Urls
) -> None:
    await settled(fresh_database)
    async with database(fresh_database.app, pool_size=1) as opened, opened.sessions() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        plans = [
            "\n".join(await session.scalars(text(f"EXPLAIN {statement}"), values))
            for statement, values in (
                (UNSUMMED.text, {"batch": 500}),
                (FIRST_UNSUMMED.text, {"kind": "area"}),
            )
        ]

    for plan in plans:
        assert "ix_feed_item_unsummed" in plan
