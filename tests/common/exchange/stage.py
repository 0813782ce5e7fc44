"""A database with things, an addressee that takes or refuses, and a clock that the test turns."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select

from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role
from common.clients.outside import OutsideError
from common.crypto.keys import Keys
from common.exchange import webhooks
from common.exchange.sending import ATTEMPTS, Sender, pause
from common.exchange.tables import Webhook, WebhookDelivery
from common.ids import uuid7
from tests.common.feed.things import KINDS, Things

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
