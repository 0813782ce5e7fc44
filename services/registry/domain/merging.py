"""Two records made one: which stays, what it takes over, and what an undoing gives back. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from common.contracts.registry.duplicates import DuplicateKind as Kind
from common.contracts.registry.duplicates import DuplicateStatus as Status
from common.errors import Conflict, FieldError, Invalid, Text

# What can be taken over: a name that people choose -> the columns that go together. Columns that
# follow from these (search words, points on the plane, minutes of a week) are made anew.
FIELDS: Final[Mapping[Kind, Mapping[str, tuple[str, ...]]]] = {
    Kind.VENUE: {
        "name": ("name",),
        "kind": ("kind",),
        "address": ("address",),
        "place": ("lon", "lat", "coord_source"),
        "operator_mode": ("operator_mode",),
        "owner_id": ("owner_id",),
        "operator_id": ("operator_id",),
        "floor_area_m2": ("floor_area_m2",),
        "phone": ("phone",),
        "accessibility": ("accessibility",),
        "opening_hours": ("hours",),
    },
    Kind.ORGANISATION: {
        "name": ("name",),
        "short_name": ("short_name",),
        "platform_kind": ("platform_kind",),
        "evaluation_grade": ("evaluation_grade", "grade_valid_from", "grade_valid_to"),
        "supervisor_id": ("supervisor_id",),
        "line": ("line",),
        "address": ("address",),
        "phone": ("phone",),
    },
}
NEXT: Final[Mapping[Status, frozenset[Status]]] = {
    Status.OPEN: frozenset({Status.SAME, Status.DIFFERENT, Status.UNSURE}),
    Status.UNSURE: frozenset({Status.SAME, Status.DIFFERENT}),
    Status.DIFFERENT: frozenset({Status.SAME, Status.UNSURE}),
    Status.SAME: frozenset(),
}
NAMES: Final[Mapping[Status, Text]] = {
    Status.OPEN: Text("待核", "open"),
    Status.UNSURE: Text("存疑", "unsure"),
    Status.SAME: Text("同一", "the same"),
    Status.DIFFERENT: Text("不同", "different"),
}
_EMPTY: Final[tuple[Any, ...]] = (None, [], "")


class DuplicateCannotMove(Conflict):
    """The pair was decided upon, or the decision has no such step."""

    slug = "duplicate-cannot-move"
    title = Text("判定不可变更", "This step is not possible")
    detail = Text(
        "该对记录当前为“{current}”，不能变更为“{target}”；已合并的请先撤销合并。",
        "The pair is {current} and cannot become {target}; undo the merge first if there is one.",
    )


class WrongDecision(Invalid):
    """A decision that lacks something, or names a field that is not taken over."""

    slug = "wrong-decision"
    title = Text("判定内容有误", "The decision does not fit")


class KeepTheCode(Conflict):
    """The record with the credit code or the filing is the one that stays."""

    slug = "keep-the-code"
    title = Text("应保留有代码的记录", "Keep the record with the code")
    detail = Text(
        "并入的记录有统一社会信用代码或备案号而保留的没有；请改为保留有代码的记录。",
        "The record to be retired has a credit code or filing, the kept one has none; keep that.",
    )


class CodesDiffer(Conflict):
    """Two credit codes are two bodies."""

    slug = "codes-differ"
    title = Text("代码不同，不是同一机构", "Different codes, different bodies")
    detail = Text(
        "两个机构的统一社会信用代码不同，不能合并；代码有误的请先更正。",
        "The two have different credit codes and cannot be one; correct a wrong code first.",
    )


class AlreadyMerged(Conflict):
    """One of the two was merged into another record meanwhile."""

    slug = "already-merged"
    title = Text("记录已被合并", "Already merged")
    detail = Text(
        "其中一条记录已并入其他记录，请刷新后再判定。",
        "One of the two has been merged into another record; read the queue again.",
    )


class LaterMergeStands(Conflict):
    """The kept record was itself merged later: that merge is undone first."""

    slug = "later-merge-stands"
    title = Text("请先撤销之后的合并", "A later merge stands")
    detail = Text(
        "保留的记录其后又并入了别的记录，请先撤销那次合并。",
        "The record that stayed was itself merged later; undo that merge first.",
    )


class MergeUndone(Conflict):
    """A merge is undone once."""

    slug = "merge-undone"
    title = Text("合并已撤销", "The merge was undone")
    detail = Text("该合并已撤销。", "The merge has been undone already.")


class Taken(NamedTuple):
    """A column that changes hands: what stood, and what stands after."""

    column: str
    before: Any
    after: Any


def move(current: str, target: Status) -> Status:
    """The new status of a pair. Raises `DuplicateCannotMove`."""
    if target not in NEXT[Status(current)]:
        raise DuplicateCannotMove(current=NAMES[Status(current)], target=NAMES[target])
    return target


def check_decision(
    kind: Kind, target: Status, *, keep: UUID | None, pair: Collection[UUID], take: Sequence[str]
) -> None:
    """Refuse a merge that does not say which record stays, or takes what cannot be taken."""
    errors = []
    if target is Status.SAME and keep not in pair:
        message = Text("须为这两条记录之一", "must be one of the two records")
        errors.append(FieldError("/keep_id", keep and str(keep), message))
    known = FIELDS[kind]
    for index, name in enumerate(take):
        if name not in known:
            told = Text(f"可采用：{'、'.join(known)}", f"one of {', '.join(known)}")
            errors.append(FieldError(f"/take/{index}", name, told))
    if errors:
        raise WrongDecision(errors=errors)


def check_codes(kept: Mapping[str, Any], retired: Mapping[str, Any]) -> None:
    """Two organisations with different credit codes stay two; the one with a code stays."""
    if kept["credit_code"] and retired["credit_code"]:
        raise CodesDiffer
    has_more = retired["credit_code"] or retired["filing_number"]
    if has_more and not (kept["credit_code"] or kept["filing_number"]):
        raise KeepTheCode


def taken_over(
    kind: Kind, kept: Mapping[str, Any], retired: Mapping[str, Any], take: Iterable[str]
) -> list[Taken]:
    """The columns that the kept record takes over: what was chosen, and what it lacks."""
    chosen = set(take)
    found = []
    for name, columns in FIELDS[kind].items():
        lacks = all(kept[column] in _EMPTY for column in columns)
        offers = any(retired[column] not in _EMPTY for column in columns)
        if offers and (lacks or name in chosen):
            found += [Taken(c, kept[c], retired[c]) for c in columns if kept[c] != retired[c]]
    return [each for each in found if each.after != kept["id"]]  # nobody is above itself


def given_back(taken: Iterable[Taken], present: Mapping[str, Any]) -> dict[str, Any]:
    """What an undoing restores: columns that still hold what was taken over.

    Columns that somebody has changed since stay as that person left them.
    """
    return {each.column: each.before for each in taken if present[each.column] == each.after}
