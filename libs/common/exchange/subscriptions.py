"""Subscriptions: asked for by an app, decided by the office of the area, taken up, ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, false, select
from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor, OutOfArea, is_area
from common.auth.roles import ActorKind
from common.clock import city_day
from common.contracts.catalogue import Sharing
from common.contracts.subscriptions import ApprovalIn, SubscriptionIn, SubscriptionStatus
from common.edge import must_match
from common.errors import FieldError, Invalid, NotFound, Text
from common.exchange import subscription_rules as rules
from common.exchange.tables import DataSubscription
from common.ids import uuid7

_WHAT: Final = Text("数据申请", "subscription")
_NOUN: Final = "subscription"
LAPSED: Final = "有效期已过，另行申请 / lapsed, asked for anew"
REPLACED: Final = "由新的申请 {} 接替 / replaced by a newer one"


@dataclass(frozen=True, slots=True)
class Move:
    """A step that is asked for: of which subscription, from which version, when."""

    subscription_id: UUID
    version: int
    now: datetime


async def request(
    session: AsyncSession, wish: SubscriptionIn, served: frozenset[str], *, by: Actor, now: datetime
) -> DataSubscription:
    """Ask for a resource within the app's own area, also while a grant of it is in force."""
    if wish.kind not in served or rules.sharing_of(wish.kind) is not Sharing.CONDITIONAL:
        raise rules.NotSharedOnCondition(kind=str(wish.kind))
    by.must_cover(wish.area)
    for old in await _others(session, by, str(wish.kind)):
        if rules.has_lapsed(old.status, old.valid_to, city_day(now)):
            await _ended(session, old, LAPSED, by=by, now=now)
    row = DataSubscription(
        id=uuid7(),
        app_issuer=by.issuer,
        app=by.subject,
        **wish.model_dump(mode="json"),
        status=SubscriptionStatus.REQUESTED,
        requested_at=now,
        version=1,
    )
    session.add(row)
    await session.flush()
    note(session, row, by, "request", reason=wish.purpose)
    return row


async def approve(
    session: AsyncSession, move: Move, terms: ApprovalIn, *, by: Actor
) -> DataSubscription:
    """Grant a request on conditions, for a time. The app still has to accept."""
    row = await _moved(session, move, SubscriptionStatus.APPROVED, by)
    if terms.valid_to <= city_day(move.now):
        wrong = Text("应晚于今日", "must be after today")
        raise Invalid(errors=[FieldError("/valid_to", terms.valid_to, wrong)])
    row.valid_to, row.conditions = terms.valid_to, terms.conditions
    row.decided_at, row.decided_by = move.now, by.subject
    note(session, row, by, "approve", reason=terms.conditions)
    return row


async def send_back(
    session: AsyncSession, move: Move, reason: str, *, by: Actor
) -> DataSubscription:
    """Refuse a request, with a reason."""
    row = await _moved(session, move, SubscriptionStatus.RETURNED, by)
    row.decided_at, row.decided_by, row.reason = move.now, by.subject, reason
    note(session, row, by, "return", reason=reason)
    return row


async def subscribe(session: AsyncSession, move: Move, *, by: Actor) -> DataSubscription:
    """Accept the conditions: from now on data flow, without a gap after what flowed before."""
    asked = await found(session, move.subscription_id, by, lock=True)
    for old in await _others(session, by, asked.kind):
        if old.id != asked.id and old.status == SubscriptionStatus.ACTIVE:
            await _ended(session, old, REPLACED.format(asked.id), by=by, now=move.now)
    row = await _moved(session, move, SubscriptionStatus.ACTIVE, by)
    if rules.has_lapsed(row.status, row.valid_to, city_day(move.now)):
        raise rules.SubscriptionLapsed(valid_to=row.valid_to)
    row.subscribed_at = move.now
    note(session, row, by, "subscribe")
    return row


async def end(session: AsyncSession, move: Move, reason: str, *, by: Actor) -> DataSubscription:
    """Withdraw it as its app, or end it as the office: the next pull is refused."""
    row = await _moved(session, move, SubscriptionStatus.ENDED, by)
    row.ended_at, row.reason = move.now, reason
    note(session, row, by, "end", reason=reason)
    return row


async def _others(session: AsyncSession, by: Actor, kind: str) -> Sequence[DataSubscription]:
    """What an app has of a resource: granted, taken up or not; locked."""
    row = DataSubscription
    live = (SubscriptionStatus.APPROVED, SubscriptionStatus.ACTIVE)
    statement = select(row).where(
        *(row.app_issuer == by.issuer, row.app == by.subject, row.kind == kind),
        row.status.in_(live),
    )
    return (await session.scalars(statement.order_by(row.id).with_for_update())).all()


async def _ended(
    session: AsyncSession, row: DataSubscription, reason: str, *, by: Actor, now: datetime
) -> None:
    """End what another takes the place of, before that one is written: one at a time is active."""
    row.status = rules.step(SubscriptionStatus(row.status), SubscriptionStatus.ENDED)
    row.ended_at, row.reason = now, reason
    row.version += 1
    await session.flush()
    note(session, row, by, "end", reason=reason)


async def found(
    session: AsyncSession, subscription_id: UUID, by: Actor, *, lock: bool = False
) -> DataSubscription:
    """A subscription that is the caller's business; others are not there for this caller."""
    statement = select(DataSubscription).where(DataSubscription.id == subscription_id, _visible(by))
    row = await session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound(what=_WHAT, key=subscription_id)
    return row


async def page(
    session: AsyncSession,
    by: Actor,
    status: SubscriptionStatus | None,
    *,
    after: UUID | None,
    limit: int,
) -> Sequence[DataSubscription]:
    """The caller's subscriptions, oldest first, and one more than asked for."""
    row = DataSubscription
    statement = select(row).where(_visible(by)).order_by(row.id).limit(limit + 1)
    if status is not None:
        statement = statement.where(row.status == status)
    if after is not None:
        statement = statement.where(row.id > after)
    return (await session.scalars(statement)).all()


async def area_in_force(
    session: AsyncSession, by: Actor, kind: str, wanted: str | None, today: date
) -> str:
    """The area under which an app may pull a resource today. Raises `SubscriptionNeeded`."""
    if rules.sharing_of(kind) is Sharing.NONE:
        raise rules.NotShared(kind=kind)
    row = DataSubscription
    statement = select(row.area, row.status, row.valid_to).where(
        *(row.app_issuer == by.issuer, row.app == by.subject, row.kind == kind),
        row.status == SubscriptionStatus.ACTIVE,
    )
    granted = (await session.execute(statement)).one_or_none()
    if granted is None or not rules.is_in_force(granted.status, granted.valid_to, today):
        raise rules.SubscriptionNeeded(kind=kind)
    area: str = wanted or granted.area
    if not area.startswith(granted.area) or not by.covers(area):
        raise OutOfArea
    return area


def note(
    session: AsyncSession,
    row: DataSubscription,
    by: Actor,
    verb: str,
    *,
    reason: str | None = None,
) -> None:
    """Write a step down in the audit log."""
    after = {"kind": row.kind, "app": row.app, "status": row.status}
    target = (_NOUN, row.id)
    audit.note(
        session,
        by,
        action=f"{_NOUN}.{verb}",
        target=target,
        area=row.area,
        after=after,
        reason=reason,
    )


def shown(row: DataSubscription, now: datetime) -> dict[str, Any]:
    """What the wire model is made of."""
    columns = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    in_force = rules.is_in_force(row.status, row.valid_to, city_day(now))
    return {**columns, "is_in_force": in_force}


async def _moved(
    session: AsyncSession, move: Move, target: SubscriptionStatus, by: Actor
) -> DataSubscription:
    row = await found(session, move.subscription_id, by, lock=True)
    must_match(row.version, move.version)
    row.status = rules.step(SubscriptionStatus(row.status), target)
    row.version += 1
    return row


def _visible(by: Actor) -> ColumnElement[bool]:
    """An app's own; for an office those within its area."""
    row = DataSubscription
    if by.kind is ActorKind.APP:
        return (row.app_issuer == by.issuer) & (row.app == by.subject)
    # A malformed area reaches nothing. What is asked for above an area is not its to grant.
    return row.area.startswith(str(by.area)) if is_area(by.area) else false()
