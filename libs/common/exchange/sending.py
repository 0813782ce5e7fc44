"""Sending changes to webhooks: queued from the feed, claimed, posted, settled.

A change is state, not an event: a record waits once, at its latest change, so a newer state takes
the place of one that was not taken, and no record is ever sent backwards. One claim at a time holds
a record (a lease in `retry_at`), and no transaction is open while the other side thinks. Where what
was told no longer leads to what stands, a reset is sent alone, and then all from zero.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import orjson
import structlog
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.actor import Actor
from common.auth.admission import ISSUER
from common.auth.roles import ActorKind, Role
from common.auth.signing import Call, SignMethod, Stamp, signed_headers
from common.auth.tables import PortalApp
from common.clients.outside import OutsideError
from common.clock import city_day, utc_now
from common.contracts.webhooks import Reset
from common.crypto.keys import Keys
from common.ending import in_one_statement
from common.errors import Forbidden
from common.exchange import sending_statements as sql
from common.exchange.courses import NO_RECORD, next_course, opening, reset_message, reset_of
from common.exchange.place import batch_name
from common.exchange.rows import json_row, source_of, technical
from common.exchange.subscriptions import area_in_force
from common.exchange.tables import Webhook
from common.exchange.webhooks import context_of, take_over
from common.feed.cursor import Cursor, Head
from common.feed.kinds import FeedKind
from common.straight import rows
from common.tasks import end

log = structlog.get_logger(__name__)

ATTEMPTS: Final = 10
LEASE: Final = timedelta(seconds=60)  # longer than any post may take
FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(hours=6)
HELD: Final = timedelta(minutes=10)
QUEUED: Final = 200
AT_ONCE: Final = 8
LOOK_S: Final = 0.5
TRANSIENT: Final = frozenset({408, 425, 429})

Sessions = async_sessionmaker[AsyncSession]
Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[int]]


def pause(failures: int) -> timedelta:
    """How long after so many failures in a row: 5 s, 15 s, 45 s, and so on up to six hours."""
    return min(FIRST_PAUSE * int(3 ** min(failures - 1, 12)), LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one post. `fault` is None when it was taken."""

    record_id: UUID
    change_number: int
    fault: str | None
    is_addressee_down: bool


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends for one service. Safe to run in several processes at once."""

    service: str
    sessions: Sessions
    kinds: Mapping[str, FeedKind]
    keys: Keys
    post: Post
    clock: Callable[[], datetime] = utc_now

    async def run(self) -> None:
        """Send until cancelled. An address that is slow, or at fault, keeps nobody else waiting."""
        under_way: dict[UUID, asyncio.Task[int]] = {}
        try:
            while True:
                for ended in [key for key, task in under_way.items() if task.done()]:
                    if fault := under_way.pop(ended).exception():
                        await self._rest(ended, fault)  # no database either: begun anew
                for each in await self._due():
                    if each not in under_way:
                        under_way[each] = asyncio.create_task(self._round(each))
                await asyncio.sleep(LOOK_S)
        finally:
            await end(*under_way.values())

    async def send_due(self) -> int:
        """One round over all webhooks that have work; how many posts were taken."""
        return sum(await asyncio.gather(*map(self._round, await self._due())))

    async def _due(self) -> Sequence[UUID]:
        async with self.sessions.begin() as session:
            in_one_statement(session)
            return [row[0] for row in await rows(session, sql.DUE, self.clock())]

    async def _round(self, webhook_id: UUID) -> int:
        async with self.sessions.begin() as session:
            hook = await session.scalar(
                select(Webhook).where(Webhook.id == webhook_id).with_for_update(skip_locked=True)
            )
            if hook is None or hook.kind not in self.kinds:
                return 0
            take_over(hook, self.clock())
            try:
                area = await self._area(session, hook)
            except Forbidden:
                hook.resumes_at = self.clock() + HELD
                return 0
            await self._advance(session, hook, area)
            rows = await self._claimed(session, hook, area)
            if hook.reset is not None:
                hook.resumes_at = self.clock() + LEASE
        if hook.reset is not None:
            return await self._reset(hook, Reset(hook.reset))
        attempts = await asyncio.gather(*(self._attempt(hook, row) for row in rows))
        if attempts:
            await self._settle(hook, attempts)
        return sum(attempt.fault is None for attempt in attempts)

    async def _rest(self, webhook_id: UUID, fault: BaseException) -> None:
        """Leave a webhook alone for a while whose round did not come to its end."""
        log.warning("webhook failed", webhook=str(webhook_id), fault=repr(fault)[:300])
        async with self.sessions.begin() as session:
            if hook := await session.get(Webhook, webhook_id, with_for_update=True):
                _put_off(hook, self.clock())

    async def _area(self, session: AsyncSession, hook: Webhook) -> str | None:
        """What the app may read today. Raises `Forbidden` when it may not read at all.

        An app that signs is registered here, or is none; one that shows tokens of the provider need
        not be. Whichever it is: switched off here, it is told nothing.
        """
        app = await session.get(PortalApp, hook.app)
        signs = hook.app_issuer == ISSUER
        if (app is None and signs) or (app is not None and not app.active):
            raise Forbidden
        area = app.area if app is not None and signs else hook.app_area
        if self.kinds[hook.kind].public:
            return None
        roles = frozenset({Role.PORTAL_APP})
        reader = Actor(hook.app_issuer, hook.app, ActorKind.APP, roles, area=area)
        return await area_in_force(session, reader, hook.kind, None, city_day(self.clock()))

    async def _advance(self, session: AsyncSession, hook: Webhook, area: str | None) -> None:
        """Put the next changes of the feed into the queue and move the cursor, or begin anew.

        Nothing is queued behind a reset that is not taken. The end of the feed and the changes are
        of one snapshot: a deletion that is purged meanwhile shows in the one or in the other.
        """
        size = QUEUED if hook.reset is None else 0
        values = {"id": hook.id, "kind": hook.kind, "area": area, "now": self.clock()}
        bounds = {"after": hook.position, "size": size}
        told = (await session.execute(sql.QUEUED, values | bounds)).one()
        head = Head(told.epoch, told.last_number, told.purged_through)
        if not hook.epoch:  # registered before the feed had a head: nothing was told
            hook.epoch, hook.purged = head.epoch, head.purged_through
        at = Cursor(hook.position, hook.epoch, hook.purged, hook.area)
        if reason := reset_of(at, head, area):
            await self._begin_anew(session, hook, head, reason)
        elif size:
            hook.position = told.reached if told.queued == size else head.last_number
        hook.area = area

    async def _begin_anew(
        self, session: AsyncSession, hook: Webhook, head: Head, reason: Reset
    ) -> None:
        await session.execute(sql.FORGOTTEN, {"id": hook.id})
        hook.reset, hook.course = reason, next_course(hook.course, self.clock())
        hook.epoch, hook.position, hook.purged = head.epoch, 0, head.purged_through
        log.warning("webhook begins anew", webhook=str(hook.id), reason=reason)

    async def _claimed(
        self, session: AsyncSession, hook: Webhook, area: str | None
    ) -> Sequence[Row[Any]]:
        """Records to be sent now, as they stand; a single one where the address was down."""
        now = self.clock()
        size = 1 if hook.failures else AT_ONCE
        bounds = {"now": now, "until": now + LEASE, "size": size}
        ids = (await session.scalars(sql.CLAIMED, {"id": hook.id, **bounds})).all()
        values = {"id": hook.id, "kind": hook.kind, "area": area, "ids": list(ids)}
        return (await session.execute(sql.STANDING, values)).all() if ids else []

    async def _reset(self, hook: Webhook, reason: Reset) -> int:
        """Post the reset that is due; nothing else is sent before it is taken."""
        opened = opening(hook.kind, 0, hook.epoch, hook.course)
        body = reset_message(opened, reason, source_of(self.service), self.clock())
        attempt = await self._post(hook, NO_RECORD, 0, body)
        async with self.sessions.begin() as session:
            row = await self._still(session, hook)
            if row is None:
                return 0
            if attempt.fault is None:
                row.reset, row.failures, row.resumes_at = None, 0, None
                row.taken_at = self.clock()
            else:
                _put_off(row, self.clock())
                log.info("webhook takes no reset", webhook=str(row.id), fault=attempt.fault)
        return int(attempt.fault is None)

    async def _attempt(self, hook: Webhook, row: Row[Any]) -> Attempt:
        return await self._post(hook, row.record_id, row.change_number, self._message(hook, row))

    async def _post(self, hook: Webhook, record: UUID, number: int, body: bytes) -> Attempt:
        try:
            status = await self.post(hook.url, body, self._headers(hook, body))
        except OutsideError as fault:
            return Attempt(record, number, str(fault)[:100], True)
        if 200 <= status < 300:
            return Attempt(record, number, None, False)
        is_down = status >= 500 or status in TRANSIENT
        return Attempt(record, number, str(status), is_down)

    def _message(self, hook: Webhook, row: Row[Any]) -> bytes:
        """A row of the exchange, with its resource and its place before it."""
        batch = batch_name(hook.epoch, row.change_number)
        source = source_of(self.service)
        columns = technical(hook.kind, row, row.change_number - 1, batch, source)
        start = orjson.dumps(opening(hook.kind, row.change_number, hook.epoch, hook.course))
        return b"%b,%b" % (start[:-1], json_row(hook.kind, row, columns)[1:])

    def _headers(self, hook: Webhook, body: bytes) -> dict[str, str]:
        """Signed as calls to us are, under the webhook's id and its own secret."""
        parts = urlsplit(hook.url)
        now = int(self.clock().timestamp() * 1000)
        stamp = Stamp(str(hook.id), now, secrets.token_urlsafe(16), SignMethod.HMAC_SM3)
        secret = self.keys.fields.open(hook.secret, context=context_of(hook.id)).encode()
        call = Call("POST", parts.path or "/", parts.query, body)
        return {"Content-Type": "application/json", **signed_headers(call, stamp, secret)}

    async def _still(self, session: AsyncSession, sent: Webhook) -> Webhook | None:
        """The webhook, locked; None when it is gone, or has begun anew since this was sent."""
        hook = await session.get(Webhook, sent.id, with_for_update=True)
        return hook if hook is not None and hook.course == sent.course else None

    async def _settle(self, sent: Webhook, attempts: Sequence[Attempt]) -> None:
        """Forget what was taken, put the rest off; what is new meanwhile goes out next."""
        now = self.clock()
        async with self.sessions.begin() as session:
            hook = await self._still(session, sent)
            if hook is None:
                return
            for attempt in attempts:
                values = {"id": hook.id, "record_id": attempt.record_id, "now": now}
                values |= {"sent": attempt.change_number, "fault": attempt.fault}
                if attempt.fault is None:
                    await session.execute(sql.TAKEN, values)
                    await session.execute(sql.RELEASED, values)
                else:
                    await session.execute(sql.PUT_OFF, values | _PAUSES)
            if all(attempt.is_addressee_down for attempt in attempts):
                _put_off(hook, now)
                log.info("webhook does not answer", webhook=str(hook.id), times=hook.failures)
            else:
                hook.failures, hook.resumes_at = 0, None
            if any(attempt.fault is None for attempt in attempts):
                hook.taken_at = now


def _put_off(hook: Webhook, now: datetime) -> None:
    hook.failures += 1
    hook.resumes_at = now + pause(hook.failures)


_PAUSES: Final = {
    "pauses": [pause(failures) for failures in range(1, ATTEMPTS + 1)],
    "attempts": ATTEMPTS,
}
