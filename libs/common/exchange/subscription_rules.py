"""What may become of a subscription, and when data flow under it. Pure.

Source: 《政务数据共享条例》: what is shared on condition is asked for, with purpose and basis, and
granted or refused with a reason; the states are those of catalogues in use (reference china 1.6).
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from common.contracts.catalogue import FACTS, Sharing
from common.contracts.subscriptions import SubscriptionStatus
from common.errors import Conflict, Forbidden, Invalid, Text

S = SubscriptionStatus
NEXT: Final[Mapping[SubscriptionStatus, frozenset[SubscriptionStatus]]] = {
    S.REQUESTED: frozenset({S.APPROVED, S.RETURNED, S.ENDED}),
    S.APPROVED: frozenset({S.ACTIVE, S.ENDED}),
    S.ACTIVE: frozenset({S.ENDED}),
    S.RETURNED: frozenset(),
    S.ENDED: frozenset(),
}
_SHARING: Final = {str(kind): facts.sharing for kind, facts in FACTS.items()}
_WORDS: Final[Mapping[SubscriptionStatus, Text]] = {
    S.REQUESTED: Text("待审核", "requested"),
    S.RETURNED: Text("已退回", "returned"),
    S.APPROVED: Text("待订阅", "approved"),
    S.ACTIVE: Text("已订阅", "active"),
    S.ENDED: Text("失效", "ended"),
}


class SubscriptionCannotMove(Conflict):
    """A step that does not follow from the present state."""

    slug = "subscription-cannot-move"
    title = Text("申请状态不允许", "The subscription cannot move")
    detail = Text(
        "申请当前为{present}，不能变为{target}。",
        "A subscription that is {present} cannot become {target}.",
    )


class NotSharedOnCondition(Invalid):
    """The resource is open already, or not for apps at all."""

    slug = "not-shared-on-condition"
    title = Text("无需或不能申请", "Nothing to subscribe to")
    detail = Text(
        "资源 {kind} 不是可申请的有条件共享资源；共享类型见数据目录。",
        "Resource {kind} is not shared on condition; the catalogue tells how it is shared.",
    )


class SubscriptionNeeded(Forbidden):
    """An app asks for what it has no subscription to."""

    slug = "subscription-needed"
    title = Text("尚未订阅", "A subscription is needed")
    detail = Text(
        "资源 {kind} 为有条件共享：请先申请（POST /v1/subscriptions），获批并订阅后拉取。",
        "Resource {kind} is shared on condition: ask for it (POST /v1/subscriptions) first.",
    )


class NotShared(Forbidden):
    """An app asks for what no app is given."""

    slug = "not-shared"
    title = Text("不予共享", "Not shared")
    detail = Text(
        "资源 {kind} 不予共享，仅供本平台各服务使用。",
        "Resource {kind} is not shared; only the services of this platform read it.",
    )


class AlreadyRequested(Conflict):
    """One request of an app for a resource at a time, beside what is in force."""

    slug = "already-requested"
    title = Text("已有申请", "Asked for already")
    detail = Text(
        "本应用对该资源已有一项待审核或待订阅的申请；请先撤回或订阅。",
        "This app has a request for the resource already; withdraw it or take it up first.",
    )


class SubscriptionLapsed(Conflict):
    """What was granted is over before it was taken up."""

    slug = "subscription-lapsed"
    title = Text("有效期已过", "The grant has lapsed")
    detail = Text(
        "批准的有效期至 {valid_to}（不含），已过；请重新申请。",
        "It was granted until {valid_to}, exclusive, which is over; ask for it again.",
    )


def step(present: SubscriptionStatus, target: SubscriptionStatus) -> SubscriptionStatus:
    """The next state. Raises `SubscriptionCannotMove`."""
    if target not in NEXT[present]:
        raise SubscriptionCannotMove(present=_WORDS[present], target=_WORDS[target])
    return target


def sharing_of(name: str) -> Sharing | None:
    """How a resource is shared; None for one that the catalogue does not know."""
    return _SHARING.get(name)


def is_in_force(status: str, valid_to: date | None, today: date) -> bool:
    """Whether data may be pulled: subscribed, and the last day not reached."""
    return status == S.ACTIVE and valid_to is not None and today < valid_to


def has_lapsed(status: str, valid_to: date | None, today: date) -> bool:
    """Whether the last day of a grant is over, taken up or not: it holds up no new request."""
    return status in (S.APPROVED, S.ACTIVE) and valid_to is not None and today >= valid_to
