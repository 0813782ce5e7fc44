"""Delivery lists: what a line needs, and what publishing asks for. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from common.contracts.registry.delivery_lists import LineKind, ListStatus
from common.errors import Conflict, FieldError, Invalid, Text

NEXT: Final[Mapping[ListStatus, ListStatus]] = {
    ListStatus.PUBLISHED: ListStatus.DRAFT,
    ListStatus.WITHDRAWN: ListStatus.PUBLISHED,
}
NAMES: Final[Mapping[str, Text]] = {
    "draft": Text("草稿", "a draft"),
    "published": Text("已公布", "published"),
    "withdrawn": Text("已撤回", "withdrawn"),
}


class ListCannotMove(Conflict):
    """The life of a list does not have this step."""

    slug = "list-cannot-move"
    title = Text("状态不可变更", "This step is not possible")
    detail = Text(
        "清单当前为“{current}”，不能变更为“{target}”。",
        "The list is {current} and cannot become {target}.",
    )


class ListNotDraft(Conflict):
    """What is published stays as it was."""

    slug = "list-not-draft"
    title = Text("只能修改草稿", "Only drafts are edited")
    detail = Text(
        "已公布的清单不可修改；请撤回后另拟新清单。",
        "A published list is not edited; withdraw it and draft another.",
    )


class WrongList(Invalid):
    """Lines that point at nothing, or at what cannot be called."""

    slug = "wrong-delivery-list"
    title = Text("清单内容有误", "The list has faults")


def move(current: str, target: ListStatus) -> ListStatus:
    """The new status. Raises `ListCannotMove`."""
    if NEXT[target] != current:
        raise ListCannotMove(current=NAMES[current], target=NAMES[target])
    return target


def check(lines: Sequence[Mapping[str, Any]]) -> None:
    """Refuse lines that point at nothing or stand twice. Raises `WrongList` by line."""
    if errors := list(_faults(lines)):
        raise WrongList(errors=errors)


def _faults(lines: Sequence[Mapping[str, Any]]) -> Iterator[FieldError]:
    seen: dict[Any, int] = {}
    for number, line in enumerate(lines):
        key, at = line["resource_id"], f"/lines/{number}"
        if line["kind"] == LineKind.OTHER:
            if key is not None:
                message = Text("其他资源没有标识", "what is not registered has no id")
                yield FieldError(f"{at}/resource_id", key, message)
            if line["title"] is None:
                yield FieldError(f"{at}/title", None, Text("须填写名称", "a title is needed"))
        elif key is None:
            message = Text("须填写所指记录的标识", "the id of what it points at is needed")
            yield FieldError(f"{at}/resource_id", None, message)
        elif key in seen:
            message = Text(
                f"与第 {seen[key] + 1} 行重复", f"stands in line {seen[key] + 1} already"
            )
            yield FieldError(f"{at}/resource_id", key, message)
        else:
            seen[key] = number


def with_names(
    lines: Sequence[Mapping[str, Any]], names: Mapping[str, tuple[str, str | None]]
) -> list[dict[str, Any]]:
    """Lines with the name and provider of what they point at, where nobody gave another.

    What is not public yet goes by its id in a draft; published, it goes by its name.
    """
    named = []
    for line in lines:
        key = str(line["resource_id"])
        title, provider = names.get(key, (None, None))
        own = None if line["title"] == key else line["title"]
        kept = {"title": own or title or key, "provider_name": line["provider_name"] or provider}
        named.append({**line, **kept})
    return named


def not_available(lines: Sequence[Mapping[str, Any]], public: Collection[str]) -> list[int]:
    """The lines, from 0, whose resource is not public; `public` holds ids as text."""
    return [
        number
        for number, line in enumerate(lines)
        if line["resource_id"] is not None and str(line["resource_id"]) not in public
    ]


def must_be_callable(lines: Sequence[Mapping[str, Any]], public: Collection[str]) -> None:
    """Refuse to publish an empty list, or one that promises what is not there."""
    if not lines:
        message = Text("清单没有内容", "the list is empty")
        raise WrongList(errors=[FieldError("/lines", [], message)])
    gone = Text("该资源未发布或已终止", "not published, or no longer there")
    errors = [
        FieldError(f"/lines/{number}/resource_id", lines[number]["resource_id"], gone)
        for number in not_available(lines, public)
    ]
    if errors:
        raise WrongList(errors=errors)
