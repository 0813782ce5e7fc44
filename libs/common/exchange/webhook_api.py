"""Webhooks over HTTP: `/v1/webhooks`, the same in every service."""

from collections.abc import Sequence
from datetime import timedelta
from enum import Enum
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Response
from starlette.requests import Request

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.clients.outside import AddressNotPublic, Reach
from common.contracts import webhooks as contracts
from common.contracts.base import Page
from common.edge import KeyRing, Now, Session
from common.errors import NotFound, problems
from common.exchange import webhooks
from common.exchange.subscription_rules import NotSharedOnCondition, SubscriptionNeeded
from common.exchange.tables import WebhookDelivery
from common.feed.faults import NoSuchFeed
from common.feed.kinds import FeedKind
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute

Reader = Annotated[Actor, needs(Permission.WEBHOOK_READ)]
App = Annotated[Actor, needs(Permission.WEBHOOK_WRITE)]
Remover = Annotated[Actor, needs(Permission.WEBHOOK_REMOVE)]
Operator = Annotated[Actor, needs(Permission.WEBHOOK_REPLAY)]


_PREFIX: Final = "/v1/webhooks"
_TAGS: Final[list[str | Enum]] = ["webhooks"]
router: Final = APIRouter(prefix=_PREFIX, tags=_TAGS, route_class=TransactionRoute)


def registering_router(kinds: Sequence[FeedKind]) -> APIRouter:
    """Registering a webhook for what a service has."""
    served = {kind.name: kind for kind in kinds}
    registering = APIRouter(prefix=_PREFIX, tags=_TAGS, route_class=TransactionRoute)

    @registering.post(
        "",
        status_code=201,
        responses=problems(
            *(AddressNotPublic, NoSuchFeed, NotSharedOnCondition),
            *(SubscriptionNeeded, webhooks.TooManyWebhooks),
        ),
    )
    async def register(
        *,
        wish: contracts.WebhookIn,
        request: Request,
        session: Session,
        keys: KeyRing,
        actor: App,
        now: Now,
        response: Response,
    ) -> contracts.WebhookSecret:
        """登记回调，返回签名密钥 / Register a webhook; the answer holds its secret."""
        reach = Reach.told(request.state.settings)
        row, secret = await webhooks.register(
            session, keys, wish, served, reach=reach, by=actor, now=now
        )
        response.headers["Location"] = f"webhooks/{row.id}"
        (shown,) = await webhooks.shown(session, [row])
        return contracts.WebhookSecret(**shown, secret=secret)

    return registering


@router.get("", responses=problems(BadPageToken))
async def list_webhooks(
    session: Session, actor: Reader, after: After = None, limit: Limit = 50
) -> Page[contracts.Webhook]:
    """回调及其状况 / The webhooks, and how they are doing."""
    rows = await webhooks.page(session, actor, after=id_after(after), limit=limit)
    shown = [contracts.Webhook(**each) for each in await webhooks.shown(session, rows)]
    return Page[contracts.Webhook](**page(shown, limit, lambda hook: (hook.id,)))


@router.get("/{webhook_id}", responses=problems(NotFound))
async def read(webhook_id: UUID, session: Session, actor: Reader) -> contracts.Webhook:
    """一个回调 / One webhook."""
    row = await webhooks.found(session, webhook_id, actor)
    (shown,) = await webhooks.shown(session, [row])
    return contracts.Webhook(**shown)


@router.delete("/{webhook_id}", status_code=204, responses=problems(NotFound))
async def remove(webhook_id: UUID, session: Session, actor: Remover) -> None:
    """删除回调 / Take a webhook away, with what waits for it.

    应用删除自己的；系统管理员可删除任何一个，记入审计。
    An app takes its own away, the system administrator any; the audit log tells who did.
    """
    await webhooks.remove(session, webhook_id, by=actor)


@router.post("/{webhook_id}/secret", status_code=201, responses=problems(NotFound))
async def change_secret(
    webhook_id: UUID,
    wish: contracts.SecretIn,
    session: Session,
    keys: KeyRing,
    actor: App,
    now: Now,
) -> contracts.WebhookSecret:
    """更换签名密钥 / Change the secret: a new one, which signs when the overlap is over.

    其间仍由原密钥签名，收方先配好新密钥、两者皆认，`next_secret_from` 起只认新的。
    Meanwhile the present one signs: let the receiver take both, and the new one alone from then on.
    """
    overlap = timedelta(hours=wish.overlap_hours)
    row, secret = await webhooks.change_secret(
        session, keys, webhook_id, overlap=overlap, by=actor, now=now
    )
    (shown,) = await webhooks.shown(session, [row])
    return contracts.WebhookSecret(**shown, secret=secret)


@router.get("/{webhook_id}/deliveries", responses=problems(NotFound, BadPageToken))
async def deliveries(
    *,
    webhook_id: UUID,
    session: Session,
    actor: Reader,
    state: contracts.DeliveryState | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[contracts.Delivery]:
    """待投递与死信 / What waits, and the dead letters."""
    row = await webhooks.found(session, webhook_id, actor)
    rows = await webhooks.deliveries(session, row, state, after=id_after(after), limit=limit)
    shown = [_delivery(each) for each in rows]
    return Page[contracts.Delivery](**page(shown, limit, lambda each: (each.record_id,)))


@router.post("/{webhook_id}/replay", responses=problems(NotFound))
async def replay(webhook_id: UUID, session: Session, actor: Operator, now: Now) -> contracts.Replay:
    """重放死信 / Put the dead letters back; each goes out in its present state."""
    return contracts.Replay(replayed=await webhooks.replay(session, webhook_id, by=actor, now=now))


def _delivery(row: WebhookDelivery) -> contracts.Delivery:
    state = contracts.DeliveryState.DEAD if row.is_dead else contracts.DeliveryState.WAITING
    return contracts.Delivery(
        record_id=row.record_id,
        change_number=row.change_number,
        state=state,
        attempts=row.attempts,
        first_at=row.first_at,
        retry_at=None if row.is_dead else row.retry_at,
        fault=row.fault,
    )
