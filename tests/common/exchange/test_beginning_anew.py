"""Where what was told no longer leads to what stands, a reset comes first, and then all of it."""

from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import text, update
from starlette.datastructures import State

from common.clock import utc_now
from common.exchange.courses import NO_RECORD
from common.exchange.gauges import webhook_gauges
from common.exchange.sending import pause
from common.exchange.tables import DataSubscription, Webhook
from common.feed.step import purge_tombstones
from tests.common.exchange.receiver import Receiver
from tests.common.exchange.stage import Stage, hook
from tests.common.exchange.test_who_is_told import subscription
from tests.common.feed.things import KINDS, put

GONE = str(NO_RECORD)


async def purge(stage: Stage) -> None:
    """Forget every deletion, as after more than FEED_KEEP_DAYS."""
    sessions = stage.things.opened.sessions
    await purge_tombstones(sessions, KINDS, before=utc_now() + timedelta(days=1))


async def restore(stage: Stage, number: int) -> None:
    """A backup of the time when the feed stood at `number`: numbers go back, the epoch is new."""
    async with stage.things.opened.sessions.begin() as session:
        await session.execute(
            text("UPDATE feed_head SET epoch = 'ffffffffffffffff', last_number = :n"),
            {"n": number},
        )
        await session.execute(text("DELETE FROM feed_item WHERE change_number > :n"), {"n": number})


async def truth(stage: Stage) -> dict[str, Any]:
    return {str(key): state for key, state in (await stage.things.states()).items()}


def resets(messages: list[dict[str, Any]]) -> list[str]:
    return [message["reset"] for message in messages if "reset" in message]


async def test_a_deletion_that_was_purged_while_nothing_could_be_sent_is_not_lost(
    stage: Stage,
) -> None:
    gone, stays = await stage.things.add(2)
    await stage.send()
    async with stage.things.opened.sessions.begin() as session:
        await session.execute(update(Webhook).values(resumes_at=stage.now + timedelta(days=9)))
    await stage.things.drop(gone)
    await stage.things.add()
    await stage.things.number_all()
    await purge(stage)
    await stage.send(after=timedelta(days=9))
    receiver = Receiver()
    receiver.take(*stage.to.got)

    assert resets(stage.to.got) == ["purged"]
    assert receiver.held == await truth(stage)
    assert (str(gone) in receiver.held, str(stays) in receiver.held) == (False, True)
    assert await stage.rows() == []


async def test_a_reset_is_a_signed_message_that_others_pass_as_a_deletion(stage: Stage) -> None:
    await stage.things.add(2)
    await stage.send()
    await restore(stage, 2)
    await stage.send()
    reset, first = stage.to.got[2], stage.to.got[3]

    assert (reset["kind"], reset["change_number"], reset["epoch"]) == ("thing", 0, "f" * 16)
    assert (reset["row_guid"], reset["cd_operation"], reset["data"]) == (GONE, "D", None)
    assert (reset["cd_batch"], reset["cd_sm3"]) == ("f" * 16 + "0" * 16, None)
    assert list(reset) == [*list(first)[:4], "reset", *list(first)[4:]]
    assert reset["course"] == first["course"] > stage.to.got[1]["course"]
    assert stage.to.calls[2][1]["X-App-Key"] == str(stage.hook)


async def test_a_receiver_forgets_the_future_that_a_restore_has_lost(stage: Stage) -> None:
    kept, changed = await stage.things.add(2)
    await stage.send()
    (lost,) = await stage.things.add()
    for turn in range(5):
        async with stage.things.opened.sessions.begin() as session:
            await put(session, changed, f"lost {turn}")
        await stage.send()
    receiver = Receiver()
    receiver.take(*stage.to.got)
    assert str(lost) in receiver.held
    async with stage.things.opened.sessions.begin() as session:
        await session.execute(text("DELETE FROM thing WHERE id = :id"), {"id": lost})
        await session.execute(text("UPDATE thing SET name = 'b', version = 1"))
        await session.execute(text("DELETE FROM feed_item"))
        await put(session, kept, "kept")
        await put(session, changed, "as it was")
    await restore(stage, 0)
    await stage.send()
    late = stage.to.got[-1] | {"course": stage.to.got[0]["course"], "change_number": 99}
    receiver.take(*stage.to.got, late)

    assert resets(stage.to.got) == ["restored"]
    assert receiver.held == await truth(stage)
    assert {each["name"] for each in receiver.held.values()} == {"kept", "as it was"}


async def test_nothing_is_sent_before_the_reset_is_taken(stage: Stage) -> None:
    await stage.things.add(3)
    await stage.send()
    await restore(stage, 3)
    stage.to.refuses[GONE] = 422
    await stage.send()
    for failures in range(1, 4):
        seen = await stage.webhook()
        assert (seen.failures, seen.reset, seen.position) == (failures, "restored", 0)
        await stage.send(after=pause(failures))
    assert len(stage.to.got) == 3
    stage.to.refuses.clear()
    await stage.send(after=pause(4))

    assert [message["row_guid"] for message in stage.to.got[3:4]] == [GONE]
    assert len(stage.to.got) == 3 + 1 + 3
    seen = await stage.webhook()
    assert (seen.failures, seen.reset, seen.taken_at) == (0, None, stage.now)


async def test_a_purge_before_a_walk_from_zero_began_is_no_reason_to_begin_again(
    stage: Stage,
) -> None:
    ids = await stage.things.add(450)
    await stage.things.drop(*ids[:5])
    await stage.things.number_all()
    await purge(stage)
    await stage.send()

    assert resets(stage.to.got) == []
    receiver = Receiver()
    receiver.take(*stage.to.got)
    assert receiver.held == await truth(stage)


async def test_what_was_under_way_when_it_began_anew_settles_nothing_of_the_new_course(
    stage: Stage,
) -> None:
    await stage.things.add(1)
    await stage.things.number_all()
    sender = stage.sender
    async with stage.things.opened.sessions.begin() as session:
        row = await session.get_one(Webhook, stage.hook)
        await sender._advance(session, row, None)
        claimed = await sender._claimed(session, row, None)
    attempts = [await sender._attempt(row, each) for each in claimed]
    await restore(stage, 1)
    assert await stage.sender.send_due() == 1  # the reset
    async with stage.things.opened.sessions.begin() as session:
        anew = await session.get_one(Webhook, stage.hook)
        await sender._advance(session, anew, None)
    await sender._settle(row, attempts)

    assert [row.change_number for row in await stage.rows()] == [1]


async def test_another_area_begins_anew_at_once(stage: Stage) -> None:
    private = hook(stage.keys, kind="secret")
    (old,) = await stage.things.add(area="310101002000")
    (new,) = await stage.things.add(area="310105001000")
    async with stage.things.opened.sessions.begin() as session:
        await session.execute(text("DELETE FROM webhook"))
        session.add_all([private, subscription()])
    await stage.send()
    async with stage.things.opened.sessions.begin() as session:
        await session.execute(update(DataSubscription).values(area="310105"))
    await stage.send()
    receiver = Receiver()
    receiver.take(*stage.to.got)

    assert [message["row_guid"] for message in stage.to.got] == [str(old), GONE, str(new)]
    assert list(receiver.held) == [str(new)]
    assert await stage.send() == 0


async def test_whatever_fails_is_purged_or_restored_a_receiver_ends_with_what_stands(
    stage: Stage,
) -> None:
    chance = Random(11)
    ids = await stage.things.add(12)
    stage.to.doubt = Random(5)
    for turn in range(40):
        async with stage.things.opened.sessions.begin() as session:
            for each in chance.sample(ids, 3):
                await put(session, each, f"name {turn}")
        if turn % 9 == 8:  # what is deleted now is purged before it could be sent
            await stage.things.drop(*chance.sample(ids, 2))
            await stage.things.add()
            await stage.things.number_all()
            await purge(stage)
        await stage.send(after=timedelta(seconds=4))
    stage.to.doubt = None
    for _ in range(4):
        await stage.send(after=timedelta(hours=7))
    receiver = Receiver()
    receiver.take(*stage.to.got)

    assert "purged" in resets(stage.to.got)
    assert receiver.held == await truth(stage)


async def test_operators_see_how_long_a_webhook_has_stood_still(stage: Stage) -> None:
    async def told() -> float:
        readings = await webhook_gauges(State({"database": stage.things.opened}))
        return next(each.value for each in readings if each.name == "webhook_still_seconds")

    assert await told() == 0
    stage.to.is_down = True
    stage.now = utc_now() - timedelta(hours=3)
    async with stage.things.opened.sessions.begin() as session:
        await session.execute(update(Webhook).values(created_at=stage.now))
    await stage.things.add()
    await stage.send()
    assert 3 * 3600 <= await told() < 3 * 3600 + 60
    stage.to.is_down = False
    await stage.send(after=timedelta(hours=1))
    assert await told() == 0
    await stage.things.add()
    await stage.things.number_all()  # and nobody sends: the app is off, its subscription lapsed

    assert 0 <= await told() < 60
