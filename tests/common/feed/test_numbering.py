"""Numbers are given after the commit: nothing is skipped, nothing stale or mixed is sent."""

import asyncio
import random
from uuid import UUID

import httpx
from sqlalchemy import text

from common.feed.step import HeadMovedError, number_changes
from common.ids import uuid7
from tests.common.feed.things import KINDS, Polling, Things, drop, put, put_part, states_of, walk


async def test_who_drew_first_and_commits_last_is_not_lost(
    things: Things, reader: httpx.AsyncClient
):
    slow, quick = uuid7(), uuid7()
    async with things.opened.sessions() as early, things.opened.sessions() as late:
        await early.execute(text("SELECT 1"))
        await put(early, slow, "slow")
        # Its mark is drawn now, before the other transaction's, and committed after it.
        await early.execute(
            text("INSERT INTO feed_outbox (kind, record_id) VALUES ('thing', :id)"), {"id": slow}
        )
        await put(late, quick, "quick")
        await late.commit()
        await things.number_all()
        first = (await reader.get("feeds/thing")).json()
        await early.commit()
    await things.number_all()

    then = (await reader.get(first["next"])).json()

    assert [item["id"] for item in first["items"]] == [str(quick)]
    assert [item["id"] for item in then["items"]] == [str(slow)]


async def test_children_edited_side_by_side_are_never_mixed_or_stale(
    things: Things, reader: httpx.AsyncClient
):
    (thing,) = await things.add()
    async with things.opened.sessions() as left, things.opened.sessions() as right:
        await put_part(left, thing, 1, "left")
        await put_part(right, thing, 2, "right")
        await left.commit()
        await things.number_all()
        between = states_of(await walk(reader))
        await right.commit()
    await things.number_all()

    after = await walk(reader)

    assert between[thing]["parts"] == {"1": "left"}
    assert states_of(after)[thing]["parts"] == {"1": "left", "2": "right"}
    assert len(after) == 1


async def test_a_record_marked_often_is_numbered_once_a_step(things: Things):
    (thing,) = await things.add()
    for name in "bcd":
        async with things.opened.sessions.begin() as session:
            await put(session, thing, name)

    step = await things.number()

    assert step.taken == 8  # four transactions, two feeds
    assert step.last_numbers == {"thing": 1, "secret": 1}


async def test_a_mark_without_a_visible_change_is_no_news(
    things: Things, reader: httpx.AsyncClient
):
    await things.add()
    await things.number_all()
    before = (await reader.get("feeds/thing")).content
    async with things.opened.sessions.begin() as session:
        session.info["marks"] = [("thing", things.made[0]), ("thing", uuid7())]
    await things.number_all()

    assert (await reader.get("feeds/thing")).content == before


async def test_a_rollback_takes_its_marks_along(things: Things, reader: httpx.AsyncClient):
    async with things.opened.sessions() as session:
        await put(session, uuid7())
        await session.rollback()
        await put(session, uuid7(), "kept")
        await session.commit()
    await things.number_all()

    assert [item["data"]["name"] for item in await walk(reader)] == ["kept"]


async def test_marks_of_a_feed_that_this_release_does_not_know_wait(things: Things):
    async with things.opened.sessions.begin() as session:
        session.info["marks"] = [("later", uuid7())]

    await things.number_all()

    async with things.opened.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM feed_outbox")) == 1


async def test_two_leaders_at_once_give_each_number_once(things: Things, reader: httpx.AsyncClient):
    await things.add(60)
    sessions = things.opened.sessions

    async def lead() -> None:
        while (await number_changes(sessions, KINDS, batch=7)).taken:
            pass

    await asyncio.gather(lead(), lead(), lead())

    numbers = [item["modified"] for item in await walk(reader)]
    assert numbers == list(range(1, 61))


async def test_a_leader_notices_that_another_has_led(things: Things):
    await things.add()
    await things.number()
    await things.add()

    try:
        await number_changes(things.opened.sessions, KINDS, expected={"thing": 0})
    except HeadMovedError:
        return
    raise AssertionError("a head that moved went unnoticed")


async def test_one_record_that_cannot_be_rendered_stops_no_other(
    things: Things, reader: httpx.AsyncClient
):
    await things.add(20)
    (broken,) = await things.add(name="broken")
    await things.add(20)
    await things.number_all()
    async with things.opened.sessions() as session:
        parked = (await session.execute(text("SELECT * FROM feed_parked"))).mappings().all()
    seen = len(await walk(reader))
    async with things.opened.sessions.begin() as session:
        await session.execute(text("UPDATE thing SET name = 'mended'"))  # nobody marks it again
        await session.execute(text("UPDATE feed_parked SET retry_at = now()"))
    await things.number_all()

    assert seen == 40
    assert {row["record_id"] for row in parked} == {broken}
    assert parked[0]["fault"].startswith("ValueError at things.py:")
    assert len(await walk(reader)) == 41
    async with things.opened.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM feed_parked")) == 0


async def test_readers_polling_all_the_while_end_with_the_database(
    things: Things, reader: httpx.AsyncClient
):
    seed = random.Random(7)
    known = await things.add(20)
    numbering = asyncio.create_task(_number_forever(things))
    polling = Polling(reader)
    reading = asyncio.create_task(polling.run())

    writers = (random.Random(seed.random()) for _ in range(6))
    await asyncio.gather(*(_write_at_random(things, known, each) for each in writers))
    numbering.cancel()
    await asyncio.gather(numbering, return_exceptions=True)
    await things.number_all()
    polling.is_last = True
    await reading

    numbers = [item["modified"] for item in polling.items]
    assert len(numbers) > len(known)
    assert numbers == sorted(set(numbers))
    assert states_of(polling.items) == await things.states()
    assert states_of(await walk(reader)) == await things.states()


async def _number_forever(things: Things) -> None:
    while True:
        await things.number(batch=5)
        await asyncio.sleep(0.001)


async def _write_at_random(things: Things, known: list[UUID], seed: random.Random) -> None:
    """Edits, children, deletions and rollbacks, overlapping with those of others."""
    for turn in range(40):
        async with things.opened.sessions() as session:
            each = seed.choice(known)
            kind = seed.random()
            if kind < 0.1:
                await drop(session, each)
            elif kind < 0.5:
                await put_part(session, each, seed.randrange(3), str(turn))
            else:
                await put(session, each, str(turn))
            await asyncio.sleep(seed.random() / 200)
            await (session.rollback() if seed.random() < 0.1 else session.commit())
