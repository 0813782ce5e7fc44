"""Pages as RPDE 1.1 wants them: absolute, stable, cacheable; 410 when a cursor leads nowhere."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role
from common.clock import utc_now
from common.db import database
from common.feed.step import purge_tombstones
from common.feed.wake import FeedWaiters
from tests.common.feed.things import (
    BASE,
    KINDS,
    Called,
    Things,
    client_of,
    feed_app,
    put,
    state_of,
    states_of,
    walk,
)
from tests.living import free_port
from tests.loopback import on_loopback

PATIENCE_S = 20


def service(area: str | None = "31", *roles: Role) -> Actor:
    return Actor("test", "matching", ActorKind.SERVICE, frozenset(roles or {Role.SERVICE}), area)


async def test_the_list_names_each_feed_and_where_it_begins(reader: httpx.AsyncClient):
    answer = await reader.get("feeds")

    assert answer.json() == [
        {"kind": "thing", "address": f"{BASE}/feeds/thing", "access": "public"},
        {"kind": "secret", "address": f"{BASE}/feeds/secret", "access": "private"},
    ]


async def test_pages_follow_each_other_to_an_empty_one_that_names_itself(
    things: Things, reader: httpx.AsyncClient
):
    await things.add(25)
    await things.drop(things.made[3])
    await things.number_all()
    await things.drop(things.made[4])
    await things.number_all()

    items = await walk(reader)

    # Never published and gone: no tombstone. Published and gone: a tombstone, at its new number.
    assert [item["modified"] for item in items] == [n for n in range(1, 26) if n != 4]
    assert items[-1] == {
        "state": "deleted",
        "kind": "thing",
        "id": str(things.made[4]),
        "modified": 25,
    }
    assert states_of(items) == await things.states()


async def test_a_page_that_is_asked_for_again_is_as_it_stands_then(
    things: Things, reader: httpx.AsyncClient
):
    await things.add(3)
    await things.number_all()
    first, again = [(await reader.get("feeds/thing")).content for _ in range(2)]
    await things.drop(things.made[0])
    waiting = (await reader.get("feeds/thing")).content
    await things.number_all()
    later = (await reader.get("feeds/thing")).json()["items"]
    epoch = await things.settle(wanted=True)
    restored = (await reader.get("feeds/thing")).json()

    assert first == again == waiting
    assert [(item["modified"], item["state"]) for item in later] == [
        (2, "updated"),
        (3, "updated"),
        (4, "deleted"),
    ]
    assert restored["items"] == later
    assert f"epoch={epoch.name}" in restored["next"]


async def test_the_last_page_is_empty_and_stable_byte_for_byte(
    things: Things, reader: httpx.AsyncClient
):
    await things.add(3)
    await things.number_all()
    address = (await reader.get("feeds/thing")).json()["next"]

    first = await reader.get(address)
    again = await reader.get(first.json()["next"])

    assert first.json()["items"] == []
    assert first.json()["next"] == address
    assert first.content == again.content
    assert first.headers["Cache-Control"] == "public, max-age=8"
    assert first.headers["Content-Type"] == "application/json"


async def test_a_page_with_items_may_be_cached_for_an_hour(
    things: Things, reader: httpx.AsyncClient
):
    await things.add()
    await things.number_all()

    answer = await reader.get("feeds/thing")

    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert answer.headers["Vary"] == "Prefer"
    assert answer.json()["license"].startswith("https://")


async def test_the_question_for_the_end_is_answered_without_an_epoch(
    things: Things, reader: httpx.AsyncClient
):
    await things.add(3)
    await things.number_all()
    address = "feeds/thing?afterChangeNumber=9007199254740991"

    first = await reader.get(address)
    again = await reader.get(first.json()["next"])

    assert first.json()["next"] == f"{BASE}/{address}"
    assert first.json()["items"] == []
    assert first.content == again.content


async def test_addresses_never_come_from_the_host_header(things: Things, reader: httpx.AsyncClient):
    await things.add()
    await things.number_all()

    answer = await reader.get("feeds/thing", headers={"Host": "evil.test"})

    assert answer.json()["next"].startswith(f"{BASE}/feeds/thing?")


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("afterChangeNumber=1", "restored"),
        ("afterChangeNumber=1&epoch=ffffffffffffffff", "restored"),
        ("epoch=ffffffffffffffff", "restored"),
        ("afterChangeNumber=4&epoch={epoch}", "beyond the end"),
        ("afterChangeNumber=9007199254740990&epoch={epoch}", "beyond the end"),
    ],
)
async def test_a_cursor_that_leads_nowhere_is_gone_and_the_answer_names_the_start(
    things: Things, reader: httpx.AsyncClient, query: str, why: str
):
    epoch = (await things.settle()).name
    await things.add(3)
    await things.number_all()

    answer = await reader.get(f"feeds/thing?{query.format(epoch=epoch)}")

    assert answer.status_code == 410
    assert answer.json()["type"] == "feed-cursor-gone"
    assert why in answer.json()["detail"]
    assert answer.headers["Cache-Control"] == "no-store"
    start = answer.links["first"]["url"]
    assert start == f"{BASE}/feeds/thing?epoch={epoch}"
    assert len(await walk(reader, start)) == 3


@pytest.mark.parametrize(
    "query",
    [
        "afterChangeNumber=0",
        "afterChangeNumber=01",
        "afterChangeNumber=-1",
        "afterChangeNumber=x",
        "afterChangeNumber=10000000000000000000",
        "afterChangeNumber=",
        "epoch=x",
        "purged=x",
    ],
)
async def test_a_cursor_that_is_none_is_refused(reader: httpx.AsyncClient, query: str):
    assert (await reader.get(f"feeds/thing?{query}")).status_code == 422


async def test_an_unknown_feed_is_not_found(reader: httpx.AsyncClient):
    answer = await reader.get("feeds/nothing")

    assert answer.status_code == 404
    assert answer.json()["type"] == "no-such-feed"


async def test_purged_tombstones_end_old_cursors_and_no_others(
    things: Things, reader: httpx.AsyncClient
):
    await things.add(30)
    await things.number_all()
    pages = [await reader.get("feeds/thing")]
    for _ in range(3):
        pages.append(await reader.get(pages[-1].json()["next"]))
    await things.drop(*things.made[-2:])
    await things.number_all()
    end = (await reader.get(pages[-1].json()["next"])).json()["next"]
    in_use = (await reader.get("feeds/thing")).json()["next"]

    kept = await purge_tombstones(
        things.opened.sessions, KINDS, before=utc_now() - timedelta(days=7)
    )
    dropped = await purge_tombstones(things.opened.sessions, KINDS, before=utc_now())

    assert kept == {}
    assert dropped == {"thing": 2, "secret": 2}
    assert (await reader.get(end)).status_code == 200
    assert (await reader.get(in_use)).status_code == 410
    fresh = (await reader.get("feeds/thing")).json()["next"]
    assert "purged=32" in fresh
    # A walk that began after the purge has missed nothing, though its numbers are old.
    assert (await reader.get(fresh)).status_code == 200
    assert states_of(await walk(reader)) == await things.states()


async def test_a_private_feed_wants_a_token_with_the_scope(
    things: Things, reader: httpx.AsyncClient, waiters: FeedWaiters
):
    clerk = service("310101", Role.CLERK)

    async with client_of(things.opened, waiters, clerk) as calls:
        assert (await calls.get("feeds/secret")).status_code == 403
    assert (await reader.get("feeds/secret")).status_code == 401


async def test_a_record_that_leaves_the_readers_area_is_sent_as_deleted(
    things: Things, waiters: FeedWaiters
):
    (here,) = await things.add(area="310101002001")
    (there,) = await things.add(area="310104001001")
    await things.number_all()
    async with client_of(things.opened, waiters, service("310101")) as calls:
        first = await calls.get("feeds/secret")
        async with things.opened.sessions.begin() as session:
            await put(session, here, area="310104001001")
            await put(session, there, "still there", area="310104001002")
        await things.number_all()
        then = await calls.get(first.json()["next"])
        again = await walk(calls, "feeds/secret")

    assert first.headers["Cache-Control"].startswith("private")
    assert [item["id"] for item in first.json()["items"]] == [str(here)]
    expected = {"state": "deleted", "kind": "secret", "id": str(here), "modified": 3}
    assert then.json()["items"] == [expected]
    assert again == [expected]


async def test_a_reader_is_not_sent_back_for_what_its_filter_passes_by(
    things: Things, waiters: FeedWaiters
):
    await things.add(area="310101002001")
    await things.add(5, area="310104001001")
    await things.number_all()
    async with client_of(things.opened, waiters, service("310101")) as calls:
        address = (await calls.get("feeds/secret")).json()["next"]
        passed = (await calls.get(address)).json()
        await things.drop(*things.made[1:])
        await things.number_all()
        moved = (await calls.get(passed["next"])).json()
        await purge_tombstones(things.opened.sessions, KINDS, before=utc_now())

        assert passed["items"] == []
        assert "afterChangeNumber=6&" in passed["next"]
        assert (await calls.get(moved["next"])).status_code == 200


async def test_a_reader_without_an_area_or_beyond_it_gets_nothing(
    things: Things, waiters: FeedWaiters
):
    async with client_of(things.opened, waiters, service(None)) as calls:
        nowhere = await calls.get("feeds/secret")
    async with client_of(things.opened, waiters, service("310101")) as calls:
        beyond = await calls.get("feeds/secret?area=31")
        within = await calls.get("feeds/secret?area=310101002")

    assert (nowhere.status_code, beyond.status_code, within.status_code) == (403, 403, 200)


async def poll(reader: httpx.AsyncClient, address: str, prefer: str) -> Any:
    call = reader.get(address, headers={"Prefer": prefer}, timeout=PATIENCE_S)
    return asyncio.create_task(asyncio.wait_for(call, PATIENCE_S))


async def test_a_long_poll_is_woken_by_the_news(
    things: Things, waiters: FeedWaiters, reader: httpx.AsyncClient
):
    await things.add()
    await things.number_all()
    address = (await reader.get("feeds/thing")).json()["next"]
    waiting = await poll(reader, address, "wait=19")
    while not waiters.waiting:
        await asyncio.sleep(0.01)
    await things.add()
    await things.number_all()
    async with things.opened.engine.begin() as connection:  # as the leader does
        await connection.execute(text("SELECT pg_notify('linli_feed_numbered', 'thing')"))

    answer = await waiting

    assert len(answer.json()["items"]) == 1
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Preference-Applied"] == "wait=19"
    assert waiters.waiting == 0


async def test_a_long_poll_without_news_ends_with_the_same_page(
    things: Things, reader: httpx.AsyncClient
):
    await things.add()
    await things.number_all()
    plain = await reader.get((await reader.get("feeds/thing")).json()["next"])

    waited = await (await poll(reader, plain.json()["next"], "respond-async, wait=1"))

    assert waited.content == plain.content
    assert waited.headers["Preference-Applied"] == "wait=1"


async def test_nobody_waits_longer_than_the_operator_allows(things: Things, waiters: FeedWaiters):
    async with client_of(things.opened, waiters, long_poll_s=1) as calls:
        answer = await (await poll(calls, "feeds/thing", "wait=999999"))

    assert answer.headers["Preference-Applied"] == "wait=1"
    assert answer.json() == {
        "next": f"{BASE}/feeds/thing",
        "items": [],
        "license": "https://creativecommons.org/licenses/by/4.0/",
    }


async def test_a_wait_ends_when_its_reader_hangs_up(things: Things, waiters: FeedWaiters):
    port = free_port()
    async with on_loopback(Called(feed_app(), state_of(things.opened, waiters)), port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /feeds/thing HTTP/1.1\r\nHost: a\r\nPrefer: wait=25\r\n\r\n")
        while not waiters.waiting:
            await asyncio.sleep(0.01)
        writer.close()

        async with asyncio.timeout(PATIENCE_S):
            while waiters.waiting:
                await asyncio.sleep(0.01)


async def test_without_a_database_there_is_503_and_nothing_else(things: Things):
    async with (
        database(things.url.replace("port=5432", "port=5433")) as gone,
        client_of(gone, FeedWaiters()) as calls,
    ):
        answer = await calls.get("feeds/thing")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
