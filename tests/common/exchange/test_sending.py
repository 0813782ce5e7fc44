"""Changes reach a webhook: each record in order, again after a failure, never lost, never twice."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import text

from common.auth.signing import Call, read_headers, signature
from common.exchange.courses import NO_RECORD
from common.exchange.sending import Sender, pause
from common.exchange.tables import Webhook
from common.tasks import end
from tests.common.exchange.stage import Stage, hook
from tests.common.feed.things import put


@asynccontextmanager
async def sending(sender: Sender) -> AsyncIterator[None]:
    """While a sender runs."""
    running = asyncio.create_task(sender.run())
    try:
        yield
    finally:
        await end(running)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():
            await asyncio.sleep(0.05)


async def test_what_is_sent_is_a_row_of_the_exchange_and_signed(stage: Stage) -> None:
    (thing,) = await stage.things.add(name="食堂")
    assert await stage.send() == 1
    await stage.things.drop(thing)
    assert await stage.send() == 1

    first, last = stage.to.got
    body, headers = stage.to.calls[0]
    stamp, sign = read_headers(headers) or pytest.fail("no signature")
    assert (first["kind"], first["row_guid"], first["cd_operation"]) == ("thing", str(thing), "I")
    assert first["data"]["name"] == "食堂"
    assert (last["cd_operation"], last["data"]) == ("D", None)
    assert stamp.app_key == str(stage.hook)
    assert sign == signature(Call("POST", "/in", "a=1", body), stamp, b"s3cret")
    assert await stage.rows() == []


async def test_a_record_is_never_sent_backwards_whatever_fails(stage: Stage) -> None:
    stage.to.doubt = Random(7)
    ids = await stage.things.add(8)
    for turn in range(25):
        async with stage.things.opened.sessions.begin() as session:
            for each in Random(turn).sample(ids, 3):
                await put(session, each, f"name {turn}")
        await stage.send(after=timedelta(seconds=4))
    stage.to.doubt = None
    for _ in range(4):
        await stage.send(after=timedelta(hours=7))

    held = {m["row_guid"]: m["data"] for m in stage.to.got}
    assert held == {str(key): state for key, state in (await stage.things.states()).items()}
    for numbers in stage.to.numbers.values():
        assert numbers == sorted(set(numbers))
    assert await stage.rows() == []


async def test_an_address_that_is_down_is_tried_by_one_call_at_a_time(stage: Stage) -> None:
    await stage.things.add(40)
    stage.to.is_down = True
    await stage.send()
    assert len(stage.to.calls) == 8
    for failures in range(1, 4):
        assert (await stage.webhook()).failures == failures
        await stage.send(after=pause(failures) - timedelta(seconds=1))
        await stage.send(after=timedelta(seconds=1))
    assert len(stage.to.calls) == 8 + 3
    stage.to.is_down = False
    await stage.send(after=timedelta(hours=1))

    assert len(stage.to.numbers) == 40
    assert ((await stage.webhook()).failures, await stage.rows()) == (0, [])


async def test_an_address_that_is_slow_keeps_nobody_else_waiting(stage: Stage) -> None:
    slow, release = hook(stage.keys), asyncio.Event()
    async with stage.things.opened.sessions.begin() as session:
        session.add(slow)

    async def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        if headers["X-App-Key"] == str(slow.id):
            await release.wait()
        return await stage.to(url, body, headers)

    async with sending(replace(stage.sender, post=post)):
        for count in range(1, 4):
            await stage.things.add()
            await stage.things.number_all()
            await until(lambda wanted=count: len(stage.to.got) >= wanted)
        release.set()
        await until(lambda: len(stage.to.got) >= 6)


async def test_a_webhook_at_fault_keeps_nobody_else_waiting(stage: Stage) -> None:
    broken = hook(stage.keys)
    broken.secret = stage.keys.fields.seal("s3cret", context="of another webhook")
    async with stage.things.opened.sessions.begin() as session:
        session.add(broken)

    async with sending(stage.sender):
        for count in range(1, 4):
            await stage.things.add()
            await stage.things.number_all()
            await until(lambda wanted=count: len(stage.to.got) >= wanted)

    async with stage.things.opened.sessions() as session:
        at_fault = await session.get_one(Webhook, broken.id)
    assert (at_fault.failures, at_fault.resumes_at) == (1, stage.now + pause(1))
    assert (await stage.webhook()).failures == 0


async def test_two_processes_send_nothing_twice(stage: Stage) -> None:
    await stage.things.add(60)
    await stage.things.number_all()
    senders = [stage.sender, stage.sender, stage.sender]
    while any(await asyncio.gather(*(sender.send_due() for sender in senders))):
        pass

    assert sorted(map(len, stage.to.numbers.values())) == [1] * 60


async def test_after_a_restore_everything_is_sent_again(stage: Stage) -> None:
    await stage.things.add(3)
    await stage.send()
    async with stage.things.opened.sessions.begin() as session:
        await session.execute(text("UPDATE feed_head SET epoch = 'ffffffffffffffff'"))
    await stage.send()
    numbers = stage.to.numbers

    assert numbers.pop(str(NO_RECORD)) == [0]
    assert sorted(map(len, numbers.values())) == [2, 2, 2]
