"""The life of a bundle. Pure."""

from collections.abc import Mapping
from typing import Final

from common.contracts.registry.bundles import BundleStatus as Status
from common.errors import Conflict, FieldError, Invalid, Text

NEXT: Final[Mapping[Status, frozenset[Status]]] = {
    Status.DRAFT: frozenset({Status.RUNNING, Status.ENDED}),
    Status.RUNNING: frozenset({Status.ENDED}),
    Status.ENDED: frozenset(),
}
NAMES: Final[Mapping[Status, Text]] = {
    Status.DRAFT: Text("拟订", "a draft"),
    Status.RUNNING: Text("运营中", "running"),
    Status.ENDED: Text("已结束", "ended"),
}


class BundleCannotMove(Conflict):
    """The life of a bundle does not have this step."""

    slug = "bundle-cannot-move"
    title = Text("状态不可变更", "This step is not possible")
    detail = Text(
        "该组团当前为“{current}”，不能变更为“{target}”。",
        "The bundle is {current} and cannot become {target}.",
    )


class BundleEnded(Conflict):
    """What has ended stays as it was."""

    slug = "bundle-ended"
    title = Text("组团已结束", "The bundle has ended")
    detail = Text("已结束的组团不可修改。", "A bundle that has ended is not edited.")


class RunElsewhere(Conflict):
    """Another running bundle holds the offering or venue."""

    slug = "run-elsewhere"
    title = Text("已在其他组团运营", "Run by another bundle")
    detail = Text(
        "其中的服务或载体已由另一运营中的组团运营；请先从该组团移出，或结束该组团。",
        "Another running bundle holds an offering or venue of it; take it out there, or end that.",
    )


class BundleIncomplete(Invalid):
    """The step asks for more than is known."""

    slug = "bundle-incomplete"
    title = Text("内容不完整", "Not complete enough")


def move(
    current: str, target: Status, *, has_operator: bool, has_members: bool, reason: str | None
) -> Status:
    """The new status: it runs with an operator and something to run, and ends for a reason."""
    if target not in NEXT[Status(current)]:
        raise BundleCannotMove(current=NAMES[Status(current)], target=NAMES[target])
    if target is Status.RUNNING:
        must_run(has_operator=has_operator, has_members=has_members)
    if target is Status.ENDED and reason is None:
        why = FieldError("/reason", None, Text("须说明原因", "say why it ends"))
        raise BundleIncomplete(errors=[why])
    return target


def must_run(*, has_operator: bool, has_members: bool) -> None:
    """What runs has an operator and something to run. Raises `BundleIncomplete`."""
    errors = []
    if not has_operator:
        needed = Text("运营须有一个运营单位", "one operator is needed")
        errors.append(FieldError("/operator_id", None, needed))
    if not has_members:
        needed = Text("须有服务或载体", "an offering or a venue is needed")
        errors.append(FieldError("/offering_ids", None, needed))
    if errors:
        raise BundleIncomplete(errors=errors)
