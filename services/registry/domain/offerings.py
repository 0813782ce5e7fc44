"""The life of offerings and service items: which step may follow which, and what publishing asks.

Pure. Money is integer fen.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from common.contracts.registry.offerings import OfferingStatus as Status
from common.contracts.registry.service_items import ItemStatus
from common.contracts.vocabulary import Channel, PriceKind
from common.errors import Conflict, FieldError, Invalid, Text

NEXT: Final[Mapping[Status, frozenset[Status]]] = {
    Status.DRAFT: frozenset({Status.PUBLISHED, Status.RETIRED}),
    Status.PUBLISHED: frozenset({Status.SUSPENDED, Status.RETIRED}),
    Status.SUSPENDED: frozenset({Status.PUBLISHED, Status.RETIRED}),
    Status.RETIRED: frozenset(),
}
NEXT_ITEM: Final[Mapping[ItemStatus, frozenset[ItemStatus]]] = {
    ItemStatus.DRAFT: frozenset({ItemStatus.PUBLISHED, ItemStatus.RETIRED}),
    ItemStatus.PUBLISHED: frozenset({ItemStatus.RETIRED}),
    ItemStatus.RETIRED: frozenset(),
}
STATUS_NAMES: Final[Mapping[str, Text]] = {
    "draft": Text("草稿", "a draft"),
    "published": Text("已发布", "published"),
    "suspended": Text("已暂停", "suspended"),
    "retired": Text("已终止", "retired"),
}


class CannotMove(Conflict):
    """The life cycle does not have this step."""

    slug = "cannot-move"
    title = Text("状态不可变更", "This step is not possible")
    detail = Text(
        "当前状态为“{current}”，不能变更为“{target}”。",
        "What is {current} cannot become {target}.",
    )


class Incomplete(Invalid):
    """Publishing asks for more than a draft has; `errors` lists it."""

    slug = "incomplete"
    title = Text("内容不完整，不能发布", "Not complete enough to publish")
    detail = Text("发布前须补全：{missing}。", "Missing before publication: {missing}.")


class ProviderDissolved(Conflict):
    """Nobody is there to offer it."""

    slug = "provider-dissolved"
    title = Text("提供机构已注销", "The provider is dissolved")
    detail = Text(
        "提供机构已注销，请先改由现存机构提供。",
        "The provider is dissolved; name one that stands first.",
    )


class ReasonNeeded(Invalid):
    """Suspending and retiring are explained to those who relied on it."""

    slug = "reason-needed"
    title = Text("须说明原因", "A reason is needed")
    detail = Text("暂停或终止须说明原因。", "Suspending or retiring needs a reason.")


class Retired(Conflict):
    """What is retired is kept as it was."""

    slug = "retired"
    title = Text("已终止，不可修改", "Retired")
    detail = Text("已终止的记录不可修改。", "A retired record is not edited.")


class WrongOffering(Invalid):
    """Parts of an offering that contradict each other."""

    slug = "wrong-offering"
    title = Text("服务内容前后矛盾", "The offering contradicts itself")


_ASKED: Final[Mapping[str, Text]] = {
    "provider_id": Text("提供机构", "provider"),
    "channels": Text("服务方式", "channels"),
    "price_kind": Text("价格类型", "price kind"),
    "price_fen": Text("价格", "price"),
    "responsible_department_id": Text("责任部门", "responsible department"),
    "venue_id": Text("载体（到点服务）", "venue (for service on site)"),
    "schedule": Text("服务时间（载体无开放时间）", "schedule (the venue has no hours)"),
}
_ASKED_OF_ITEMS: Final[Mapping[str, Text]] = {
    "responsible_department_id": Text("责任部门", "responsible department"),
    "valid_from": Text("生效日期", "first day of validity"),
}


def move(current: str, target: Status, reason: str | None) -> Status:
    """The new status. Raises `CannotMove` or `ReasonNeeded`."""
    if target not in NEXT[Status(current)]:
        raise CannotMove(current=STATUS_NAMES[current], target=STATUS_NAMES[target])
    if target in {Status.SUSPENDED, Status.RETIRED} and not reason:
        message = Text("须填写", "needed")
        raise ReasonNeeded(errors=[FieldError("/reason", reason, message)])
    return target


def move_item(current: str, target: ItemStatus) -> ItemStatus:
    """The new status of a service item. Raises `CannotMove`."""
    if target not in NEXT_ITEM[ItemStatus(current)]:
        raise CannotMove(current=STATUS_NAMES[current], target=STATUS_NAMES[target])
    return target


def missing(offering: Mapping[str, Any], *, venue_has_hours: bool) -> list[str]:
    """The fields that publishing asks for and the offering lacks, in the order of the form.

    On-site service needs a venue, and hours of its own or of the venue; whoever promises a service
    names its provider, its price (free is a price) and the department that answers for it.
    """
    wanted = ["provider_id", "channels", "price_kind", "price_fen", "responsible_department_id"]
    on_site = Channel.ON_SITE in (offering["channels"] or ())
    if on_site:
        wanted.append("venue_id")
        if offering["venue_id"] is not None and not venue_has_hours:
            wanted.append("schedule")
    return [name for name in wanted if offering[name] in (None, [])]


def must_be_complete(offering: Mapping[str, Any], *, venue_has_hours: bool) -> None:
    """Refuse to publish what is incomplete. Raises `Incomplete` naming what is missing."""
    _refuse_missing(missing(offering, venue_has_hours=venue_has_hours), _ASKED)


def must_have_a_provider(provider_id: UUID | None, standing: Collection[UUID]) -> None:
    """Refuse to publish what a body offers that is no more. Raises `ProviderDissolved`."""
    if provider_id not in standing:
        told = FieldError("/provider_id", str(provider_id), ProviderDissolved.title)
        raise ProviderDissolved(errors=[told])


def item_must_be_complete(item: Mapping[str, Any]) -> None:
    """Refuse to publish a service item without a department or a first day."""
    _refuse_missing([name for name in _ASKED_OF_ITEMS if item[name] is None], _ASKED_OF_ITEMS)


def _refuse_missing(names: list[str], asked: Mapping[str, Text]) -> None:
    if names:
        listed = Text(
            "、".join(asked[name].zh for name in names), ", ".join(asked[name].en for name in names)
        )
        wrong = Text("发布前须填写", "needed before publication")
        raise Incomplete(
            missing=listed, errors=[FieldError(f"/{name}", None, wrong) for name in names]
        )


def price_faults(kind: str | None, fen: int | None, unit: str | None) -> Iterator[FieldError]:
    """Free costs nothing, everything else costs something per unit."""
    if kind is None and fen is not None:
        yield FieldError("/price_kind", kind, Text("有价格须注明价格类型", "a price has a kind"))
    if kind == PriceKind.FREE and fen != 0:
        yield FieldError("/price_fen", fen, Text("免费服务价格须为 0", "what is free costs 0 fen"))
    if kind in {PriceKind.PUBLIC, PriceKind.MARKET} and fen == 0:
        message = Text("价格为 0 请将类型改为免费", "what costs 0 fen is of the kind free")
        yield FieldError("/price_kind", kind, message)
    if fen and not unit:
        yield FieldError("/price_unit", unit, Text("须注明计价单位，如 次", "a price has a unit"))


def capacity_faults(
    capacity: int | None, unit: str | None, period: str | None
) -> Iterator[FieldError]:
    """Capacity, unit and period are given together."""
    parts = {"capacity": capacity, "capacity_unit": unit, "capacity_period": period}
    lacking = [name for name, value in parts.items() if value is None]
    if 0 < len(lacking) < len(parts):
        message = Text("容量、单位、周期须同时填写", "capacity, unit and period go together")
        yield from (FieldError(f"/{name}", None, message) for name in lacking)


def check(offering: Mapping[str, Any]) -> None:
    """Refuse an offering, draft or not, whose parts contradict each other."""
    found = [
        *price_faults(offering["price_kind"], offering["price_fen"], offering["price_unit"]),
        *capacity_faults(
            offering["capacity"], offering["capacity_unit"], offering["capacity_period"]
        ),
    ]
    channels = offering["channels"] or []
    if len(set(channels)) < len(channels):
        found.append(
            FieldError("/channels", channels, Text("服务方式重复", "a channel stands twice"))
        )
    if found:
        raise WrongOffering(errors=found)
