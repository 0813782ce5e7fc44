"""Webhooks as records: registered by an app, looked at, taken away; dead letters put back."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.auth.portal_app import new_secret
from common.auth.roles import ActorKind
from common.clients.outside import Reach, checked_address
from common.clock import city_day
from common.contracts.webhooks import DeliveryState, HookStart, WebhookIn
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.errors import Conflict, NotFound, Text
from common.exchange.courses import next_course
from common.exchange.reading import HEAD
from common.exchange.subscription_rules import NotSharedOnCondition
from common.exchange.subscriptions import area_in_force
from common.exchange.tables import Webhook, WebhookDelivery
from common.feed.faults import NoSuchFeed
from common.feed.kinds import FeedKind
from common.ids import uuid7
from common.turns import take_turn

MOST: Final = 20
_WHAT: Final = Text("回调", "webhook")


class TooManyWebhooks(Conflict):
    """An app has as many webhooks as it may have."""

    slug = "too-many-webhooks"
    title = Text("回调数量已满", "Too many webhooks")
    detail = Text(
        "每个应用最多 {most} 个回调，请先删除不用的。", "An app has {most} webhooks at most."
    )


async def register(
    session: AsyncSession,
    keys: Keys,
    wish: WebhookIn,
    served: Mapping[str, FeedKind],
    *,
    reach: Reach,
    by: Actor,
    now: datetime,
) -> tuple[Webhook, str]:
    """Keep an address and make its secret. What is shared on condition needs its subscription."""
    kind = served.get(wish.kind)
    if kind is None:
        raise NoSuchFeed(kind=wish.kind)
    checked_address(wish.url, reach)
    area = await _readable(session, kind, by, now)
    await take_turn(session, "webhook", by.issuer, by.subject)
    held = select(func.count()).select_from(Webhook).where(_visible(by))
    if (await session.scalar(held) or 0) >= MOST:
        raise TooManyWebhooks(most=MOST)
    head = (await session.execute(HEAD, {"kind": kind.name})).one_or_none()
    from_now = head is not None and wish.start is HookStart.NOW
    secret, key = new_secret(), uuid7()
    row = Webhook(
        id=key,
        app_issuer=by.issuer,
        app=by.subject,
        app_area=by.area,
        kind=kind.name,
        url=wish.url,
        secret=keys.fields.seal(secret, context=context_of(key)),
        epoch=head.epoch if head else "",
        position=head.last_number if head and from_now else 0,
        purged=head.purged_through if head else 0,
        area=area,
        course=next_course(0, now),  # later than those of a webhook that this one replaces
        failures=0,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    note(session, row, by, "register")
    return row, secret


async def remove(session: AsyncSession, webhook_id: UUID, *, by: Actor) -> None:
    """Take an address away with all that waits for it."""
    row = await found(session, webhook_id, by)
    await session.execute(delete(Webhook).where(Webhook.id == row.id))
    note(session, row, by, "remove")


async def change_secret(
    session: AsyncSession,
    keys: Keys,
    webhook_id: UUID,
    *,
    overlap: timedelta,
    by: Actor,
    now: datetime,
) -> tuple[Webhook, str]:
    """Make the next secret. The present one signs until the overlap ends, one before it no more.

    The receiver is who verifies: it takes both meanwhile, and the present one alone before.
    """
    row = await found(session, webhook_id, by, lock=True)
    secret = new_secret()
    take_over(row, now)
    row.next_secret = keys.fields.seal(secret, context=context_of(row.id))
    row.next_secret_from = now + overlap
    note(session, row, by, "change_secret", next_secret_from=row.next_secret_from.isoformat())
    take_over(row, now)
    return row, secret


def take_over(row: Webhook, now: datetime) -> None:
    """Let the next secret sign from its time on; the row is locked."""
    if row.next_secret is not None and row.next_secret_from and row.next_secret_from <= now:
        row.secret, row.next_secret, row.next_secret_from = row.next_secret, None, None


async def replay(session: AsyncSession, webhook_id: UUID, *, by: Actor, now: datetime) -> int:
    """Put the dead letters back, and let the address be tried at once; how many they were."""
    row = await found(session, webhook_id, by, lock=True)  # before its deliveries, as in sending
    dead = WebhookDelivery
    back = await session.scalars(
        update(dead)
        .where(dead.webhook_id == row.id, dead.is_dead)
        .values(is_dead=False, attempts=0, retry_at=now)
        .returning(dead.record_id)
    )
    count = len(back.all())
    row.resumes_at = None
    note(session, row, by, "replay", replayed=count)
    return count


async def found(
    session: AsyncSession, webhook_id: UUID, by: Actor, *, lock: bool = False
) -> Webhook:
    """A webhook that is the caller's business."""
    statement = select(Webhook).where(Webhook.id == webhook_id, _visible(by))
    row = await session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound(what=_WHAT, key=webhook_id)
    return row


async def page(
    session: AsyncSession, by: Actor, *, after: UUID | None, limit: int
) -> Sequence[Webhook]:
    """The caller's webhooks, oldest first, and one more than asked for."""
    statement = select(Webhook).where(_visible(by)).order_by(Webhook.id).limit(limit + 1)
    if after is not None:
        statement = statement.where(Webhook.id > after)
    return (await session.scalars(statement)).all()


async def deliveries(
    session: AsyncSession,
    row: Webhook,
    state: DeliveryState | None,
    *,
    after: UUID | None,
    limit: int,
) -> Sequence[WebhookDelivery]:
    """What an address has not taken yet, in order of records."""
    it = WebhookDelivery
    statement = select(it).where(it.webhook_id == row.id).order_by(it.record_id).limit(limit + 1)
    if state is not None:
        statement = statement.where(it.is_dead.is_(state is DeliveryState.DEAD))
    if after is not None:
        statement = statement.where(it.record_id > after)
    return (await session.scalars(statement)).all()


async def shown(session: AsyncSession, rows: Sequence[Webhook]) -> list[dict[str, Any]]:
    """What the wire models are made of, with the counts of what waits."""
    it = WebhookDelivery
    counts = await session.execute(
        select(it.webhook_id, it.is_dead, func.count().label("held"))
        .where(it.webhook_id.in_([row.id for row in rows]))
        .group_by(it.webhook_id, it.is_dead)
    )
    held = {(each.webhook_id, each.is_dead): each.held for each in counts}
    names = (
        *("id", "app", "kind", "url", "position", "course", "reset"),
        *("failures", "resumes_at", "taken_at", "next_secret_from", "created_at"),
    )
    return [
        {
            **{name: getattr(row, name) for name in names},
            "waiting": held.get((row.id, False), 0),
            "dead": held.get((row.id, True), 0),
        }
        for row in rows
    ]


def note(session: AsyncSession, row: Webhook, by: Actor, verb: str, **facts: Any) -> None:
    """Write a step down in the audit log. The address is no secret, its key is."""
    after = {"kind": row.kind, "app": row.app, "url": row.url, **facts}
    audit.note(session, by, action=f"webhook.{verb}", target=("webhook", row.id), after=after)


def context_of(webhook_id: UUID) -> str:
    """What a secret is bound to."""
    return place("webhook", "secret", webhook_id)


async def _readable(session: AsyncSession, kind: FeedKind, by: Actor, now: datetime) -> str | None:
    """The area that may be told; None: all of it."""
    if kind.public:
        return None
    if kind.area_of is None:
        raise NotSharedOnCondition(kind=kind.name)
    return await area_in_force(session, by, kind.name, None, city_day(now))


def _visible(by: Actor) -> ColumnElement[bool]:
    """An app's own; who operates the system sees all, and nothing of what is sent."""
    if by.kind is ActorKind.APP:
        return (Webhook.app_issuer == by.issuer) & (Webhook.app == by.subject)
    return true()
