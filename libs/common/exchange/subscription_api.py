"""Subscriptions over HTTP: `/v1/subscriptions`, the same in every service."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import subscriptions as contracts
from common.contracts.base import Page
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.exchange import subscriptions
from common.exchange.subscription_rules import (
    AlreadyRequested,
    NotSharedOnCondition,
    SubscriptionCannotMove,
    SubscriptionLapsed,
)
from common.exchange.tables import DataSubscription
from common.feed.kinds import FeedKind
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute

Reader = Annotated[Actor, needs(Permission.SUBSCRIPTION_READ)]
App = Annotated[Actor, needs(Permission.SUBSCRIPTION_REQUEST)]
Office = Annotated[Actor, needs(Permission.SUBSCRIPTION_APPROVE)]
_PREFIX: Final = "/v1/subscriptions"
_TAGS: Final[list[str | Enum]] = ["subscriptions"]
CONSTRAINTS: Final = {
    "uq_data_subscription_live": AlreadyRequested,
    "uq_data_subscription_active": AlreadyRequested,
}
_MOVING: Final = problems(
    NotFound, PreconditionFailed, PreconditionRequired, SubscriptionCannotMove
)
_TAKING_UP: Final = problems(
    *(NotFound, PreconditionFailed, PreconditionRequired),
    *(SubscriptionCannotMove, SubscriptionLapsed),
)


router: Final = APIRouter(prefix=_PREFIX, tags=_TAGS, route_class=TransactionRoute)


def asking_router(kinds: Sequence[FeedKind]) -> APIRouter:
    """Asking for what a service shares on condition."""
    served = frozenset(kind.name for kind in kinds if kind.area_of is not None)
    asking = APIRouter(prefix=_PREFIX, tags=_TAGS, route_class=TransactionRoute)

    @asking.post(
        "", status_code=201, responses=problems(AlreadyRequested, NotSharedOnCondition, OutOfArea)
    )
    async def request(
        wish: contracts.SubscriptionIn, session: Session, actor: App, now: Now, response: Response
    ) -> contracts.Subscription:
        """申请有条件共享的资源 / Ask for a resource that is shared on condition.

        已有一项有效时即可申请下一项（续期、改辖区）。
        Also while one is in force: to renew it, or for another area.
        """
        row = await subscriptions.request(session, wish, served, by=actor, now=now)
        response.headers["Location"] = f"subscriptions/{row.id}"
        return _answer(row, response, now)

    return asking


@router.get("", responses=problems(BadPageToken))
async def list_subscriptions(
    session: Session,
    actor: Reader,
    now: Now,
    status: contracts.SubscriptionStatus | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[contracts.Subscription]:
    """数据申请：应用看自己的，办公室看本辖区的 / An app's own; an office's by its area."""
    rows = await subscriptions.page(session, actor, status, after=id_after(after), limit=limit)
    shown = [contracts.Subscription(**subscriptions.shown(row, now)) for row in rows]
    return Page[contracts.Subscription](**page(shown, limit, lambda row: (row.id,)))


@router.get("/{subscription_id}", responses=problems(NotFound))
async def read(
    subscription_id: UUID, session: Session, actor: Reader, now: Now, response: Response
) -> contracts.Subscription:
    """一项数据申请 / One subscription."""
    return _answer(await subscriptions.found(session, subscription_id, actor), response, now)


async def _move(subscription_id: UUID, version: IfMatch, now: Now) -> subscriptions.Move:
    """The step that is asked for."""
    return subscriptions.Move(subscription_id, version, now)


Move = Annotated[subscriptions.Move, Depends(_move)]


@router.post("/{subscription_id}/approval", responses=_MOVING)
async def approve(
    move: Move, terms: contracts.ApprovalIn, session: Session, actor: Office, response: Response
) -> contracts.Subscription:
    """批准，附使用条件与有效期 / Approve, on conditions and for a time."""
    row = await subscriptions.approve(session, move, terms, by=actor)
    return _answer(row, response, move.now)


@router.post("/{subscription_id}/return", responses=_MOVING)
async def send_back(
    move: Move, why: contracts.ReasonIn, session: Session, actor: Office, response: Response
) -> contracts.Subscription:
    """退回，说明理由 / Return the request, with a reason."""
    row = await subscriptions.send_back(session, move, why.reason, by=actor)
    return _answer(row, response, move.now)


@router.post("/{subscription_id}/termination", responses=_MOVING)
async def terminate(
    move: Move, why: contracts.ReasonIn, session: Session, actor: Office, response: Response
) -> contracts.Subscription:
    """终止共享，即刻生效 / End it at once, with a reason."""
    row = await subscriptions.end(session, move, why.reason, by=actor)
    return _answer(row, response, move.now)


@router.post("/{subscription_id}/acceptance", responses=_TAKING_UP)
async def subscribe(
    move: Move, session: Session, actor: App, response: Response
) -> contracts.Subscription:
    """接受条件并订阅，此后可拉取 / Accept the conditions and subscribe.

    原有的有效订阅随即由它接替，数据不中断。
    It takes the place of the one in force, at once and without a gap.
    """
    row = await subscriptions.subscribe(session, move, by=actor)
    return _answer(row, response, move.now)


@router.post("/{subscription_id}/withdrawal", responses=_MOVING)
async def withdraw(
    move: Move, why: contracts.ReasonIn, session: Session, actor: App, response: Response
) -> contracts.Subscription:
    """撤回申请或退订 / Withdraw the request, or unsubscribe."""
    row = await subscriptions.end(session, move, why.reason, by=actor)
    return _answer(row, response, move.now)


def _answer(row: DataSubscription, response: Response, now: datetime) -> contracts.Subscription:
    tag(response, row.version)
    return contracts.Subscription(**subscriptions.shown(row, now))
