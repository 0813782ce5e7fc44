"""The life of a pledge: which step may follow which, and what each step asks for. Pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from common.contracts.registry.pledges import PledgeStatus as Status
from common.errors import Conflict, FieldError, Forbidden, Invalid, Text

NEXT: Final[Mapping[Status, frozenset[Status]]] = {
    Status.LEAD: frozenset({Status.VERIFIED, Status.DROPPED}),
    Status.VERIFIED: frozenset({Status.PLEDGED, Status.DROPPED}),
    Status.PLEDGED: frozenset({Status.DELIVERED, Status.DROPPED}),
    Status.DELIVERED: frozenset(),
    Status.DROPPED: frozenset(),
}
ENDED: Final = frozenset({Status.DELIVERED, Status.DROPPED})
PUBLIC: Final = frozenset({Status.PLEDGED, Status.DELIVERED})
NAMES: Final[Mapping[Status, Text]] = {
    Status.LEAD: Text("线索", "a lead"),
    Status.VERIFIED: Text("已核实", "verified"),
    Status.PLEDGED: Text("已认领", "pledged"),
    Status.DELIVERED: Text("已兑现", "delivered"),
    Status.DROPPED: Text("已终止", "dropped"),
}
# What a step asks for: a pledge counts for a registered body, and for certain days.
_ASKED: Final[Mapping[Status, tuple[str, ...]]] = {
    Status.VERIFIED: ("organisation_id",),
    Status.PLEDGED: ("organisation_id", "available_from"),
}
# What a body may still say by itself once the street has checked the rest.
_OPEN: Final = frozenset(
    {"available_from", "available_to", "terms", "contact_name", "contact_phone"}
)


class PledgeCannotMove(Conflict):
    """The life of a pledge does not have this step."""

    slug = "pledge-cannot-move"
    title = Text("状态不可变更", "This step is not possible")
    detail = Text(
        "该资源当前为“{current}”，不能变更为“{target}”。",
        "The resource is {current} and cannot become {target}.",
    )


class PledgeIncomplete(Invalid):
    """The step asks for more than is known."""

    slug = "pledge-incomplete"
    title = Text("内容不完整", "Not complete enough")


class PledgeEnded(Conflict):
    """What is delivered or dropped stays as it was."""

    slug = "pledge-ended"
    title = Text("已办结，不可修改", "It has ended")
    detail = Text("已兑现或已终止的资源不可修改。", "What is delivered or dropped is not edited.")


class VerifiedStays(Forbidden):
    """What the street has checked is changed by the street."""

    slug = "verified-stays"
    title = Text("已核实的内容由街镇修改", "The street changes what it has verified")
    detail = Text(
        "该资源已核实，名称、单位、所在区划、数量等只能由街镇修改；可用日期、约定和联系人仍可自行修改。",
        "It is verified: the street changes what it is, whose, where and how much; days, terms and"
        " contact stay open.",
    )


class WrongPledge(Invalid):
    """Parts of a pledge that contradict each other."""

    slug = "wrong-pledge"
    title = Text("资源内容前后矛盾", "The pledge contradicts itself")


def check(pledge: Mapping[str, Any]) -> None:
    """Refuse a pledge of nobody, of half a quantity, or that ends before it begins."""
    if found := list(_faults(pledge)):
        raise WrongPledge(errors=found)


def _faults(pledge: Mapping[str, Any]) -> Iterator[FieldError]:
    if pledge["organisation_id"] is None and pledge["organisation_name"] is None:
        message = Text("须填写单位标识或单位名称", "the body's id or its name is needed")
        yield FieldError("/organisation_id", None, message)
    if (pledge["quantity"] is None) != (pledge["unit"] is None):
        lacking = "unit" if pledge["unit"] is None else "quantity"
        yield FieldError(
            f"/{lacking}", None, Text("数量与单位须同时填写", "quantity and unit go together")
        )
    begins, ends = pledge["available_from"], pledge["available_to"]
    if ends is not None and (begins is None or ends < begins):
        message = Text("截止不得早于起始", "the last day is not before the first")
        yield FieldError("/available_to", str(ends), message)


def move(current: str, target: Status, pledge: Mapping[str, Any]) -> Status:
    """The new status. Raises `PledgeCannotMove`, or `PledgeIncomplete` naming what is missing."""
    if target not in NEXT[Status(current)]:
        raise PledgeCannotMove(current=NAMES[Status(current)], target=NAMES[target])
    missing = [name for name in _ASKED.get(target, ()) if pledge[name] is None]
    if missing:
        needed = Text("此步骤前须填写", "needed before this step")
        raise PledgeIncomplete(errors=[FieldError(f"/{name}", None, needed) for name in missing])
    return target


def must_stay_verified(current: str, changed: Collection[str], *, may_verify: bool) -> None:
    """Refuse to change what was checked, unless by who may check it. Raises `VerifiedStays`."""
    touched = [name for name in changed if name not in _OPEN]
    if current != Status.LEAD and touched and not may_verify:
        stays = Text("已核实，由街镇修改", "verified; the street changes it")
        raise VerifiedStays(errors=[FieldError(f"/{name}", None, stays) for name in touched])


def must_stay_complete(current: str, pledge: Mapping[str, Any]) -> None:
    """Refuse an edit that takes away what an earlier step asked for. Raises `PledgeIncomplete`."""
    if missing := [name for name in _ASKED.get(Status(current), ()) if pledge[name] is None]:
        kept = Text("当前状态下不可清空", "cannot be emptied in this state")
        raise PledgeIncomplete(errors=[FieldError(f"/{name}", None, kept) for name in missing])
