"""The life of a collective need: which step may follow which. Pure."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from common.contracts.matching import CollectiveNeedStatus as Status
from common.contracts.matching_collective import Claim
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


def must_be_claimed(current: str) -> None:
    """Only a claim is given back. Raises `CollectiveNeedCannotMove`."""
    if current != Status.CLAIMED:
        raise CollectiveNeedCannotMove(current=NAMES[Status(current)], target=NAMES[Status.OPEN])


def must_be_open(current: str) -> None:
    """Refuse an edit of what is settled. Raises `CollectiveNeedSettled`."""
    if current in {Status.ANSWERED, Status.CLOSED}:
        raise CollectiveNeedSettled


def check_area(area_code: str) -> None:
    """A neighbourhood or a town has it, never a district. Raises `WrongCollectiveNeed`."""
    if area_code.endswith("000000"):
        message = Text("须为居村或街镇的代码", "must be a neighbourhood or a town")
        raise WrongCollectiveNeed(errors=[FieldError("/area_code", area_code, message)])


def check_pledge(
    claim: Claim, need_id: UUID, pledge: Mapping[str, Any] | None, answers: str | None
) -> None:
    """A pledge is one that the registry publishes, of the claimant, for no other need.

    `answers` is the number of the need that it was claimed for already, if it was.

    Raises `WrongCollectiveNeed`. Who has just pledged waits a moment, or claims without it.
    """
    told = None
    if pledge is None:
        told = Text(
            "资源库没有公布过这一资源认领；刚登记的请稍后重试，或先不填 pledge_id",
            "the registry publishes no such pledge; if it is new, try again in a moment, or leave "
            "pledge_id out",
        )
    elif pledge["organisation_id"] not in {None, str(claim.organisation_id)}:
        told = Text(
            "该资源认领属于其他单位，应为 organisation_id 所指单位的",
            "it is another organisation's pledge; name one of organisation_id",
        )
    elif pledge["collective_need_id"] not in {None, str(need_id)}:
        told = Text(
            "该资源认领用于其他共性需求，应为本需求的或尚未指定需求的",
            "it answers another collective need; name one for this need or for none yet",
        )
    elif answers is not None:
        told = Text(
            f"该资源认领已用于共性需求 {answers}；请另登记一项资源认领，或先将其退回",
            f"it answers the collective need {answers} already; pledge another, or have that claim "
            "released first",
        )
    if told is not None:
        wrong = FieldError("/pledge_id", str(claim.pledge_id), told)
        raise WrongCollectiveNeed(errors=[wrong])


def published_persons(persons: int) -> int | None:
    """The figure that everybody may see: none below ten people."""
    return persons if persons >= SMALLEST_FIGURE else None
