"""Changes reach a webhook: each record in order, again after a failure, never lost, never twice.

The addressee is a function that takes or refuses; the clock is turned by the test.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from starlette.datastructures import State

from common.auth import portal_app
from common.auth.actor import Actor
from common.auth.admission import ISSUER
from common.auth.roles import ActorKind, Role
from common.auth.signing import Call, read_headers, signature
from common.clients.outside import OutsideError
from common.crypto.keyring import KeyRing
from common.crypto.keys import Keys
from common.exchange import webhooks
from common.exchange.gauges import webhook_gauges
from common.exchange.sending import ATTEMPTS, HELD, Sender, pause
from common.exchange.tables import DataSubscription, Webhook, WebhookDelivery
from common.ids import uuid7
from common.tasks import end
from deploy.local.environment import Secrets
from tests.common.feed.conftest import things, things_database
from tests.common.feed.things import KINDS, Things, put

__all__ = ["things", "things_database"]
URL = "https://portal.example/in?a=1"
APP = ("https://id.example", "citizen")
OPERATOR = Actor("x", "wang", ActorKind.STAFF, frozenset({Role.SYSTEM_ADMIN}))


@dataclass
class Addressee:
    """Who is told. `refuses` says what to answer instead of 200, by record."""

    got: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[bytes, Mapping[str, str]]] = field(default_factory=list)
    refuses: dict[str, int] = field(default_factory=dict)
    is_down: bool = False
    doubt: Random | None = None

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        assert url == URL
        message = json.loads(body)
        self.calls.append((body, headers))
        if self.is_down:
            raise OutsideError("ConnectError")
        await asyncio.sleep(0)
        if self.doubt and self.doubt.random() < 0.4:
            return self.doubt.choice((500, 503, 429, 404))
        status = self.refuses.get(message["row_guid"], 200)
        if status == 200:
            self.got.append(message)
        return status

    @property
    def numbers(self) -> dict[str, list[int]]:
        """The changes that were taken, by record, in the order in which they came."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for message in self.got:
            found[message["row_guid"]].append(message["change_number"])
        return dict(found)


@dataclass
class Stage:
    """A database with things, an addressee, and a clock that the test turns."""

    things: Things
    keys: Keys
    to: Addressee
    hook: UUID
    now: datetime = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)

    @property
    def sender(self) -> Sender:
        sessions = self.things.opened.sessions
        return Sender("feedback", sessions, KINDS, self.keys, self.to, lambda: self.now)

    async def send(self, after: timedelta = timedelta(0)) -> int:
        """Number what is marked, turn the clock, and let everything go out that is due."""
        await self.things.number_all()
        self.now += after
        sent = 0
        while taken := await self.sender.send_due():
            sent += taken
        return sent

    async def rows(self) -> list[WebhookDelivery]:
        async with self.things.opened.sessions() as session:
            return list(await session.scalars(select(WebhookDelivery)))

    async def webhook(self) -> Webhook:
        async with self.things.opened.sessions() as session:
            return await session.get_one(Webhook, self.hook)

    async def die(self, thing: UUID) -> None:
        """Let a record be refused until nobody tries any more."""
        self.to.refuses[str(thing)] = 422
        for attempt in range(ATTEMPTS):
            await self.send(after=pause(max(attempt, 1)))
        self.to.refuses.clear()
        (row,) = await self.rows()
        assert row.is_dead


def hook(keys: Keys, kind: str = "thing", area: str = "31") -> Webhook:
    key = uuid7()
    return Webhook(
        id=key,
        app_issuer=APP[0],
        app=APP[1],
        app_area=area,
        kind=kind,
        url=URL,
        secret=keys.fields.seal("s3cret", context=webhooks.context_of(key)),
        epoch="",
        position=0,
        failures=0,
        created_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


@pytest.fixture(scope="session")
def keys(secrets: Secrets) -> Keys:
    return Keys.of(KeyRing.from_directory(secrets.keys))


@pytest.fixture
async def stage(things: Things, keys: Keys) -> Stage:
    row = hook(keys)
    async with things.opened.sessions.begin() as session:
        session.add(row)
    return Stage(things, keys, Addressee(), row.id)


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
    }


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


async def test_who_operates_the_system_takes_a_webhook_away_and_is_written_down(
    stage: Stage,
) -> None:
    await stage.things.add()
    async with stage.things.opened.sessions.begin() as session:
        await webhooks.remove(session, stage.hook, by=OPERATOR)
        (written,) = session.info["audit"]

    assert await stage.send() == 0
    assert (written.actor, written.action) == (OPERATOR, "webhook.remove")
    assert (written.target_id, written.after["app"]) == (str(stage.hook), APP[1])


async def test_a_newer_state_revives_a_dead_letter(stage: Stage) -> None:
    (thing,) = await stage.things.add()
    await stage.die(thing)
    async with stage.things.opened.sessions.begin() as session:
        await put(session, thing, "new")
    await stage.send(after=timedelta(hours=7))

    assert [message["data"]["name"] for message in stage.to.got] == ["new"]


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

    assert sorted(map(len, stage.to.numbers.values())) == [2, 2, 2]


async def test_what_is_shared_on_condition_is_sent_within_its_subscription_alone(
    stage: Stage,
) -> None:
    private = hook(stage.keys, kind="secret")
    (inside,) = await stage.things.add(area="310101002000")
    (outside,) = await stage.things.add(area="310105001000")
    async with stage.things.opened.sessions.begin() as session:
        await session.execute(text("DELETE FROM webhook"))
        session.add(private)
    assert await stage.send() == 0
    async with stage.things.opened.sessions.begin() as session:
        session.add(subscription())
    await stage.send(after=timedelta(minutes=10))
    assert list(stage.to.numbers) == [str(inside)]
    async with stage.things.opened.sessions.begin() as session:
        await put(session, inside, area="310105001000")  # it moves away: told as deleted
        await put(session, outside, name="b", area="310105001000")
    await stage.send()

    assert [(m["row_guid"], m["cd_operation"], m["data"]) for m in stage.to.got[1:]] == [
        (str(inside), "D", None)
    ]


@pytest.mark.parametrize("issuer", [ISSUER, APP[0]])
async def test_an_app_that_is_switched_off_is_told_nothing_however_it_calls(
    stage: Stage, issuer: str
) -> None:
    async with stage.things.opened.sessions.begin() as session:
        await session.execute(update(Webhook).values(app_issuer=issuer))
        await portal_app.register(
            session, stage.keys, APP[1], name="x", area="31", now=stage.now, allow_list=[]
        )
        (await portal_app.app_for_update(session, APP[1])).active = False
    await stage.things.add()
    assert await stage.send() == 0
    async with stage.things.opened.sessions.begin() as session:
        (await portal_app.app_for_update(session, APP[1])).active = True

    assert await stage.send(after=HELD) == 1


def subscription() -> DataSubscription:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return DataSubscription(
        id=uuid7(),
        app_issuer=APP[0],
        app=APP[1],
        kind="secret",
        area="310101",
        purpose="x",
        basis="x",
        status="active",
        conditions="x",
        valid_to=at.date() + timedelta(60),
        requested_at=at,
        version=3,
    )


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
