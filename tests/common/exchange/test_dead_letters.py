"""What is refused for long is a dead letter: it waits alone, is seen, revived and replayed."""

import asyncio
from datetime import timedelta

from sqlalchemy import text
from starlette.datastructures import State

from common.exchange import webhooks
from common.exchange.gauges import webhook_gauges
from common.exchange.sending import ATTEMPTS, pause
from common.exchange.tables import Webhook
from tests.common.exchange.stage import OPERATOR, Stage
from tests.common.feed.things import put


async def test_a_record_that_is_refused_waits_alone_and_at_last_is_a_dead_letter(
    stage: Stage,
) -> None:
    bad, good = await stage.things.add(2)
    stage.to.refuses[str(bad)] = 422
    await stage.send()
    (row,) = await stage.rows()
    assert (row.record_id, row.attempts, row.fault) == (bad, 1, "422")
    assert row.retry_at == stage.now + pause(1)
    assert list(stage.to.numbers) == [str(good)]
    for attempt in range(1, ATTEMPTS):
        await stage.send(after=pause(attempt))
    (row,) = await stage.rows()
    assert (row.is_dead, row.attempts) == (True, ATTEMPTS)
    calls = len(stage.to.calls)
    await stage.send(after=timedelta(days=9))

    assert len(stage.to.calls) == calls
    assert (await stage.webhook()).failures == 0


async def test_operators_see_how_many_dead_letters_there_are(stage: Stage) -> None:
    first, _ = await stage.things.add(2)
    await stage.die(first)

    state = State({"database": stage.things.opened})
    told = {
        reading.name: (reading.value, reading.labels) for reading in await webhook_gauges(state)
    }

    assert told == {
        "webhooks": (1.0, {"kind": "thing"}),
        "webhook_dead_deliveries": (1.0, {"kind": "thing"}),
        "webhook_still_seconds": (0.0, {"kind": "thing"}),
    }


async def test_a_newer_state_revives_a_dead_letter(stage: Stage) -> None:
    (thing,) = await stage.things.add()
    await stage.die(thing)
    async with stage.things.opened.sessions.begin() as session:
        await put(session, thing, "new")
    await stage.send(after=timedelta(hours=7))

    assert [message["data"]["name"] for message in stage.to.got] == ["new"]


async def test_a_dead_letter_goes_out_in_its_present_state_when_it_is_replayed(
    stage: Stage,
) -> None:
    (thing,) = await stage.things.add()
    await stage.die(thing)
    async with stage.things.opened.sessions.begin() as session:
        await session.execute(text("DELETE FROM feed_item"))  # even its tombstone is forgotten
        replayed = await webhooks.replay(session, stage.hook, by=OPERATOR, now=stage.now)
    await stage.send()

    assert replayed == 1
    assert [(m["cd_operation"], m["data"]) for m in stage.to.got] == [("D", None)]
    assert await stage.rows() == []


async def test_a_replay_waits_for_the_sender_and_neither_blocks_the_other(stage: Stage) -> None:
    (thing,) = await stage.things.add()
    await stage.die(thing)
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    sessions = stage.things.opened.sessions

    async def replayed() -> int:
        async with sessions.begin() as session:
            return await webhooks.replay(session, stage.hook, by=OPERATOR, now=stage.now)

    async with sessions.begin() as session:  # as a round of the sender: the webhook comes first
        await session.get_one(Webhook, stage.hook, with_for_update=True)
        replay = asyncio.create_task(replayed())
        async with asyncio.timeout(20):
            while not await session.scalar(waits):
                await asyncio.sleep(0.05)
        await session.execute(text("UPDATE webhook_delivery SET fault = NULL"))

    assert await replay == 1
