"""The life of a collective need: which step may follow which. Pure."""

from collections.abc import Mapping
from typing import Final

from common.contracts.matching import CollectiveNeedStatus as Status
from common.contracts.shapes import SMALLEST_FIGURE
from common.errors import Conflict, FieldError, Invalid, Text

NEXT: Final[Mapping[Status, frozenset[Status]]] = {
    Status.OPEN: frozenset({Status.CLAIMED, Status.ANSWERED, Status.TO_PURCHASE, Status.CLOSED}),
    Status.CLAIMED: frozenset({Status.OPEN, Status.ANSWERED, Status.TO_PURCHASE, Status.CLOSED}),
    Status.TO_PURCHASE: frozenset({Status.OPEN, Status.ANSWERED, Status.CLOSED}),
    Status.ANSWERED: frozenset({Status.OPEN, Status.CLOSED}),
    Status.CLOSED: frozenset(),
}
NAMES: Final[Mapping[Status, Text]] = {
    Status.OPEN: Text("待回应", "open"),
    Status.CLAIMED: Text("已认领", "claimed"),
    Status.ANSWERED: Text("已回应", "answered"),
    Status.TO_PURCHASE: Text("转购买", "on the way to a purchase"),
    Status.CLOSED: Text("已办结", "closed"),
}
# When each status began; going back to `open` forgets them.
TIMES: Final[Mapping[Status, str]] = {
    Status.CLAIMED: "claimed_at",
    Status.ANSWERED: "answered_at",
    Status.TO_PURCHASE: "to_purchase_at",
    Status.CLOSED: "closed_at",
}


class CollectiveNeedCannotMove(Conflict):
    """The life of a collective need does not have this step."""

    slug = "collective-need-cannot-move"
    title = Text("状态不可变更", "This step is not possible")
    detail = Text(
        "该共性需求当前为“{current}”，不能变更为“{target}”。",
        "The collective need is {current} and cannot become {target}.",
    )


class CollectiveNeedSettled(Conflict):
    """What is answered or closed is not rewritten."""

    slug = "collective-need-settled"
    title = Text("已回应，不可修改", "It is settled")
    detail = Text(
        "已回应或已办结的共性需求不可修改；如需继续请先重新打开。",
        "What is answered or closed is not edited; open it again first.",
    )


class WrongCollectiveNeed(Invalid):
    """A collective need that no neighbourhood can have."""

    slug = "wrong-collective-need"
    title = Text("共性需求内容有误", "The collective need has faults")


def move(current: str, target: Status) -> Status:
    """The new status. Raises `CollectiveNeedCannotMove`."""
    if target not in NEXT[Status(current)]:
        raise CollectiveNeedCannotMove(current=NAMES[Status(current)], target=NAMES[target])
    return target


def must_be_open(current: str) -> None:
    """Refuse an edit of what is settled. Raises `CollectiveNeedSettled`."""
    if current in {Status.ANSWERED, Status.CLOSED}:
        raise CollectiveNeedSettled


def check_area(area_code: str) -> None:
    """A neighbourhood or a town has it, never a district. Raises `WrongCollectiveNeed`."""
    if area_code.endswith("000000"):
        message = Text("须为居村或街镇的代码", "must be a neighbourhood or a town")
        raise WrongCollectiveNeed(errors=[FieldError("/area_code", area_code, message)])


def published_persons(persons: int) -> int | None:
    """The figure that everybody may see: none below ten people."""
    return persons if persons >= SMALLEST_FIGURE else None
